import { type DatasetName, datasetContracts } from '../../data/datasets/index.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { identifier } from '../../platform/sql.ts';

/** Ids that are counted up are told apart by a bit each, where that takes less room than to group them: bits per row. */
const bitsPerRow = 8n;

/**
 * Creates the table `<dataset>_repeated` of the keys that occur more than once in `rows`, unless it is there.
 * @returns whether there are any
 */
export async function findRepeatedKeys(db: Database, dataset: DatasetName, rows: string): Promise<boolean> {
  const key = datasetContracts[dataset].key.map(identifier).join(', ');
  const isDistinct = await areDistinctIds(db, datasetContracts[dataset].key, rows);
  await db.run(`
    CREATE TABLE IF NOT EXISTS ${dataset}_repeated AS
    SELECT ${key} FROM ${rows} ${isDistinct ? 'WHERE false' : 'GROUP BY ALL HAVING count(*) > 1'}`);
  const [found] = await db.select(`SELECT EXISTS (FROM ${dataset}_repeated) AS repeats`, {
    repeats: cell.flag,
  });
  return found?.repeats ?? false;
}

/**
 * Whether the key is known to be another one in each row: one column of integers so close together that they are counted
 * by their bits, at a fifth of what grouping takes.
 */
async function areDistinctIds(db: Database, columns: readonly string[], rows: string): Promise<boolean> {
  if (columns.length > 1) return false;
  const id = identifier(columns[0] ?? '');
  const range = await db.row<{ type: string; first: string | null; last: string | null; n: string }>(`
    SELECT typeof(min(${id})) AS type, CAST(min(${id}) AS VARCHAR) AS first, CAST(max(${id}) AS VARCHAR) AS last, count(*) AS n
    FROM ${rows}`);
  const { first, last } = range;
  if (range.type !== 'BIGINT' || first === null || last === null) return false;
  const n = BigInt(range.n);
  if (BigInt(last) - BigInt(first) >= bitsPerRow * n) return false;
  const { ids } = await db.row<{ ids: string }>(`
    SELECT bit_count(bitstring_agg(${id}, CAST(${first} AS BIGINT), CAST(${last} AS BIGINT))) AS ids FROM ${rows}`);
  return BigInt(ids) === n;
}
