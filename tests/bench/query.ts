/** One DuckDB query over the CSVs of a folder, and nothing else: `node infrastructure/run.mjs tests/bench/query.ts <folder>` */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { literal } from '../../layers/platform/sql.ts';
import { printArms } from './floor.ts';

const [folder = ''] = process.argv.slice(2);
const csv = (name: string) => {
  const parts = path.join(folder, name);
  const files = literal(existsSync(parts) ? path.join(parts, '*.csv') : `${parts}.csv`);
  return `read_csv(${files}, union_by_name = true)`;
};
await printArms({ events: csv('events'), assignments: csv('experiment_assignments') });
