import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { generate } from '../../cli/generate/generate.ts';
import { analyzeFolder } from '../../cli/pipeline/analyze-folder.ts';
import { describeExecution, listAttempts } from '../../cli/pipeline/executions.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import type { S3Store } from '../../layers/platform/s3.ts';
import { listVersions } from '../../layers/platform/s3-versions.ts';
import { literal } from '../../layers/platform/sql.ts';
import { reportSchema } from '../../layers/report/schema.ts';
import { failure, gateAnswer, runInputs } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { connectTo, type Deployed } from './deployed.ts';
import { runEcom } from './ecom.ts';

describe('drops of every shape', () => {
  let folder: string;
  let deployed: Deployed;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-drops-'));
    deployed = connectTo(inject('stateFolder'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ecom = (...args: string[]) => runEcom(args, { stateFolder: deployed.stateFolder });

  async function dataIn(name: string, users = 200): Promise<string> {
    const directory = path.join(folder, name);
    await generate({ directory, users, seed: 11 });
    return directory;
  }

  it('without events it is refused at once, before anything is uploaded', async () => {
    const data = await dataIn('no-events');
    await rm(path.join(data, 'events.csv'));
    const result = await ecom('run', data, '--drop', 'no_events');
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/lacks events\.csv, without which there is no analysis/);
    expect(await deployed.raw.list('raw/no_events/')).toEqual([]);
  });

  it('copied without events by other tools it never starts, and the gate says what is missing', async () => {
    const data = await dataIn('never-starts');
    for (const dataset of ['users', 'experiment_assignments']) {
      await deployed.raw.uploadFrom(path.join(data, `${dataset}.csv`), `raw/never_starts/${dataset}.csv`);
    }
    const answer = await until(async () => {
      const text = await deployed.processed.getText(processedKeys.gate('never_starts', 'files'));
      return text === undefined ? undefined : gateAnswer.parse(JSON.parse(text));
    });
    expect(answer).toMatchObject({ outcome: 'incomplete', runId: null, missing: ['events'] });
  });

  it('with foreign names it needs a configuration file and nothing else', async () => {
    const data = await dataIn('foreign');
    const rewrite = async (file: string, change: (text: string) => string) =>
      writeFile(path.join(data, file), change(await readFile(path.join(data, file), 'utf8')));
    await rewrite('events.csv', (text) =>
      text.replace('event_ts', 'timestamp').replaceAll('view_product', 'page_seen'),
    );
    await rewrite('experiment_assignments.csv', (text) =>
      text.replace('variant', 'bucket').replaceAll(',control', ',A').replaceAll(',treatment', ',B'),
    );
    await rename(path.join(data, 'experiment_assignments.csv'), path.join(data, 'ab_test.csv'));
    await writeFile(
      path.join(folder, 'foreign.yaml'),
      [
        'raw: { experiment_assignments: ab_test.csv }',
        'schema:',
        '  events: { event_ts: timestamp }',
        '  experiment_assignments: { variant: { column: bucket, values: { A: control, B: treatment } } }',
        'event_aliases: { page_seen: view_product }',
        '',
      ].join('\n'),
    );
    const config = path.join(folder, 'foreign.yaml');
    const result = await ecom('run', data, '--drop', 'foreign', '--config', config, '--json');
    expect(result.code, result.stderr).toBe(0);
    const foreign = reportSchema.parse(JSON.parse(result.stdout));
    const { report: native } = await analyzeFolder(await dataIn('native'));
    expect(foreign.experiments).toEqual(native.experiments);
  });

  it('with a mistake in its configuration ecom run refuses it, naming line and column', async () => {
    const data = await dataIn('typo');
    await writeFile(
      path.join(data, 'experiment.yaml'),
      'experiments:\n  "*":\n    primry: revenue_per_user\n',
    );
    const result = await ecom('run', data, '--drop', 'typo');
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/unknown key "experiments\.\*\.primry"/);
    expect(result.stderr).toMatch(/experiment\.yaml:3:5/);
    expect(result.stderr).toMatch(/Did you mean "primary"\?/);
    expect(result.stderr).not.toMatch(/\n\s+at .*\.m?[jt]s/);
  });

  it('with a mistake in its configuration, copied by other tools, its execution fails and says so', async () => {
    const data = await dataIn('typo-copied');
    const drop = 'typo_copied';
    await deployed.raw.put(
      `raw/${drop}/experiment.yaml`,
      'experiments:\n  "*":\n    primry: revenue_per_user\n',
    );
    for (const dataset of ['experiment_assignments', 'events']) {
      await deployed.raw.uploadFrom(path.join(data, `${dataset}.csv`), `raw/${drop}/${dataset}.csv`);
    }
    const ended = await until(async () => {
      for (const attempt of await listAttempts(deployed, 100)) {
        const inputs = await deployed.processed.getText(processedKeys.inputs(attempt.runId));
        if (runInputs.parse(JSON.parse(inputs ?? 'null')).drop === drop && attempt.status !== 'RUNNING')
          return attempt;
      }
      return undefined;
    });
    const execution = await describeExecution(deployed, ended.arn);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'ConfigError' });
    expect(execution.cause).toMatch(
      /unknown key "experiments\.\*\.primry".*experiment\.yaml:3:5.*Did you mean "primary"/,
    );
    const document = failure.parse(
      JSON.parse((await deployed.processed.getText(processedKeys.failure(ended.runId))) ?? 'null'),
    );
    expect(document).toMatchObject({ stage: 'plan', error: 'ConfigError', message: execution.cause });
    expect(await deployed.processed.getText(processedKeys.latest(drop))).toBeUndefined();
  });

  it('whose control arm has another name is refused at once, with the arms that it has', async () => {
    const data = await dataIn('no-control');
    await writeFile(path.join(data, 'experiment.yaml'), 'experiments: { "*": { control: baseline } }\n');
    const result = await ecom('run', data, '--drop', 'no_control');
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(
      /there is no control "baseline" among the variants: control \d+, treatment \d+/,
    );
    expect(await deployed.raw.list('raw/no_control/')).toEqual([]);
  });
});

