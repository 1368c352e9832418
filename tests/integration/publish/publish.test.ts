import { expect, test } from 'vitest';
import { handler as fail } from '../../../lambdas/fail/handler.ts';
import { handler as loadPart } from '../../../lambdas/load/handler.ts';
import { handler as publish } from '../../../lambdas/publish/handler.ts';
import { failure, type Latest, latest } from '../../../layers/runs/documents.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { followPublished } from '../../../layers/runs/publish/latest.ts';
import { runManifest } from '../../../layers/runs/run-manifest.ts';
import { useBuckets, useEmulator } from '../emulator.ts';
import { rowsOf, useServer } from '../postgres/marts.ts';
import { putRun } from './run-objects.ts';

useEmulator();
const server = useServer();
const run = (digit: number) => String(digit).padStart(16, '0');
const eventOf = (runId: string) => ({ runId, drop: 'default', attempt: 1 });
/** Both buckets of a run. */
const load = async (event: ReturnType<typeof eventOf>) => {
  for (const index of [0, 1]) await loadPart({ ...event, index });
};

async function openPipeline() {
  const { processed, store } = await useBuckets();
  const url = await server.database();
  process.env.DATABASE_URL = url;
  const read = async (key: string) => JSON.parse((await processed.getText(key)) ?? 'null') as unknown;
  const readLatest = async () => latest.parse(await read(processedKeys.latest('default')));
  const forget = (runId: string, stage: 'load' | 'publish') =>
    processed.deleteAll([processedKeys.done(runId, stage, 0)]);
  return { processed, store, url, read, readLatest, forget };
}

test('a run goes from the marts on S3 to the views, its manifest and the pointer of its drop', async () => {
  const { processed, url, read, readLatest } = await openPipeline();
  await putRun(server, processed, { runId: run(1), users: 100 });
  await load(eventOf(run(1)));
  await publish(eventOf(run(1)));

  expect(
    await rowsOf(url, 'select count(*)::integer as users, sum(revenue) as revenue from mart_user_outcomes'),
  ).toEqual([{ users: 100, revenue: '125.00' }]);
  const manifest = runManifest.parse(await read(processedKeys.manifest(run(1))));
  expect(manifest.outputs).toHaveLength(5);
  expect(manifest.variants).toEqual([
    { experimentId: 'checkout', variant: 'control', users: 50 },
    { experimentId: 'checkout', variant: 'treatment', users: 50 },
  ]);
  expect(manifest.stages.find(({ stage }) => stage === 'marts')).toMatchObject({ parts: 2, rows: 200 });
  expect(await readLatest()).toMatchObject({ runId: run(1), manifest: processedKeys.manifest(run(1)) });
});

test('whatever step a publication dies after, repeating it ends in the same state', async () => {
  const { processed, url, read, readLatest, forget } = await openPipeline();
  await putRun(server, processed, { runId: run(1), users: 10 });
  await load(eventOf(run(1)));
  await publish(eventOf(run(1)));
  const state = async () => [
    await read(processedKeys.manifest(run(1))),
    await readLatest(),
    await rowsOf(url, 'select * from published'),
    await rowsOf(url, 'select * from mart_user_outcomes order by user_id'),
  ];
  const before = await state();

  const deaths = [
    () => processed.deleteAll([processedKeys.latest('default')]), // after the database's commit
    () => forget(run(1), 'publish'), // after the pointer, before the marker
    () => forget(run(1), 'load'),
  ];
  for (const death of deaths) {
    await death();
    await forget(run(1), 'publish');
    await load(eventOf(run(1)));
    await publish(eventOf(run(1)));
    expect(await state()).toEqual(before);
  }
});

