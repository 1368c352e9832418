import { type DatasetName, datasetContracts } from '../../layers/contracts/datasets/index.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { identifier, renderSql } from '../../layers/storage/sql.ts';
import dedupeSql from './dedupe.sql';

/**
 * Creates `<dataset>_dropped` (_row, _rule `duplicate` or `conflict`, _other_row: the row it contradicts) and the view
 * `kept_<dataset>`, the bucket's rows without them. Keys are counted before rows are looked at: the usual case, no
 * repeated key, needs no more memory than the keys.
 * @param rows the view to look for repeats in: wider than the bucket where a key may occur in several of them
 */
export async function dedupe(db: Database, dataset: DatasetName, rows: string): Promise<void> {
  const key = datasetContracts[dataset].key.map(identifier).join(', ');
  await db.run(`
    CREATE TABLE ${dataset}_dropped (_row BIGINT, _rule VARCHAR, _other_row BIGINT);
    CREATE TABLE ${dataset}_repeated AS SELECT ${key} FROM ${rows} GROUP BY ALL HAVING count(*) > 1`);
  const { repeats } = await db.row<{ repeats: boolean }>(
    `SELECT EXISTS (FROM ${dataset}_repeated) AS repeats`,
  );
  if (repeats) {
    const content = (await contentColumns(db, dataset)).map(identifier).join(', ');
    await db.run(renderSql(dedupeSql, { dataset, key, rows, content }));
  }
  await db.run(`
    DROP TABLE ${dataset}_repeated;
    CREATE VIEW kept_${dataset} AS FROM own_${dataset}
    ${repeats ? `ANTI JOIN ${dataset}_dropped USING (_row)` : ''}`);
}

/** Columns of the file itself, without those that name the row. */
export async function contentColumns(db: Database, dataset: DatasetName): Promise<string[]> {
  const columns = await db.query<{ column_name: string }>(`DESCRIBE staged_${dataset}`);
  return columns.map(({ column_name }) => column_name).filter((name) => name !== '_line' && name !== '_row');
}
