import path from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { expect, test } from 'vitest';
import { DataError, TransientError } from '../../../layers/platform/errors.ts';
import { transaction, withPostgres } from '../../../layers/platform/postgres.ts';
import { literal } from '../../../layers/platform/sql.ts';
import { columnList } from '../../../layers/runs/load/columns.ts';
import { copyCsv } from '../../../layers/runs/load/load-marts.ts';
import { martNames } from '../../../layers/runs/mart-tables.ts';
import { load, makeRun, rowsOf, session, useServer } from './marts.ts';

const server = useServer();
const runId = '00000000000000a1';

test('a run is loaded whole, with its counts, revenue and variant split', async () => {
  const url = await server.database();
  const result = await load(server, url, await makeRun(server, { runId, users: 1001 }));
  expect(result).toEqual({
    tables: [
      { table: `user_exposure_${runId}`, rows: 1001, revenue: null },
      { table: `user_outcomes_${runId}`, rows: 1001, revenue: '1251.25' },
    ],
    variants: [
      { experimentId: 'checkout', variant: 'control', users: 501 },
      { experimentId: 'checkout', variant: 'treatment', users: 500 },
    ],
  });
});

test('values arrive as they are in the files: times in UTC, NULL apart from empty, other columns as JSON', async () => {
  const url = await server.database();
  await load(server, url, await makeRun(server, { runId, users: 4 }));
  expect(await rowsOf(url, "select * from user_exposure where user_id = '3'")).toEqual([
    {
      run_id: runId,
      experiment_id: 'checkout',
      user_id: '3',
      variant: 'treatment',
      assigned_at: new Date('2026-01-01T09:00:00Z'),
      exposed_at: new Date('2026-01-01T10:00:00Z'),
      device: 'mobile',
      country: null,
      attributes: { campaign: '' },
    },
  ]);
  const [outcomes] = await rowsOf(url, "select * from user_outcomes where user_id = '3'");
  expect(outcomes).toMatchObject({
    is_mature: true,
    purchased: 1,
    revenue: '1.25',
    events_in_window: '3',
    sessions: null,
    metrics: { wishlist_value: 7 },
  });
});

test('a run without exposed users is loaded as such', async () => {
  const url = await server.database();
  const result = await load(server, url, await makeRun(server, { runId, users: 0 }));
  expect(result.tables.map(({ rows }) => rows)).toEqual([0, 0]);
  expect(result.tables[1]?.revenue).toBe('0.00');
});

test('before it is published nobody sees it', async () => {
  const url = await server.database();
  await load(server, url, await makeRun(server, { runId, users: 10 }));
  expect(await rowsOf(url, 'select * from mart_user_outcomes')).toEqual([]);
});

test('loading it again changes nothing, and five at the same time load it once', async () => {
  const url = await server.database();
  const run = await makeRun(server, { runId, users: 500 });
  const results = await Promise.all(Array.from({ length: 5 }, () => load(server, url, run)));
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
  expect(await load(server, url, run)).toEqual(results[0]);
  expect(await rowsOf(url, 'select count(*)::integer as n from user_outcomes')).toEqual([{ n: 500 }]);
});

test('a database that holds other rows than the files is found out', async () => {
  const url = await server.database();
  const run = await makeRun(server, { runId, users: 100 });
  await load(server, url, run);
  await rowsOf(url, "update user_outcomes set revenue = revenue + 0.01 where user_id = '7'");
  const again = load(server, url, run);
  await expect(again).rejects.toThrow(DataError);
  await expect(again).rejects.toThrow('100 rows with revenue 125.01');
});

test('a user who stands twice in an experiment is refused, and nothing stays behind', async () => {
  const url = await server.database();
  const run = await makeRun(server, { runId, users: 10 });
  const files = {
    ...run.files,
    user_exposure: [...run.files.user_exposure, run.files.user_exposure[0] ?? ''],
  };
  await expect(load(server, url, { ...run, files })).rejects.toThrow(/stands twice/);
  expect(await rowsOf(url, `select to_regclass('user_exposure_${runId}') as t`)).toEqual([{ t: null }]);
});

test('files that turn out to be unreadable while they are copied fail the load, and nothing stays behind', async () => {
  const url = await server.database();
  const run = await makeRun(server, { runId, users: 10 });
  const file = path.join(await server.folder(), 'broken.parquet');
  await server
    .duckdb()
    .run(
      `COPY (SELECT * REPLACE ('much' AS revenue) FROM read_parquet(${literal(run.files.user_outcomes[0] ?? '')})) TO ${literal(file)} (FORMAT parquet)`,
    );
  const files = { ...run.files, user_outcomes: [file] };
  await expect(load(server, url, { ...run, files })).rejects.toThrow(/Could not convert string 'much'/);
  expect(await rowsOf(url, `select to_regclass('user_outcomes_${runId}') as t`)).toEqual([{ t: null }]);
});

