import path from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { DataError, TransientError } from '../../../layers/platform/errors.ts';
import { transaction, withPostgres } from '../../../layers/platform/postgres.ts';
import { literal } from '../../../layers/platform/sql.ts';
import { columnList } from '../../../layers/runs/load/columns.ts';
import { copyCsv } from '../../../layers/runs/load/copy-part.ts';
import { totalOf } from '../../../layers/runs/load/totals.ts';
import { martNames } from '../../../layers/runs/mart-tables.ts';
import { load, makeParts, makeRun, rowsOf, session, useServer } from './marts.ts';

const server = useServer();
const runId = '00000000000000a1';
const isNew = { isNew: true };

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

test('a run whose tables somebody has dropped is loaded anew', async () => {
  const url = await server.database();
  const run = await makeRun(server, { runId, users: 100 });
  const first = await load(server, url, run);
  await rowsOf(url, `delete from run where run_id = '${runId}'`);
  await rowsOf(url, `drop table user_exposure_${runId}, user_outcomes_${runId}`);
  expect(await load(server, url, run)).toEqual(first);
  expect(await rowsOf(url, 'select count(*)::integer as n from user_outcomes')).toEqual([{ n: 100 }]);
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
      `COPY (SELECT * REPLACE ('never' AS window_end) FROM read_parquet(${literal(run.files.user_outcomes[0] ?? '')})) TO ${literal(file)} (FORMAT parquet)`,
    );
  const files = { ...run.files, user_outcomes: [file, run.files.user_outcomes[1] ?? ''] };
  await expect(load(server, url, { ...run, files })).rejects.toThrow(
    /invalid timestamp field format: .+never/,
  );
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

describe('a run that is loaded in parts', () => {
  const tablesOf = (url: string) =>
    rowsOf(
      url,
      `select relname from pg_class where relkind = 'r' and relname ~ '_${runId}$' order by relname`,
    );
  const usersIn = (url: string) => rowsOf(url, 'select count(*)::integer as n from user_outcomes');

  test('is in the marts once the last of them is there, with the rows of all', async () => {
    const url = await server.database();
    const [first, second] = await makeParts(server, { runId, users: 1001 });
    const results = [await load(server, url, second)];
    expect(await usersIn(url)).toEqual([{ n: 0 }]);
    results.push(await load(server, url, first));
    expect(await usersIn(url)).toEqual([{ n: 1001 }]);
    expect(totalOf(results)).toEqual({
      tables: [
        { table: `user_exposure_${runId}`, rows: 1001, revenue: null },
        { table: `user_outcomes_${runId}`, rows: 1001, revenue: '1251.25' },
      ],
      variants: [
        { experimentId: 'checkout', variant: 'control', users: 501 },
        { experimentId: 'checkout', variant: 'treatment', users: 500 },
      ],
    });
    expect(
      await rowsOf(
        url,
        `select count(*)::integer as n from pg_constraint where contype = 'p' and conrelid = 'user_outcomes_${runId}'::regclass`,
      ),
    ).toEqual([{ n: 1 }]);
  });

  test('is loaded once however often its parts are, one after the other and at the same time', async () => {
    const url = await server.database();
    const parts = await makeParts(server, { runId, users: 500 });
    await Promise.all([...parts, ...parts, ...parts].map((part) => load(server, url, part)));
    for (const part of parts) await load(server, url, part);
    expect(await usersIn(url)).toEqual([{ n: 500 }]);
  });

  test('goes on where a part failed, and has each row once', async () => {
    const url = await server.database();
    const [first, second] = await makeParts(server, { runId, users: 100 });
    const broken = { ...second, files: { ...second.files, user_outcomes: first.files.user_outcomes } };
    await load(server, url, first);
    await expect(load(server, url, broken)).rejects.toThrow('in one of the marts only');
    expect(await usersIn(url)).toEqual([{ n: 0 }]);
    await load(server, url, second);
    expect(await usersIn(url)).toEqual([{ n: 100 }]);
  });

  test('is loaded anew where somebody has dropped a table of what is there', async () => {
    const url = await server.database();
    const parts = await makeParts(server, { runId, users: 100 });
    await load(server, url, parts[0]);
    await rowsOf(url, `drop table user_outcomes_${runId}`);
    for (const part of parts) await load(server, url, part);
    expect(await usersIn(url)).toEqual([{ n: 100 }]);
  });

  test('leaves nothing behind where a user is in two of them', async () => {
    const url = await server.database();
    const [first] = await makeParts(server, { runId, users: 10 });
    await load(server, url, first);
    await expect(load(server, url, { ...first, part: 1 })).rejects.toThrow(/stands twice/);
    expect(await tablesOf(url)).toEqual([]);
    expect(await rowsOf(url, 'select from loaded_part')).toEqual([]);
  });

  test('is checked when it is there: its rows by the first part, and what was copied by each', async () => {
    const url = await server.database();
    const [first, second] = await makeParts(server, { runId, users: 100 });
    for (const part of [first, second]) await load(server, url, part);
    await rowsOf(url, "update user_outcomes set revenue = revenue + 0.01 where user_id = '7'");
    await expect(load(server, url, first)).rejects.toThrow('100 rows with revenue 125.01');
    await load(server, url, second);
    await expect(
      load(server, url, { ...second, files: (await makeRun(server, { runId, users: 10 })).files }),
    ).rejects.toThrow('the database holds 50 rows, the files 10 rows');
  });

  test('keeps what was copied for as long as a run may take, and no longer', async () => {
    const url = await server.database();
    const other = '00000000000000b1';
    const [first] = await makeParts(server, { runId, users: 10 });
    await load(server, url, first);
    await load(server, url, await makeRun(server, { runId: other, users: 10 }));
    expect(await tablesOf(url)).toHaveLength(2);
    await rowsOf(url, "update loaded_part set copied_at = copied_at - interval '12 hours'");
    await load(server, url, await makeRun(server, { runId: '00000000000000b2', users: 10 }));
    expect(await tablesOf(url)).toEqual([]);
    expect(await rowsOf(url, 'select distinct run_id from loaded_part order by run_id')).toEqual([
      { run_id: other },
      { run_id: '00000000000000b2' },
    ]);
  });
});

test('a connection cut in the middle of COPY is a TransientError, and the next try succeeds', async () => {
  const url = await server.database();
  const cut = withPostgres(url, session, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await transaction(client, async () => {
      await client.query('create table half (id integer)');
      await copyCsv(client, 'half', ['id'], Readable.from(killHalfway(url, rows[0]?.pid ?? 0)), isNew);
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
      await copyCsv(client, 'half', ['id'], Readable.from(breakHalfway()), isNew);
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
