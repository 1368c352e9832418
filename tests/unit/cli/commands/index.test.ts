import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addCommands, commandNames, commandsFor } from '../../../../cli/commands/index.ts';
import { vocabularyOf } from '../../../../cli/completion/vocabulary.ts';
import { generate } from '../../../../cli/generate/generate.ts';
import { runEcom } from '../../../e2e/ecom.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-commands-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ecom = (...args: string[]) => runEcom(args, { stateFolder: path.join(folder, 'state') });

describe('wrong usage ends with 2, says what to do, and leaves standard output alone', () => {
  it.each([
    [['powr'], /unknown command 'powr'\n\(Did you mean power\?\)/],
    [['run', 'data', '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    [['quarantine', '--limit', '-1'], /It is a positive whole number/],
    [['power', '--lift', '0.05'], /a plan needs one baseline/],
    [['power', '--mean', '4', '--lift', '1'], /--mean <value> with --sd <value>/],
    [['run', 'data', '--drop', 'Shop B'], /drop "Shop B"\n {2}Call it shop_b: --drop shop_b\./],
    [['init', 'nowhere'], /there is no such folder\n {2}at nowhere/],
  ])('ecom %j', async (args, message) => {
    const { code, stdout, stderr } = await ecom(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ at .*\.ts:\d+/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

it.each(['status', 'runs', 'doctor'])('ecom %s refuses an ECOM_PORT that is no port', async (command) => {
  const { code, stderr } = await runEcom([command], {
    stateFolder: path.join(folder, 'state'),
    environment: { ECOM_PORT: 'abc' },
  });
  expect(stderr).toBe('error: "abc" is not a port\n  at ECOM_PORT\n  Give a number from 1 to 65535.\n');
  expect(code).toBe(2);
});

describe('commands that need the pipeline say how to start it', () => {
  it.each([
    ['status', '--export'],
    ['retry', 'abc'],
    ['redrive'],
    ['power', '--run', 'abc', '--lift', '0.1'],
  ])('ecom %s', async (...args) => {
    const { code, stdout, stderr } = await ecom(...args);
    expect(stderr).toMatch(/not running\n {2}Start it: \.\/ecom up/);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});

it('a run elsewhere starts nothing here', async () => {
  const data = path.join(folder, 'elsewhere');
  await generate({ directory: data, users: 100 });
  const { code, stderr } = await runEcom(['upload', data], {
    stateFolder: path.join(folder, 'state'),
    environment: {
      ECOM_TARGET: 'aws',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:2',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_MAX_ATTEMPTS: '1',
    },
  });
  expect(stderr).toMatch(/it does not answer: connect ECONNREFUSED 127\.0\.0\.1:2\n/);
  expect(existsSync(path.join(folder, 'state', 'state.json'))).toBe(false);
  expect(code).toBe(1);
});

it('ecom lists each command with what it takes, whether the command is loaded or not', async () => {
  const [list, whole] = [new Command('ecom'), new Command('ecom')];
  await addCommands(list, []);
  await addCommands(whole, commandNames);
  expect(list.helpInformation()).toBe(whole.helpInformation());
});

it.each([
  ['run data --json', ['run']],
  ['run demo', ['run']],
  ['help run', ['run']],
  ['-- runs --limit 5', ['runs']],
  ['completion bash', commandNames],
  ['powr', []],
  ['--help', []],
])('ecom %s loads what it needs', (words, loaded) => {
  expect(commandsFor(words.split(' '))).toEqual(loaded);
});

it('every command shows examples in its help', async () => {
  const program = new Command('ecom');
  await addCommands(program, commandNames);
  for (const command of program.commands) {
    let help = '';
    command.configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    command.outputHelp();
    expect(help, command.name()).toMatch(/\nExamples?:\n {2}\S*ecom /);
  }
});

it('every command that prints results prints them as JSON, too', async () => {
  const program = new Command('ecom');
  await addCommands(program, commandNames);
  const without = vocabularyOf(program.commands)
    .filter(({ options }) => !options.some(({ flag }) => flag === '--json'))
    .map(({ name }) => name);
  expect(without).toEqual(['completion', 'ui']);
});

it('a plan is printed as a table, and as JSON with full precision', async () => {
  const table = await ecom('power', '--baseline', '0.1', '--lift', '0.1', '--daily-users', '1000');
  expect(table.code).toBe(0);
  expect(table.stdout).toBe(
    'metric  baseline  control  treatment   users  days\nrate         0.1   14,749     14,749  29,498    30\n',
  );
  expect(table.stderr).toMatch(/alpha 0.05, two-sided; power 0.8/);
  const json = await ecom('power', '--baseline', '0.1', '--users', '29498', '--json');
  expect(JSON.parse(json.stdout).detectable.relative).toBeCloseTo(0.1, 3);
});

it('the doctor finds what npm run setup installed, and answers in JSON', async () => {
  const { stdout } = await ecom('doctor', '--json');
  const findings: { check: string; status: string }[] = JSON.parse(stdout);
  const statusOf = (check: string) => findings.find((finding) => finding.check === check)?.status;
  expect(statusOf('Node.js')).toBe('ok');
  expect(statusOf('Node packages')).toBe('ok');
  expect(statusOf('database')).toBe('ok');
});

it('the doctor ends with 1 where a database that is named does not answer', async () => {
  const { code, stdout } = await runEcom(['doctor'], {
    stateFolder: path.join(folder, 'state'),
    environment: { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/none' },
  });
  expect(stdout).toMatch(
    /^fail {2}database +the database of DATABASE_URL does not answer: .*Correct DATABASE_URL/m,
  );
  expect(stdout).not.toContain('secret');
  expect(code).toBe(1);
});

describe('ecom init', () => {
  it('writes experiment.yaml once, and replaces it when told to', async () => {
    const data = path.join(folder, 'data');
    await generate({ directory: data, users: 200 });
    const printed = await ecom('init', data, '--print');
    expect(printed.code).toBe(0);
    expect(existsSync(path.join(data, 'experiment.yaml'))).toBe(false);

    const written = await ecom('init', data);
    expect(written.stdout).toMatch(/^sure +experiments\.\*\.control +control/m);
    expect(written.stderr).toMatch(/Written to .*experiment\.yaml/);
    expect(await readFile(path.join(data, 'experiment.yaml'), 'utf8')).toBe(printed.stdout);

    await writeFile(path.join(data, 'experiment.yaml'), '# mine\n');
    const refused = await ecom('init', data);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/there is one already.*\n.*\n {2}Replace it with --force/);
    expect(await readFile(path.join(data, 'experiment.yaml'), 'utf8')).toBe('# mine\n');
    expect((await ecom('init', data, '--force', '--json')).code).toBe(0);
    expect(await readFile(path.join(data, 'experiment.yaml'), 'utf8')).toBe(printed.stdout);
  });
});
