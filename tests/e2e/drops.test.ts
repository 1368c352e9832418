import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { generate } from '../../cli/generate/generate.ts';
import { analyzeFolder } from '../../cli/pipeline/analyze-folder.ts';
import { describeExecution, listAttempts } from '../../cli/pipeline/executions.ts';
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

async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const value = await look();
    if (value !== undefined) return value;
    await sleep(300);
  }
  throw new Error('it did not happen');
}
