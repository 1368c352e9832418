import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cell, Database, engineOf, sharedEngine } from '../../../layers/platform/duckdb.ts';
import { literal } from '../../../layers/platform/sql.ts';
import { threadsOf } from '../../../layers/runs/lambda.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'duckdb-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the engine in a function', () => {
  test.each([
    [512, '149.7 MiB', '2'],
    [1024, '442.5 MiB', '2'],
    [3008, '1.5 GiB', '2'],
    [3538, '1.8 GiB', '2'],
    [10_240, '5.5 GiB', '6'],
  ])(
    'of %i MB leaves room for the rest of the process, and takes a thread for each CPU, and two at least',
    async (memoryMb, memory, threads) => {
      const engine = engineOf({ memoryMb, threads: threadsOf(memoryMb) });
      await using database = await engine.open(folder);
      expect(
        await database.row(
          `SELECT current_setting('memory_limit') AS memory, current_setting('threads')::VARCHAR AS threads`,
        ),
      ).toEqual({ memory, threads });
    },
  );

  test('counts in UTC, keeps the order of rows, and fetches nothing from the network', async () => {
    await using database = await Database.open({ memoryMb: 1024, folder });
    expect(
      await database.row(`SELECT current_setting('TimeZone') AS zone, current_setting('preserve_insertion_order') AS ordered,
        current_setting('autoinstall_known_extensions') OR current_setting('autoload_known_extensions') AS fetches`),
    ).toEqual({ zone: 'UTC', ordered: true, fetches: false });
    await expect(database.run(`SELECT * FROM read_parquet('s3://bucket/key')`)).rejects.toThrow(/httpfs/);
  });

  test('spills to its folder what does not fit its memory, and leaves nothing there', async () => {
    {
      await using database = await Database.open({ memoryMb: 460, folder });
      const { rows } = await database.row<{ rows: string }>(
        `SELECT count(*) AS rows FROM (SELECT i, md5(i::VARCHAR) AS text FROM range(3000000) t(i) ORDER BY text LIMIT 2900000)`,
      );
      expect(rows).toBe('2900000');
    }
    expect(await readdir(folder)).toEqual([]);
  });

  test('that needs more memory than there is says so, and what to do: an error, not a kill', async () => {
    await using database = await Database.open({ memoryMb: 460, folder });
    await expect(
      database.run(
        `COPY (SELECT list(md5(i::VARCHAR)) AS all FROM range(6000000) t(i)) TO ${literal(path.join(folder, 'x.parquet'))} (FORMAT parquet)`,
      ),
    ).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringMatching(
        /^the data need more memory than the function has: .*Raise the function's memory/,
      ),
    });
    expect(await database.row('SELECT 1 AS one')).toEqual({ one: 1 });
  });

  test('names the statement that is wrong', async () => {
    await using database = await Database.open({ memoryMb: 1024, folder });
    await expect(database.run('SELECT nothing FROM nowhere')).rejects.toThrow(
      /nowhere does not exist[\s\S]*SELECT nothing/,
    );
  });
});

describe('selected rows', () => {
  test('hold numbers, integers of any size and texts as they are asked for', async () => {
    await using database = await Database.open({ memoryMb: 1024, folder });
    const rows = await database.select(
      `SELECT n, 9007199254740993::HUGEINT * n AS "sum", 'a' AS label, n > 0 AS is_some, nullif(n, 1) AS maybe
      FROM (VALUES (1::BIGINT), (9007199254740991)) t(n) ORDER BY n`,
      {
        n: cell.count,
        sum: cell.integer,
        label: cell.text,
        is_some: cell.flag,
        maybe: cell.count.nullable(),
      },
    );
    expect(rows).toEqual([
      { n: 1, sum: 9007199254740993n, label: 'a', is_some: true, maybe: null },
      {
        n: Number.MAX_SAFE_INTEGER,
        sum: 9007199254740993n * 9007199254740991n,
        label: 'a',
        is_some: true,
        maybe: Number.MAX_SAFE_INTEGER,
      },
    ]);
  });

  test.each([
    ['a count beyond 2^53', '9007199254740992::BIGINT', /beyond 2\^53: select it as cell.integer/],
    ['a NULL', 'NULL::BIGINT', /at \[0\]\.n/],
    ['a fraction', '1.5', /at \[0\]\.n/],
  ])('are refused where there is %s, with the statement', async (_, value, reason) => {
    await using database = await Database.open({ memoryMb: 1024, folder });
    const sql = `SELECT ${value} AS n`;
    const rows = database.select(sql, { n: cell.count });
    await expect(rows).rejects.toThrow(reason);
    await expect(rows).rejects.toThrow(sql);
  });
});

describe('an engine that several parts of one process share', () => {
  test('gives each a catalogue of its own, also at the same time, and forgets it afterwards', async () => {
    await using engine = await sharedEngine({ memoryMb: 1024, folder });
    const parts = await Promise.all(
      [1, 2, 3].map(async (part) => {
        await using database = await engine.open(folder);
        await database.run(`CREATE TABLE rows AS SELECT ${part} AS part; CREATE VIEW again AS FROM rows`);
        return database.query('FROM again');
      }),
    );
    expect(parts).toEqual([[{ part: 1 }], [{ part: 2 }], [{ part: 3 }]]);
    await using next = await engine.open(folder);
    await expect(next.query('FROM rows')).rejects.toThrow('does not exist');
    expect(await next.row(`SELECT current_setting('TimeZone') AS zone`)).toEqual({ zone: 'UTC' });
  });
});
