/** One DuckDB query over the CSVs of a folder, and nothing else: `node infrastructure/run.mjs tests/bench/query.ts <folder>` */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Database } from '../../layers/platform/duckdb.ts';
import { literal, renderSql } from '../../layers/platform/sql.ts';
import floorSql from './floor.sql';

const [folder = ''] = process.argv.slice(2);
const spill = await mkdtemp(path.join(tmpdir(), 'ecom-bench-query-'));
const filesOf = (name: string) => {
  const parts = path.join(folder, name);
  return literal(existsSync(parts) ? path.join(parts, '*.csv') : `${parts}.csv`);
};
try {
  await using database = await Database.open({ memoryMb: 8192, folder: spill });
  const arms = await database.query(
    renderSql(floorSql, { events: filesOf('events'), assignments: filesOf('experiment_assignments') }),
  );
  process.stdout.write(
    `${JSON.stringify(arms.map((arm) => ({ ...arm, events: Number(arm.events), cents: Number(arm.cents) })))}\n`,
  );
} finally {
  await rm(spill, { recursive: true, force: true });
}
