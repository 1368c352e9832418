import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Database } from '../../layers/platform/duckdb.ts';
import { renderSql } from '../../layers/platform/sql.ts';
import floorSql from './floor.sql';

/**
 * Prints the sums of both arms, by one query.
 * @param sources table functions of DuckDB that read the two datasets
 */
export async function printArms(sources: {
  readonly events: string;
  readonly assignments: string;
}): Promise<void> {
  const spill = await mkdtemp(path.join(tmpdir(), 'ecom-bench-query-'));
  try {
    await using database = await Database.open({ memoryMb: 8192, folder: spill });
    const arms = await database.query(renderSql(floorSql, sources));
    process.stdout.write(
      `${JSON.stringify(arms.map((arm) => ({ ...arm, events: Number(arm.events), cents: Number(arm.cents) })))}\n`,
    );
  } finally {
    await rm(spill, { recursive: true, force: true });
  }
}
