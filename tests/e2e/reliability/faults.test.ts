import { randomUUID } from 'node:crypto';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../cli/local/database.ts';
import { readState, statePaths, writeState } from '../../../cli/local/state.ts';
import { stopServer } from '../../../infrastructure/postgres/server.ts';
import { failure, type StageName } from '../../../layers/runs/documents.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { runEcom } from '../ecom.ts';
import type { DatabaseProxy, Fate } from './database-proxy.ts';
import { Drop, type Ended } from './drop.ts';
import { changeSettings, readSettings } from './function-settings.ts';
import { useDrops, useLaboratory } from './laboratory.ts';
import { forgetRun, readOutputs } from './outputs.ts';
import { Reader } from './reader.ts';
import type { Refusal } from './storage-proxy.ts';

const laboratory = useLaboratory();
const dropOf = useDrops();
const largeDropOf = useDrops(8000);

async function undisturbed(name: string, of = dropOf) {
  const { deployed } = laboratory();
  const drop = new Drop(deployed, name);
  const folder = await of(1);
  const first = await drop.run(folder);
  const outputs = await readOutputs(deployed, first.runId);
  const shown = await drop.shown();
  await forgetRun(deployed, name, first.runId);
  return { deployed, drop, folder, first, outputs, shown };
}

/** Stops the server, and starts it again after somebody has found it away. */
async function awayUntilMissed(paths: ReturnType<typeof statePaths>, database: DatabaseProxy): Promise<void> {
  const { refused } = database;
  await stopServer(paths.postgres);
  await expect.poll(() => database.refused, { timeout: 60_000 }).toBeGreaterThan(refused);
  const { stateFolder } = laboratory().deployed;
  writeState({ ...readState(stateFolder), postgres: await openDatabase(paths, undefined) }, stateFolder);
}

