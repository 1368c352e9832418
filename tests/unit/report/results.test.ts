import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultsParquet } from '../../../lambdas/analyze/results-parquet.ts';
import { resultRows } from '../../../layers/report/results-table.ts';
import { Database } from '../../../layers/storage/duckdb.ts';
import { literal } from '../../../layers/storage/sql.ts';
import { exampleReport } from '../analyze/report-of.ts';

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

  it('has one row per experiment, metric and arm', () => {
    const keys = rows.map((row) => `${row.experiment_id}/${row.metric}/${row.variant}`);
    expect(new Set(keys).size).toBe(rows.length);
    const metrics = new Set(rows.map(({ metric }) => metric));
    expect(rows).toHaveLength(metrics.size * 2);
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