describe('a drop that one user is erased from', () => {
  const drop = 'erased';
  const user = 'shopper-000000007';
  let folder: string;
  let deployed: Deployed;
  let before: Awaited<ReturnType<typeof outcomesOfOthers>>;
  let contents: Readonly<Record<string, string>>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-erased-'));
    deployed = connectTo(inject('stateFolder'));
    const data = path.join(folder, 'data');
    await generate({ directory: data, users: 300, seed: 12 });
    await writeFile(path.join(data, 'experiment.yaml'), 'id_type: string\n');
    for (const name of ['users', 'sessions', 'experiment_assignments', 'events'])
      await nameShoppers(data, name);
    await run(data);
    await appendFile(path.join(data, 'products.csv'), '99999,other,1.00\n');
    await run(data);
    contents = Object.fromEntries(
      await Promise.all(files.map(async (name) => [name, await readFile(path.join(data, name), 'utf8')])),
    );
    before = await outcomesOfOthers();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const files = [
    'users.csv',
    'sessions.csv',
    'products.csv',
    'experiment_assignments.csv',
    'events.csv',
    'experiment.yaml',
  ];
  const ecom = (...args: string[]) => runEcom(args, { stateFolder: deployed.stateFolder });

  async function run(data: string): Promise<void> {
    const { code, stderr } = await ecom('run', data, '--drop', drop);
    expect(code, stderr).toBe(0);
  }

  /** Gives users ids that are found wherever they stand. */
  async function nameShoppers(data: string, name: string): Promise<void> {
    const file = path.join(data, `${name}.csv`);
    const [header = '', ...lines] = (await readFile(file, 'utf8')).split('\n');
    const column = header.trimEnd().split(',').indexOf('user_id');
    const named = lines.map((line) =>
      line
        .split(',')
        .map((value, at) =>
          at === column && value.trim() !== '' ? `shopper-${value.padStart(9, '0')}` : value,
        )
        .join(','),
    );
    await writeFile(file, [header, ...named].join('\n'));
  }

  const outcomesOfOthers = () =>
    deployed.sql(
      `select to_jsonb(mart) - 'run_id' as row from mart_user_outcomes as mart
       where drop_name = $1 and user_id <> $2 order by user_id`,
      [drop, user],
    );

  const runIds = new Set<string>();

  /** Every object of the drop, old versions included, and every table in which the id stands. */
  async function traces(): Promise<string[]> {
    const found: string[] = [];
    for (const { runId } of (await deployed.store.read('uploads', drop))?.runs ?? []) runIds.add(runId);
    const isOfDrop = ({ key }: { readonly key: string }) =>
      [...runIds, `/${drop}/`, `/${drop}.json`].some((part) => key.includes(part));
    const text = async (store: S3Store, key: string, versionId?: string) =>
      (await store.getText(key, versionId))?.includes(user) ? found.push(key) : 0;
    for (const { key, versionId, isMarker } of await listVersions(deployed.raw, `raw/${drop}/`)) {
      if (!isMarker) await text(deployed.raw, key, versionId);
    }
    await using db = await Database.open({ memoryMb: 512, folder });
    const copy = path.join(folder, 'copy.parquet');
    for (const { key } of (await deployed.processed.list('processed/')).filter(isOfDrop)) {
      if (!key.endsWith('.parquet')) await text(deployed.processed, key);
      else {
        await deployed.processed.downloadTo({ key }, copy);
        const [rows] = await db.query<{ n: number }>(
          `SELECT count(*)::INTEGER AS n FROM read_parquet(${literal(copy)}) AS one WHERE contains(one::VARCHAR, ${literal(user)})`,
        );
        if (rows?.n !== 0) found.push(key);
      }
    }
    for (const mart of ['user_exposure', 'user_outcomes']) {
      const rows = await deployed.sql(`select from ecom.${mart} as one where one::text like $1`, [
        `%${user}%`,
      ]);
      if (rows.length > 0) found.push(`table ${mart}`);
    }
    return found;
  }

  it('is told what would go, and changed in nothing', async () => {
    const { code, stdout, stderr } = await ecom('forget', user, '--drop', drop, '--json');
    expect(code, stderr).toBe(0);
    const { erased, versions, runs, proof } = JSON.parse(stdout);
    expect({ erased, proof }).toEqual({ erased: false, proof: null });
    expect(stderr).toContain('Nothing was changed. To erase: the same command with --yes');
    expect(runs).toHaveLength(2);
    expect(versions).toContainEqual({ key: `raw/${drop}/events.csv`, versions: 2 });
    expect((await traces()).length).toBeGreaterThan(20);
  });

  it('has no trace of the user in any version, object or table, and the rows of others as they were', async () => {
    const { code, stdout, stderr } = await ecom('forget', user, '--drop', drop, '--yes', '--json');
    expect(code, stderr).toBe(0);
    const { run: kept, runs, proof, receipt } = JSON.parse(stdout);
    expect(await traces()).toEqual([]);
    expect(JSON.parse(await readFile(receipt, 'utf8'))).toEqual(JSON.parse(stdout));
    expect(proof.filter((one: { found: number }) => one.found > 0)).toEqual([]);

    const sessions = (contents['sessions.csv'] ?? '').split('\n').filter((line) => line.includes(user));
    const ids = new Set(sessions.map((line) => line.split(',')[0]));
    const isOwn = (name: string, line: string) =>
      line.includes(user) ||
      (name === 'events.csv' && /^\d+,(\d+),,/.test(line) && ids.has(line.split(',')[1]));
    for (const name of files) {
      const others = (contents[name] ?? '').split('\n').filter((line) => !isOwn(name, line));
      expect(await deployed.raw.getText(`raw/${drop}/${name}`), name).toBe(others.join('\n'));
    }
    const versions = await listVersions(deployed.raw, `raw/${drop}/`);
    expect(versions.map(({ key }) => key)).toEqual(
      [...files, '_MANIFEST.json'].map((name) => `raw/${drop}/${name}`).toSorted(),
    );

    expect(await outcomesOfOthers()).toEqual(before);
    expect(await deployed.sql('select run_id from ecom.run where drop_name = $1', [drop])).toEqual([
      { run_id: kept },
    ]);
    const old: string[] = runs.map(({ runId }: { runId: string }) => runId);
    expect(old).toHaveLength(2);
    const left = await deployed.processed.list('processed/');
    expect(left.filter(({ key }) => old.some((runId) => key.includes(runId)))).toEqual([]);
    expect((await deployed.store.read('uploads', drop))?.runs).toEqual([{ runId: kept, attempt: 1 }]);
  });

  it('is left alone where nothing of it has the id', async () => {
    // Other drops run meanwhile, and the gate may still answer the events of the upload before.
    const { runs = [] } = (await deployed.store.read('uploads', drop)) ?? {};
    const isOwn = ({ key }: { key: string }) =>
      key === processedKeys.latest(drop) || runs.some(({ runId }) => key.includes(runId));
    const listed = async () => [
      ...(await listVersions(deployed.raw, `raw/${drop}/`)),
      ...(await deployed.processed.list('processed/')).filter(isOwn),
    ];
    const objects = await listed();
    expect(objects.length).toBeGreaterThan(20);
    const { code, stdout, stderr } = await ecom('forget', user, '--drop', drop, '--yes');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(
      'The id is in no version of the drop, in none of its runs, and not in the database.',
    );
    expect(await listed()).toEqual(objects);
  });
});

async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const value = await look();
    if (value !== undefined) return value;
    await sleep(300);
  }
  throw new Error('it did not happen');
}
