import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { generate } from '../../cli/generate/generate.ts';
import { reportSchema } from '../../layers/report/schema.ts';
import { type CommandResult, interruptEcom, runEcom } from './ecom.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ecom-commands-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ecom = (...args: string[]) => runEcom(args, { stateFolder: inject('stateFolder') });

/** Control characters that could act on a terminal, line breaks aside. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const controls = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/;

describe('a run with rows that cannot be used', () => {
  const bad = [
    '900000001,,1,purchase,not a \x1b[2Jtime,,,,,\r\n',
    '900000002,,1,"two\nlines",never,,,,,\n',
    '900000003,,999999999999,purchase,2026-01-05T10:00:00Z,,1,9.90,,\n',
    '900000004,,1,"open,2026-01-05T10:00:00Z,,,,,\n',
  ];
  let data: string;
  let header: string;
  let firstLine: number;
  let runId: string;

  beforeAll(async () => {
    data = path.join(folder, 'dirty');
    await generate({ directory: data, users: 500, seed: 11 });
    const events = await readFile(path.join(data, 'events.csv'), 'utf8');
    header = events.slice(0, events.indexOf('\n') + 1);
    firstLine = events.split('\n').length;
    await appendFile(path.join(data, 'events.csv'), bad.join(''));
    const { code, stdout, stderr } = await ecom('run', data, '--drop', 'with_bad_rows', '--json');
    expect(code, stderr).toBe(0);
    runId = reportSchema.parse(JSON.parse(stdout)).run.runId;
  });

  it('counts them by rule and shows each with its line, its reason and its text', async () => {
    const { code, stdout } = await ecom('quarantine', runId.slice(0, 8), '--json');
    expect(code).toBe(0);
    const { counts, rows } = JSON.parse(stdout);
    expect(counts).toEqual([
      { dataset: 'events', column: 'event_ts', rule: 'not_a_timestamp', rows: 2 },
      { dataset: 'events', column: null, rule: 'broken_quotes', rows: 1 },
      { dataset: 'events', column: 'user_id', rule: 'unknown_user', rows: 1 },
    ]);
    expect(rows).toContainEqual(
      expect.objectContaining({
        file: 'raw/with_bad_rows/events.csv',
        line: firstLine,
        rule: 'not_a_timestamp',
        raw: expect.stringContaining('not a \x1b[2Jtime'),
      }),
    );
  });

  it('keeps hostile text from acting on the terminal', async () => {
    const { code, stdout, stderr } = await ecom('quarantine', runId, '--dataset', 'events');
    expect(code).toBe(0);
    expect(stdout).toContain(`raw/with_bad_rows/events.csv:${firstLine}  not_a_timestamp`);
    expect(stdout).toContain('not a \\x1b[2Jtime');
    expect(stdout + stderr).not.toMatch(controls);
  });

  it('writes the raw lines below the original header, byte for byte', async () => {
    const target = path.join(folder, 'repair');
    const { code, stdout } = await ecom('quarantine', runId, '--export', target);
    expect(code).toBe(0);
    expect(stdout).toMatch(/events\.csv +4\n/);
    expect(await readFile(path.join(target, 'events.csv'), 'utf8')).toBe(header + bad.join(''));
  });

  it('narrows to a rule', async () => {
    const { stdout } = await ecom('quarantine', runId, '--rule', 'unknown_user', '--counts');
    expect(stdout).toMatch(/^dataset +column +rule +rows\nevents +user_id +unknown_user +1\n$/);
  });

  it('gives the baselines of its metrics to a plan', async () => {
    const { code, stdout } = await ecom('power', '--run', runId, '--lift', '0.1', '--json');
    expect(code).toBe(0);
    const plans: { metric: string; needed: { total: number } | null }[] = JSON.parse(stdout);
    expect(plans.find(({ metric }) => metric === 'purchase_conversion')?.needed?.total).toBeGreaterThan(1000);
  });
});

describe('a run that fails for too many bad rows', () => {
  let failed: CommandResult;
  let runId: string;

  beforeAll(async () => {
    const data = path.join(folder, 'broken');
    await generate({ directory: data, users: 300, seed: 12 });
    const file = path.join(data, 'events.csv');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('-01-', '-13-'));
    failed = await ecom('run', data, '--drop', 'broken_rows', '--json');
    runId = /\.\/ecom quarantine ([0-9a-f]{16})/.exec(failed.stderr)?.[1] ?? '';
  });

  it('ends with 1, names the run whose quarantine to see, and prints no report', () => {
    expect(failed.code).toBe(1);
    expect(failed.stdout).toBe('');
    expect(runId).not.toBe('');
    expect(failed.stderr).not.toMatch(/ at .*\.ts:\d+/);
  });

  it('shows its quarantine', async () => {
    const { code, stdout } = await ecom('quarantine', runId, '--limit', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^events +event_ts +not_a_timestamp +/m);
    expect(stdout).toMatch(/event_ts "2026-13-/);
  });

  it('is tried again as the next attempt, which fails for the same reason', async () => {
    const again = await ecom('retry', runId.slice(0, 6));
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/attempt 2\n/);
    expect(again.stderr).toMatch(/ {2}plan +attempt 1\n/);
    expect(again.stderr).toMatch(/too many bad rows/);
    expect(again.stdout).toBe('');
    const runs: { runId: string; attempt: number; status: string }[] = JSON.parse(
      (await ecom('runs', '--json')).stdout,
    );
    expect(runs.filter((run) => run.runId === runId).map(({ attempt }) => attempt)).toEqual([2, 1]);
  });

  it.each(['quarantine', 'retry', 'report', 'watch'])('ecom %s knows no other run', async (command) => {
    const { code, stderr } = await ecom(command, 'ffffffffffffffff');
    expect(code).toBe(2);
    expect(stderr).toMatch(/there is no run "ffffffffffffffff"\n {2}\.\/ecom runs lists them/);
  });
});

it('Ctrl-C while a run goes on leaves it alone and says how to follow it', async () => {
  const data = path.join(folder, 'interrupted');
  await generate({ directory: data, users: 300, seed: 14 });
  const { code, stderr } = await interruptEcom(['run', data], /attempt 1\n/, {
    stateFolder: inject('stateFolder'),
  });
  const runId = /^run (\w+), attempt 1$/m.exec(stderr)?.[1];
  expect(stderr).toContain(`\nThe run goes on: ./ecom watch ${runId}; stop everything: ./ecom down\n`);
  expect(code).toBe(130);
  expect((await ecom('watch', `${runId}`)).code).toBe(0);
});

describe('a drop that shows a run already', () => {
  let data: string;
  let current: string;
  beforeAll(async () => {
    data = path.join(folder, 'Shop C');
    await generate({ directory: data, users: 300, seed: 15 });
    const { stdout, stderr } = await ecom('run', data, '--json');
    current = reportSchema.parse(JSON.parse(stdout)).run.runId;
    expect(stderr).toContain('as drop "default"');
  });

  it('is named by the next step, with a name to keep both', async () => {
    const { stderr } = await ecom('validate', data);
    expect(stderr).toMatch(
      /^Next: \.\/ecom analyze '.*\/Shop C'\nOr in the pipeline: \.\/ecom run '.*\/Shop C' --drop shop_c\n\(without --drop it replaces run /,
    );
    expect(stderr).toContain(`it replaces run ${current} as the current one of the drop "default"`);
  });

  it('says which run the next one replaces', async () => {
    await generate({ directory: data, users: 300, seed: 16 });
    const { stderr } = await ecom('run', data);
    expect(stderr).toContain(
      `replaces run ${current} as the current one of drop "default"; --drop <name> keeps them apart\n`,
    );
  });

  it('has its report told with the file that cannot be written', async () => {
    const file = path.join(inject('stateFolder'), 'reports', current, 'report.json');
    await rm(file);
    await mkdir(file);
    const { code, stderr } = await ecom('report', current);
    expect(stderr).toBe(`error: this is a folder, not a file\n  at ${file}\n`);
    expect(code).toBe(1);
  });
});

describe('other tools', () => {
  it('find the pipeline by what ecom status --export prints, and nothing else is in it', async () => {
    const { code, stdout } = await ecom('status', '--export');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.every((line) => /^export [A-Z0-9_]+=\S+$/.test(line))).toBe(true);
    expect(lines).toContainEqual(
      expect.stringMatching(/^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^export DATABASE_URL=postgres:/));
  });

  it('psql and its commands for tables and columns have a stand-in where it is not installed', async () => {
    const psql = (...args: string[]) =>
      runEcom(['psql', ...args], {
        stateFolder: inject('stateFolder'),
        environment: { PATH: path.join(folder, 'nothing-here') },
      });
    expect((await psql('-c', '\\dt')).stdout).toMatch(/^name +kind\nmart_user_exposure +view\n/);
    expect((await psql('-c', '\\d mart_user_outcomes', '--json')).stdout).toContain('"variant"');
    const other = await psql('-c', '\\copy x to y');
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/is a command of psql.*\n.*Install psql/);
  });

  it('get the result of each of several statements', async () => {
    const { code, stdout } = await ecom('psql', '-c', 'select 1 as one; select 2 as two');
    expect(code).toBe(0);
    expect(stdout).toBe('one\n1\n\ntwo\n2\n');
    const json = await ecom('psql', '-c', 'select 1 as one; select 2 as two', '--json');
    expect(JSON.parse(json.stdout)).toEqual([[{ one: 1 }], [{ two: 2 }]]);
  });

  it.each(['', '-- nothing'])('are told that %j asks nothing', async (statement) => {
    const { code, stdout, stderr } = await ecom('psql', '-c', statement);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/there is no statement in it\n {2}Give one: \.\/ecom psql -c/);
  });
});