test('an older run that ends late leaves the views and the pointer with the newer one', async () => {
  const { processed, url, read, readLatest } = await openPipeline();
  await putRun(server, processed, { runId: run(1), users: 10, second: 1 });
  await putRun(server, processed, { runId: run(2), users: 20, second: 2 });
  await Promise.all([load(eventOf(run(1))), load(eventOf(run(2)))]);
  await publish(eventOf(run(2)));
  await publish(eventOf(run(1)));
  expect((await readLatest()).runId).toBe(run(2));
  expect(await rowsOf(url, 'select distinct run_id from mart_user_exposure')).toEqual([{ run_id: run(2) }]);
  expect(await read(processedKeys.done(run(1), 'publish', 0))).toMatchObject({
    result: { published: false, reason: expect.stringContaining(run(2)) },
  });
});

test('runs published at the same time leave views and pointer with the same, newest one', async () => {
  const { processed, url, readLatest } = await openPipeline();
  const digits = [1, 2, 3, 4];
  for (const digit of digits) await putRun(server, processed, { runId: run(digit), users: 4, second: digit });
  await Promise.all(digits.map((digit) => load(eventOf(run(digit)))));
  await Promise.all(digits.map((digit) => publish(eventOf(run(digit)))));
  expect((await readLatest()).runId).toBe(run(4));
  expect(await rowsOf(url, 'select run_id from published')).toEqual([{ run_id: run(4) }]);
});

test('a run is published, and stays so, where an old one cannot be removed from the database', async () => {
  const { processed, url, read, readLatest } = await openPipeline();
  process.env.KEEP_RUNS = '1';
  try {
    for (const digit of [1, 2]) {
      await putRun(server, processed, { runId: run(digit), users: 4, second: digit });
      await load(eventOf(run(digit)));
      // Somebody's own view of the old run.
      if (digit === 1) await rowsOf(url, `create view mine as select * from user_outcomes_${run(1)}`);
      await publish(eventOf(run(digit)));
    }
  } finally {
    delete process.env.KEEP_RUNS;
  }
  expect((await readLatest()).runId).toBe(run(2));
  expect(await read(processedKeys.done(run(2), 'publish', 0))).toMatchObject({ result: { published: true } });
  expect(await rowsOf(url, 'select run_id from run order by run_id')).toEqual([
    { run_id: run(1) },
    { run_id: run(2) },
  ]);
});

test('a run whose result was changed since is not published', async () => {
  const { processed, url } = await openPipeline();
  await putRun(server, processed, { runId: run(1), users: 10 });
  await load(eventOf(run(1)));
  await processed.put(processedKeys.report(run(1), 'report.json'), 'longer');
  await expect(publish(eventOf(run(1)))).rejects.toMatchObject({ name: 'IncompleteError' });
  expect(await rowsOf(url, 'select * from published')).toEqual([]);
});

test('the pointer goes where the database points, however many write it at once', async () => {
  const { store, readLatest } = await openPipeline();
  let shown = 0;
  const published = async (): Promise<Latest> => ({
    schemaVersion: 1,
    drop: 'default',
    runId: run(shown),
    inputsAsOf: '2026-01-01T00:00:00.000Z',
    manifest: 'm',
    report: 'r',
    publishedAt: '2026-01-01T00:00:00.000Z',
  });
  const writers = Array.from({ length: 8 }, (_, index) => {
    shown = index + 1;
    return followPublished(store, 'default', published);
  });
  await Promise.all(writers);
  expect((await readLatest()).runId).toBe(run(8));
});

test('a failed stage is found, recorded and told as one sentence', async () => {
  const { processed, read } = await openPipeline();
  await putRun(server, processed, { runId: run(1), users: 10 });
  await processed.put(processedKeys.mart('user_outcomes', run(1), 0), 'no Parquet');
  const error: unknown = await load(eventOf(run(1))).catch((reason: unknown) => reason);
  const caught = {
    Error: (error as Error).name,
    Cause: JSON.stringify({
      errorType: (error as Error).name,
      errorMessage: (error as Error).message,
      trace: [],
    }),
  };
  const { cause } = await fail({ ...eventOf(run(1)), failure: caught });
  expect(cause).not.toContain('\n');
  expect(cause).toContain(`./ecom retry ${run(1)}`);
  expect(failure.parse(await read(processedKeys.failure(run(1))))).toMatchObject({
    stage: 'load',
    attempt: 1,
    message: cause,
  });
});
