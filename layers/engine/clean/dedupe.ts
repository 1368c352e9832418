import { type DatasetName, datasetContracts } from '../../data/datasets/index.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal, renderSql } from '../../platform/sql.ts';
import dedupeSql from './dedupe.sql';
import dropElsewhereSql from './drop-elsewhere.sql';
import { findRepeatedKeys } from './repeated-keys.ts';
import { lineOf, type PartCount, partOf, type RowExample } from './staged-rows.ts';

/** Datasets whose keys rows of several users may share. */
const sharedKeys: readonly DatasetName[] = ['sessions', 'events'];

/**
 * Creates `<dataset>_dropped` (_row, _rule `duplicate` or `conflict`, _other_row: the first row that it contradicts) and the
 * view `kept_<dataset>`, the bucket's rows without them. Keys are counted before rows are looked at: the usual case, no
 * repeated key, needs no more memory than the keys.
 */
export async function dedupe(db: Database, dataset: DatasetName): Promise<void> {
  const rows = `staged_${dataset}`;
  await db.run(`CREATE TABLE ${dataset}_dropped (_row BIGINT, _rule VARCHAR, _other_row BIGINT)`);
  const repeats = await findRepeatedKeys(db, dataset, rows);
  if (repeats) {
    const key = datasetContracts[dataset].key.map(identifier).join(', ');
    const content = (await contentColumns(db, dataset)).map(identifier).join(', ');
    await db.run(renderSql(dedupeSql, { dataset, key, rows, content }));
  }
  const elsewhere = sharedKeys.includes(dataset) && (await dropElsewhere(db, dataset));
  await db.run(`
    DROP TABLE ${dataset}_repeated;
    CREATE VIEW kept_${dataset} AS FROM own_${dataset}
    ${repeats || elsewhere ? `ANTI JOIN ${dataset}_dropped USING (_row)` : ''}`);
}

/** Drops rows whose key users of other buckets have as well: another user is other content. Returns whether there are any. */
async function dropElsewhere(db: Database, dataset: DatasetName): Promise<boolean> {
  const { some } = await db.row<{ some: boolean }>(`SELECT EXISTS (FROM ${dataset}_elsewhere) AS some`);
  if (some) await db.run(renderSql(dropElsewhereSql, { dataset }));
  return some;
}

/** What `dedupe` dropped. */
export interface Repeats {
  readonly duplicates: readonly PartCount[];
  readonly conflicts: readonly PartCount[];
  /** First rows that contradict others, with their keys. */
  readonly conflictExamples: readonly RowExample[];
  /** First rows that repeat others. */
  readonly duplicateExamples: readonly RowExample[];
}

const examples = 3;

/** Counts the rows of the bucket that `dedupe` dropped, by part. */
export async function countRepeats(db: Database, dataset: DatasetName): Promise<Repeats> {
  const dropped = `own_${dataset} JOIN ${dataset}_dropped USING (_row)`;
  const parts = await db.query<{ part: string; rule: string; rows: string }>(`
    SELECT ${partOf('_row')} AS part, _rule AS rule, count(*) AS "rows"
    FROM ${dropped} GROUP BY ALL ORDER BY part`);
  const of = (rule: string) =>
    parts
      .filter((part) => part.rule === rule)
      .map(({ part, rows }) => ({ part: Number(part), rows: Number(rows) }));
  const key = datasetContracts[dataset].key.map((column) => `CAST(${identifier(column)} AS VARCHAR)`);
  const examplesOf = async (rule: string): Promise<RowExample[]> => {
    if (of(rule).length === 0) return [];
    const found = await db.query<{ part: string; line: string; value: string }>(`
      SELECT ${partOf('_row')} AS part, ${lineOf('_row')} AS line, concat_ws(' ', ${key.join(', ')}) AS value
      FROM ${dropped} WHERE _rule = ${literal(rule)} ORDER BY _row LIMIT ${examples}`);
    return found.map(({ part, line, value }) => ({ part: Number(part), line: Number(line), value }));
  };
  return {
    duplicates: of('duplicate'),
    conflicts: of('conflict'),
    conflictExamples: await examplesOf('conflict'),
    duplicateExamples: await examplesOf('duplicate'),
  };
}

/** Columns of the file itself, without those that name the row and how it was read. */
export async function contentColumns(db: Database, dataset: DatasetName): Promise<string[]> {
  const columns = await db.query<{ column_name: string }>(`DESCRIBE staged_${dataset}`);
  const aside = ['_line', '_row', '_notes'];
  return columns.map(({ column_name }) => column_name).filter((name) => !aside.includes(name));
}