test('an outcome of a user who was never exposed is refused', async () => {
  const url = await server.database();
  const run = await makeRun(server, { runId, users: 10 });
  const files = { ...run.files, user_exposure: run.files.user_exposure.slice(0, 1) };
  await expect(load(server, url, { ...run, files })).rejects.toThrow('5 users are in one of the marts only');
});

test('what a load that was killed left is gone after the next one, and what another is loading stays', async () => {
  const url = await server.database();
  const [left, loading] = ['00000000000000b1', '00000000000000b2'];
  await rowsOf(url, `create table user_exposure_${left} (like user_exposure)`);
  await withPostgres(url, session, async (client) => {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`ecom load ${loading}`]);
    await client.query(`create table user_outcomes_${loading} (like user_outcomes)`);
    await client.query(`create table user_exposure_${runId} (like user_exposure)`);
    expect((await load(server, url, await makeRun(server, { runId, users: 10 }))).tables[0]?.rows).toBe(10);
  });
  const tables = await rowsOf(
    url,
    "select relname from pg_class where relkind = 'r' and relname ~ '_[0-9a-f]{16}$' order by relname",
  );
  expect(tables.map(({ relname }) => relname)).toEqual([
    `user_exposure_${runId}`,
    `user_outcomes_${runId}`,
    `user_outcomes_${loading}`,
  ]);
});

test('a connection cut in the middle of COPY is a TransientError, and the next try succeeds', async () => {
  const url = await server.database();
  const cut = withPostgres(url, session, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await transaction(client, async () => {
      await client.query('create table half (id integer)');
      await copyCsv(client, 'half', ['id'], Readable.from(killHalfway(url, rows[0]?.pid ?? 0)));
    });
  });
  await expect(cut).rejects.toThrow(TransientError);
  expect(await rowsOf(url, "select to_regclass('half') as half")).toEqual([{ half: null }]);
  const result = await load(server, url, await makeRun(server, { runId, users: 10 }));
  expect(result.tables[1]?.rows).toBe(10);
});

async function* killHalfway(url: string, pid: number): AsyncGenerator<Buffer> {
  yield Buffer.from('1\n'.repeat(100_000));
  const killer = new pg.Client({ connectionString: url });
  await killer.connect();
  await killer.query('select pg_terminate_backend($1, 5000)', [pid]);
  await killer.end();
  for (let part = 0; part < 50; part += 1) yield Buffer.from('2\n'.repeat(100_000));
}

test('rows that stop coming in the middle of COPY undo the transaction, and the session goes on', async () => {
  const url = await server.database();
  await withPostgres(url, session, async (client) => {
    const broken = transaction(client, async () => {
      await client.query('create table half (id integer)');
      await copyCsv(client, 'half', ['id'], Readable.from(breakHalfway()));
    });
    await expect(broken).rejects.toThrow('the disk is gone');
    expect((await client.query("select to_regclass('half') as half")).rows).toEqual([{ half: null }]);
  });
});

async function* breakHalfway(): AsyncGenerator<Buffer> {
  yield Buffer.from('1\n'.repeat(100_000));
  throw new Error('the disk is gone');
}

test('every column of the tables is loaded', async () => {
  const url = await server.database();
  for (const mart of martNames) {
    const columns = await rowsOf(
      url,
      `select column_name as name from information_schema.columns where table_name = '${mart}'`,
    );
    expect(columns.map(({ name }) => name).toSorted()).toEqual(['run_id', ...columnList(mart)].toSorted());
  }
});

test('a server that is not there is a TransientError, a wrong password a ConfigError that hides it', async () => {
  const url = await server.database();
  const nowhere = withPostgres('postgres://a:secret@127.0.0.1:1/b', session, async () => undefined);
  await expect(nowhere).rejects.toMatchObject({
    name: 'TransientError',
    message: expect.stringContaining('127.0.0.1:1/b'),
  });
  const refused = withPostgres(url.replace(/:[^:@/]+@/, ':secret@'), session, async () => undefined);
  await expect(refused).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.not.stringContaining('secret@'),
  });
});

test('a lock that is not free in time is a TransientError', async () => {
  const url = await server.database();
  await withPostgres(url, session, async (holder) => {
    await holder.query('begin; lock table run in access exclusive mode');
    const blocked = withPostgres(url, { ...session, lockSeconds: 0.05 }, (client) =>
      client.query('select from run'),
    );
    await expect(blocked).rejects.toThrow(TransientError);
  });
});
