import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../layers/platform/duckdb.ts';
import { literal } from '../../../layers/platform/sql.ts';
import { resultRows, resultsCsv } from '../../../layers/report/results.ts';
import { resultsParquet } from '../../../layers/report/results-parquet.ts';
import { exampleReport } from '../analysis/report-of.ts';

describe('results.parquet', () => {
  const rows = resultRows(exampleReport());
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'results-'));
    file = path.join(folder, 'results.parquet');
    await resultsParquet(rows, file);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has one row per experiment, segment level, metric and arm', () => {
    const keys = rows.map((row) =>
      [row.experiment_id, row.segment, row.segment_level, row.metric, row.variant].join('/'),
    );
    expect(new Set(keys).size).toBe(rows.length);
    const metrics = new Set(rows.map(({ metric }) => metric));
    const levels = new Set(rows.map(({ segment, segment_level }) => `${segment}/${segment_level}`));
    expect(levels).toEqual(new Set(['null/null', 'device/mobile', 'device/desktop']));
    expect(rows).toHaveLength(metrics.size * 2 * 3);
    expect(metrics).not.toContain('session_duration');
  });

  it('opens in DuckDB with every value and null as written', async () => {
    await using database = await Database.open({ memoryMb: 512, folder });
    const read = await database.query(`from read_parquet(${literal(file)})`);
    expect(read.map((row) => ({ ...row, users: Number(row.users) }))).toEqual(
      rows.map((row) => ({ ...row })),
    );
  });

  it('has the types a BI tool expects', async () => {
    await using database = await Database.open({ memoryMb: 512, folder });
    const types = await database.query(
      `select column_name, column_type from (describe from read_parquet(${literal(file)}))`,
    );
    expect(
      Object.fromEntries(types.map(({ column_name, column_type }) => [column_name, column_type])),
    ).toMatchObject({
      experiment_id: 'VARCHAR',
      is_control: 'BOOLEAN',
      users: 'BIGINT',
      mean: 'DOUBLE',
      p: 'DOUBLE',
    });
  });

  it('is written even when there is nothing to compare', async () => {
    const bytes = await resultsParquet([], path.join(folder, 'empty.parquet'));
    expect(Buffer.from(bytes.slice(0, 4)).toString()).toBe('PAR1');
  });
});

describe('results.csv', () => {
  it('reads back in DuckDB as the rows of results.parquet', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'results-'));
    try {
      const rows = resultRows(exampleReport(undefined, 'a, "quoted"\r\nname'));
      const file = path.join(folder, 'results.csv');
      await writeFile(file, resultsCsv(rows));
      await using database = await Database.open({ memoryMb: 512, folder });
      const read = await database.query(
        `from read_csv(${literal(file)}, header = true, nullstr = '', sample_size = -1)`,
      );
      expect(read.map((row) => ({ ...row, users: Number(row.users) }))).toMatchObject(
        rows.map(({ experiment_id, segment_level, metric, variant, users, mean, p }) => ({
          experiment_id,
          segment_level,
          metric,
          variant,
          users,
          mean,
          p,
        })),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx'])('keeps %j text in a spreadsheet', (name) => {
    const [row] = resultRows(exampleReport(undefined, name));
    if (row === undefined) throw new Error('the report has rows');
    const csv = resultsCsv([{ ...row, absolute: -0.5 }], ['experiment_id', 'absolute']);
    expect(csv).toBe(`experiment_id,absolute\r\n'${name},-0.5\r\n`);
  });
});
