import path from 'node:path';
import { type DatasetName, datasetContracts } from '../../data/datasets/index.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal, literalList, renderSql } from '../../platform/sql.ts';
import dedupeSql from './dedupe.sql';
import idsElsewhereSql from './ids-elsewhere.sql';
import { findRepeatedKeys } from './repeated-keys.ts';
import { lineOf, type PartCount, partOf, type RowExample, rowOfFile } from './staged-rows.ts';

/** Ids of the events of one chunk, on the local disk. */
export interface EventIdsFile {
  readonly part: number;
  readonly file: string;
}

/** Name of the local copy of a chunk's event ids; it carries the part, as that of a staged file does. */
export function eventIdsFileName(part: number): string {
  return `event-ids-part-${part}-shared.parquet`;
}

/**
 * Drops the events whose id users of other buckets have as well, as `dedupe` drops contradictions within the bucket:
 * another user is other content. To be called after it.
 */
export async function dropSharedEvents(
  db: Database,
  files: readonly EventIdsFile[],
  bucket: number,
): Promise<void> {
  await db.run(
    renderSql(idsElsewhereSql, {
      files: literalList(files.map(({ file }) => path.resolve(file))),
      row: rowOfFile,
      bucket: String(bucket),
    }),
  );
  const { shared } = await db.row<{ shared: boolean }>('SELECT EXISTS (FROM events_elsewhere) AS shared');
  if (!shared) return;
  await db.run(`
    INSERT INTO events_dropped
    SELECT own._row, 'conflict', other._row
    FROM own_events own JOIN events_elsewhere other USING (event_id)
    WHERE own._row NOT IN (SELECT _row FROM events_dropped);
    CREATE OR REPLACE VIEW kept_events AS FROM own_events ANTI JOIN events_dropped USING (_row)`);
}

/**
 * Creates `<dataset>_dropped` (_row, _rule `duplicate` or `conflict`, _other_row: the row it contradicts) and the view
 * `kept_<dataset>`, the bucket's rows without them. Keys are counted before rows are looked at: the usual case, no
 * repeated key, needs no more memory than the keys.
 * @param rows the view to look for repeats in: wider than the bucket where a key may occur in several of them
 */
export async function dedupe(db: Database, dataset: DatasetName, rows: string): Promise<void> {
  await db.run(`CREATE TABLE ${dataset}_dropped (_row BIGINT, _rule VARCHAR, _other_row BIGINT)`);
  const repeats = await findRepeatedKeys(db, dataset, rows);
  if (repeats) {
    const key = datasetContracts[dataset].key.map(identifier).join(', ');
    const content = (await contentColumns(db, dataset)).map(identifier).join(', ');
    await db.run(renderSql(dedupeSql, { dataset, key, rows, content }));
  }
  await db.run(`
    DROP TABLE ${dataset}_repeated;
    CREATE VIEW kept_${dataset} AS FROM own_${dataset}
    ${repeats ? `ANTI JOIN ${dataset}_dropped USING (_row)` : ''}`);
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
