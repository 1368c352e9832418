import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withPostgres } from '../../../layers/platform/postgres.ts';
import { type DropHistory, pruneRuns, publishRun } from '../../../layers/runs/publish/published.ts';
import { load, makeRun, type RunOptions, rowsOf, session, useServer } from './marts.ts';

const server = useServer();
const run = (digit: number | string) => String(digit).padStart(16, '0');

async function loadRun(url: string, options: RunOptions): Promise<string> {
  await load(server, url, await makeRun(server, options));
  return options.runId;
}

/** Publishes a run of which no history but the given one is known. */
const publish = (url: string, runId: string, drop = 'default', history: Partial<DropHistory> = {}) =>
  withPostgres(url, session, (client) =>
    publishRun(
      client,
      { runId, drop, manifestKey: `runs/${runId}`, manifestSha256: runId },
      { isNewerThan: async () => undefined, latestRun: async () => undefined, ...history },
    ),
  );
const prune = (url: string, keep: number, drop = 'default') =>
  withPostgres(url, session, (client) => pruneRuns(client, drop, keep));
const shown = (url: string) =>
  rowsOf(
    url,
    `select drop_name, run_id, count(*)::integer as users from mart_user_outcomes group by 1, 2 order by 1`,
  );

test('publishing moves the views from the old run to the new one, drop by drop', async () => {
  const url = await server.database();
  await publish(url, await loadRun(url, { runId: run(1), users: 10, second: 1 }));
  await publish(url, await loadRun(url, { runId: run(2), users: 5, drop: 'spring', second: 1 }), 'spring');
  await publish(url, await loadRun(url, { runId: run(3), users: 20, second: 2 }));
  expect(await shown(url)).toEqual([
    { drop_name: 'default', run_id: run(3), users: 20 },
    { drop_name: 'spring', run_id: run(2), users: 5 },
  ]);
});

test('publishing again changes nothing, not even the time of publication', async () => {
  const url = await server.database();
  const runId = await loadRun(url, { runId: run(1), users: 10 });
  await publish(url, runId);
  const before = await rowsOf(url, 'select * from published');
  expect(await publish(url, runId)).toEqual({ published: true, reason: null });
  expect(await rowsOf(url, 'select * from published')).toEqual(before);
});

test('an older run that ends late does not replace a newer one, and says so', async () => {
  const url = await server.database();
  const older = await loadRun(url, { runId: run(1), users: 10, second: 1 });
  const newer = await loadRun(url, { runId: run(2), users: 20, second: 2 });
  await publish(url, newer);
  expect(await publish(url, older)).toEqual({ published: false, reason: expect.stringContaining(newer) });
  expect(await shown(url)).toMatchObject([{ run_id: newer, users: 20 }]);
});

test('a run of older files that was uploaded again later takes the place of the newer one', async () => {
  const url = await server.database();
  const older = await loadRun(url, { runId: run(1), users: 10, second: 1 });
  const newer = await loadRun(url, { runId: run(2), users: 20, second: 2 });
  await publish(url, newer);
  const history = { isNewerThan: async (other: string) => other === newer };
  expect(await publish(url, older, 'default', history)).toEqual({ published: true, reason: null });
  expect(await shown(url)).toMatchObject([{ run_id: older, users: 10 }]);
});

test('into a database that lost it, the run that its drop showed is published again', async () => {
  const url = await server.database();
  const runId = await loadRun(url, { runId: run(1), users: 10 });
  const history = { isNewerThan: async () => false, latestRun: async () => runId };
  expect(await publish(url, runId, 'default', history)).toEqual({ published: true, reason: null });
  expect(await shown(url)).toMatchObject([{ run_id: runId, users: 10 }]);
});

test('into a database that lost the newer run an older one is loaded, but not published', async () => {
  const url = await server.database();
  const older = await loadRun(url, { runId: run(1), users: 10, second: 1 });
  const history = { isNewerThan: async () => false, latestRun: async () => run(2) };
  expect(await publish(url, older, 'default', history)).toEqual({
    published: false,
    reason: expect.stringContaining(run(2)),
  });
  expect(await shown(url)).toEqual([]);
});