describe('the database', () => {
  it('whose connection is cut in the middle of a COPY gets the rows once, on the retry', async () => {
    const { deployed, drop, first, outputs, shown } = await undisturbed('cut');
    let cuts = 0;
    const stop = laboratory().database.judgeBy(({ text }) => {
      if (cuts > 1 || !text.includes(`copy user_outcomes_${first.runId}`)) return 'pass';
      cuts += 1;
      return 'cut';
    });
    expect(await drop.retry(first)).toMatchObject({ status: 'SUCCEEDED' });
    stop();
    expect(cuts).toBe(2);
    expect(await readOutputs(deployed, first.runId)).toEqual(outputs);
    expect(await drop.shown()).toEqual(shown);
  });

  it('that stops in the middle of a COPY and comes back holds the run as a whole, and the reader never less', async () => {
    const { deployed, drop, folder, first, outputs, shown } = await undisturbed('stopped');
    await drop.run(await dropOf(2));
    const before = await drop.shown();
    const reader = new Reader(deployed, drop);
    const paths = statePaths(deployed.stateFolder);
    const { database } = laboratory();
    let server: Promise<void> | undefined;
    const stop = database.judgeBy(async ({ text }): Promise<Fate> => {
      if (server !== undefined || !text.includes(`copy user_outcomes_${first.runId}`)) return 'pass';
      server = awayUntilMissed(paths, database);
      await expect.poll(() => database.isReachable(), { timeout: 60_000 }).toBe(false);
      return 'pass';
    });
    expect(await drop.run(folder)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    stop();
    await server;
    const { views } = await reader.stop();
    expect(server).toBeDefined();
    expect(await readOutputs(deployed, first.runId)).toEqual(outputs);
    expect([...views].map((view) => JSON.parse(view))).toEqual([before, shown]);
  });
});

describe('a function', () => {
  it('that takes longer than it may fails the run with its stage and what to do, and a retry completes it', async () => {
    const { deployed, drop, first, outputs } = await undisturbed('timeout');
    const { endpoint, storage } = laboratory();
    const settings = await readSettings(endpoint, 'analyze');
    await changeSettings(endpoint, 'analyze', { ...settings, timeoutSeconds: 3 });
    const stop = storage.judgeBy(({ method, path: key, process: { name } }) =>
      name === 'analyze' && method === 'PUT' && key.includes(first.runId) ? 'freeze' : 'pass',
    );
    const ended = await drop.retry(first);
    stop();
    await changeSettings(endpoint, 'analyze', settings);
    expect(ended).toMatchObject({
      status: 'FAILED',
      error: 'Sandbox.Timedout',
      cause: expect.stringMatching(/stage "analyze".*It took longer than it may.*\.\/ecom retry/),
    });
    expect(await failureOf(first.runId)).toMatchObject({ stage: 'analyze', message: ended.cause });
    expect(await drop.latest()).toBeUndefined();
    expect(await drop.retry(ended)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await readOutputs(deployed, first.runId)).toEqual(outputs);
  });
});

/** Stages of all kinds (chunks, buckets, once) that need more than the least memory that a function may have. */
const hungryStages = ['stage', 'clean', 'measure'] as const;

describe('a function without memory', () => {
  it('fails the run with its stage, the cause and what to do, and with more memory a retry goes on there', async () => {
    const { deployed, drop, first, outputs } = await undisturbed('memory', largeDropOf);
    const before = await drop.run(await dropOf(2));
    const shown = await drop.shown();
    const { endpoint } = laboratory();
    let ended = first;
    for (const stage of hungryStages) {
      const settings = await readSettings(endpoint, stage);
      await changeSettings(endpoint, stage, { ...settings, memoryMb: 128 });
      ended = await drop.retry(ended);
      await changeSettings(endpoint, stage, settings);
      expect(ended, stage).toMatchObject({ status: 'FAILED', error: 'Runtime.OutOfMemory' });
      expect(ended.cause).toMatch(/stage "(\w+)".*It ran out of memory: raise the memory.*\.\/ecom retry/);
      expect(await failureOf(first.runId)).toMatchObject({ stage, message: ended.cause });
      expect((await drop.latest())?.runId).toBe(before.runId);
      expect(await drop.shown()).toEqual(shown);
    }
    expect(await drop.retry(ended)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await readOutputs(deployed, first.runId)).toEqual(outputs);
  });
});

describe('a refusal', () => {
  const refusals: [string, StageName, string, string, Refusal, RegExp][] = [
    [
      'to read a raw file',
      'stage',
      'GET',
      'raw/no-read/events.csv',
      { status: 403, code: 'AccessDenied', message: 'Access Denied' },
      /^access is denied: Access Denied \(s3:\/\/ecom-poc-raw\/raw\/no-read\/events\.csv\)\. Check the credentials/,
    ],
    [
      'to read a raw bucket that was deleted',
      'stage',
      'GET',
      'raw/no-bucket/events.csv',
      { status: 404, code: 'NoSuchBucket', message: 'The specified bucket does not exist' },
      /^there is no bucket "ecom-poc-raw" \(s3:.*Deploy first/,
    ],
    [
      'to write what a stage made',
      'marts',
      'PUT',
      'processed/marts/user_outcomes/',
      { status: 403, code: 'AccessDenied', message: 'Access Denied' },
      /^access is denied: Access Denied \(s3:\/\/ecom-poc-processed\/processed\/marts\/user_outcomes\//,
    ],
  ];

  it.each(refusals)(
    '%s is told at once with the object and what to check, and nothing is published',
    async (what, stage, method, part, refusal, words) => {
      const { deployed, storage } = laboratory();
      const drop = new Drop(deployed, /raw\/([^/]+)\//.exec(part)?.[1] ?? 'no-write');
      let refused = 0;
      const stop = storage.judgeBy((request) => {
        if (request.process.name !== stage || request.method !== method || !request.path.includes(part))
          return 'pass';
        refused += 1;
        return refusal;
      });
      const ended = await drop.run(await dropOf(1));
      stop();
      expect(refused, what).toBe(1);
      await expectRefused(drop, ended, stage, words);
      expect(await drop.retry(ended)).toMatchObject({ status: 'SUCCEEDED' });
    },
  );

  it.each([
    ['that may read only', 'alter role shopper set default_transaction_read_only = on', /takes no writes/],
    ['that may not create tables', 'revoke create on schema public from public', /lacks a right/],
  ])('by the database of a user %s names the right that is missing', async (_, restriction, words) => {
    const { deployed, logInAs } = laboratory();
    const drop = new Drop(deployed, `database-${words.source.split(' ')[0]}`);
    await deployed.sql('drop role if exists shopper');
    await deployed.sql(`create role shopper login password 'shopper'`);
    await deployed.sql(restriction);
    await logInAs('shopper', 'shopper');
    const ended = await drop.run(await dropOf(1));
    await logInAs();
    await expectRefused(drop, ended, 'load', words);
    expect(ended.cause).toMatch(/127\.0\.0\.1:\d+\/.*\.\/ecom|Grant it/);
    expect(await drop.retry(ended)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

async function expectRefused(drop: Drop, ended: Ended, stage: StageName, words: RegExp): Promise<void> {
  expect(ended).toMatchObject({
    status: 'FAILED',
    error: 'ConfigError',
    cause: expect.stringMatching(words),
  });
  expect(ended.cause).not.toMatch(/\n|\bat .*:\d+:\d+/);
  expect(await failureOf(ended.runId)).toMatchObject({ stage, message: ended.cause });
  expect(await drop.latest()).toBeUndefined();
  expect(await drop.shown()).toEqual([]);
}

async function failureOf(runId: string) {
  const text = await laboratory().deployed.processed.getText(processedKeys.failure(runId));
  return failure.parse(JSON.parse(text ?? 'null'));
}

describe('wrong input', () => {
  const mistakes: [string, string, RegExp, (folder: string) => Promise<void>][] = [
    [
      'ConfigError',
      'plan',
      /experiment\.yaml:1:1/,
      (folder) => writeFile(path.join(folder, 'experiment.yaml'), 'aws: { raw_bucket: other }\n'),
    ],
    [
      'SchemaError',
      'plan',
      /events\.csv/,
      async (folder) => {
        const file = path.join(folder, 'events.csv');
        await writeFile(file, (await readFile(file, 'utf8')).replace('event_ts', 'moment'));
      },
    ],
    [
      'DataError',
      'stage',
      /sessions\.csv/,
      (folder) => appendFile(path.join(folder, 'sessions.csv'), 'x,y,z\n'.repeat(500)),
    ],
  ];

  it.each(mistakes)(
    'of the kind %s is told in the same words everywhere',
    async (error, stage, where, spoil) => {
      const { deployed } = laboratory();
      const folder = path.join(`${await dropOf(1)}-${randomUUID()}`);
      await cp(await dropOf(1), folder, { recursive: true });
      await spoil(folder);
      const drop = new Drop(deployed, `wrong-${error.toLowerCase()}`);
      const ended = await drop.run(folder);
      expect(ended).toMatchObject({ status: 'FAILED', error, cause: expect.stringMatching(where) });
      expect(await failureOf(ended.runId)).toMatchObject({ stage, error, message: ended.cause });
      // What was said at upload is said again by the command that shows a failed run.
      const watched = await runEcom(['watch', ended.runId], { stateFolder: deployed.stateFolder });
      expect(watched.code).not.toBe(0);
      expect(watched.stderr).toContain(ended.cause);
      expect(watched.stderr).not.toMatch(/\.(ts|js|mjs):\d+:\d+/);
      expect(await drop.latest()).toBeUndefined();
    },
  );
});