test('of two runs whose files are equally new, the one planned later is the newer', async () => {
  const url = await server.database();
  const first = await loadRun(url, { runId: run(9), users: 10, second: 1, startedSecond: 5 });
  const second = await loadRun(url, { runId: run(8), users: 20, second: 1, startedSecond: 6 });
  await publish(url, second);
  await publish(url, first);
  expect(await shown(url)).toMatchObject([{ run_id: second }]);
});

test('two publishers at the same time leave the newer run shown', async () => {
  const url = await server.database();
  for (let round = 1; round <= 10; round += 1) {
    const older = await loadRun(url, { runId: run(`${round}0`), users: 2, second: 2 * round });
    const newer = await loadRun(url, { runId: run(`${round}1`), users: 3, second: 2 * round + 1 });
    const results = await Promise.all([publish(url, older), publish(url, newer)]);
    expect(results[1].published).toBe(true);
    expect(await shown(url)).toMatchObject([{ run_id: newer, users: 3 }]);
  }
});

test('a reader who never stops asking sees complete runs only, while old ones are dropped', async () => {
  const url = await server.database();
  await publish(url, await loadRun(url, { runId: run(0), users: 200, second: 0 }));
  const seen = new Set<string>();
  let asking = true;
  const reader = async () =>
    withPostgres(url, session, async (client) => {
      while (asking) {
        const { rows } = await client.query(
          'select count(*)::integer as users, count(distinct run_id)::integer as runs from mart_user_outcomes',
        );
        seen.add(JSON.stringify(rows[0]));
      }
    });
  const readers = [reader(), reader()];
  for (let second = 1; second <= 25; second += 1) {
    const runId = await loadRun(url, { runId: run(second), users: 200, second });
    await sleep(50); // the stage "analyze" lies between the two: a query planned before the first ends before the second
    await publish(url, runId);
    await prune(url, 2);
  }
  asking = false;
  await Promise.all(readers);
  expect([...seen]).toEqual([JSON.stringify({ users: 200, runs: 1 })]);
});

test('only the newest runs of a drop stay, with the published one', async () => {
  const url = await server.database();
  for (const second of [1, 2, 3, 4]) await loadRun(url, { runId: run(second), users: 2, second });
  await loadRun(url, { runId: run(5), users: 2, drop: 'spring' });
  await publish(url, run(1));
  expect(await prune(url, 2)).toEqual({ dropped: [run(2)], held: [] });
  expect(await rowsOf(url, 'select run_id from run order by run_id')).toEqual(
    [1, 3, 4, 5].map((digit) => ({ run_id: run(digit) })),
  );
  expect(await shown(url)).toMatchObject([{ run_id: run(1), users: 2 }]);
});

test('the run of the newest upload stays however old its files are', async () => {
  const url = await server.database();
  for (const second of [1, 2, 3]) await loadRun(url, { runId: run(second), users: 2, second });
  const dropped = await withPostgres(url, session, (client) => pruneRuns(client, 'default', 1, run(1)));
  expect(dropped).toEqual({ dropped: [run(2)], held: [] });
});

test('an old run that is being read stays until the next publication', async () => {
  const url = await server.database();
  for (const second of [1, 2]) await loadRun(url, { runId: run(second), users: 2, second });
  await withPostgres(url, session, async (reader) => {
    await reader.query('begin; select * from user_outcomes');
    expect(await prune(url, 1)).toEqual({ dropped: [], held: [run(1)] });
    await reader.query('commit');
  });
  expect(await prune(url, 1)).toEqual({ dropped: [run(1)], held: [] });
});

test('a run that the database lost is not published, and the error says how to bring it back', async () => {
  const url = await server.database();
  await expect(publish(url, run(1))).rejects.toMatchObject({
    name: 'IncompleteError',
    message: expect.stringContaining(`./ecom retry ${run(1)}`),
  });
});
