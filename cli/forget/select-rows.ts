import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bindColumns, type ColumnSource } from '../../layers/data/column-binding.ts';
import { beginningOf, inspectFile, readDialect } from '../../layers/data/csv/local-file.ts';
import { recordRules } from '../../layers/data/csv/split-records.ts';
import { parseHeader } from '../../layers/data/csv-header.ts';
import { type DatasetName, datasetContracts } from '../../layers/data/datasets/index.ts';
import { dialectOfFile, withWriting } from '../../layers/data/file-writing.ts';
import { writingOf } from '../../layers/engine/plan/writings.ts';
import { type Ingested, ingest } from '../../layers/engine/stage/ingest.ts';
import { ingestUserList, readListedUsers } from '../../layers/engine/stage/listed-users.ts';
import type { Config } from '../../layers/experiment/config.ts';
import { cell, type Database } from '../../layers/platform/duckdb.ts';
import { DataError, UsageError } from '../../layers/platform/errors.ts';
import { literal, literalList } from '../../layers/platform/sql.ts';
import type { DropFile } from '../pipeline/drop-folder.ts';
import type { LineRange } from './rewrite.ts';

/** What of a file is the user's. */
export interface OwnRows {
  readonly rows: number;
  /** Rows that are not. */
  readonly others: number;
  /** Lines that the rows are on, ascending. */
  readonly ranges: readonly LineRange[];
  /** Lines of records that cannot be read and have the id as a cell: whose they are, nobody can tell. */
  readonly unreadable: readonly number[];
  /** Whether lines are counted in the bytes as they are, which in UTF-16 they cannot be. */
  readonly isBytewise: boolean;
}

/** What files of a drop are read by. */
export interface Reading {
  readonly db: Database;
  readonly drop: string;
  readonly config: Pick<Config, 'id_type' | 'schema' | 'files' | 'raw' | 'missing'>;
  /** Folder for intermediate files. */
  readonly workspace: string;
}

/**
 * Makes the tables of what is the user's: `listed_users` with the id as a run reads it, and `own_sessions`, as yet empty.
 * @returns the id as a run reads it
 * @throws UsageError where the text is no id
 */
export async function readUser(user: string, { db, config, workspace }: Reading): Promise<string> {
  const file = path.join(workspace, 'user.csv');
  await writeFile(file, `user_id\n"${user.replaceAll('"', '""')}"\n`);
  try {
    await readListedUsers(db, [{ file, name: 'the id' }], config.id_type, workspace);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const what = `"${user}" is no id of a user (id_type: ${config.id_type})`;
    throw new UsageError({ what, where: '<user>', remedy: 'Write it as the files do' }, { cause: error });
  }
  const [read] = await db.select('SELECT user_id::VARCHAR AS id FROM listed_users', { id: cell.text });
  if (read === undefined) throw new UsageError({ what: 'the id of the user is empty', where: '<user>' });
  const type = config.id_type === 'bigint' ? 'BIGINT' : 'VARCHAR';
  await db.run(`CREATE TABLE own_sessions (session_id ${type})`);
  return read.id;
}

/**
 * Finds the user's rows in a file of a drop as a run reads it: those that name the user and, of events that name nobody,
 * those of the user's sessions. Files of sessions add to `own_sessions`, and so come first.
 */
export async function ownRows(
  reading: Reading,
  { kind, file, key }: Pick<DropFile, 'kind' | 'file' | 'key'>,
  id: string,
): Promise<OwnRows> {
  if (kind === 'excluded_users') {
    return inFolder(reading, async (folder) => {
      const ingested = await ingestUserList(reading.db, { file, name: file }, reading.config.id_type, folder);
      return selected(reading.db, ingested, named, id, true);
    });
  }
  if (kind === 'config' || kind === 'summary' || kind === 'products') return nothing;
  const writing = writingOf({ kind, key }, reading.drop, reading.config);
  return rowsOf(reading, kind, file, id, reading.config.schema[kind], writing);
}

/** The same for a file of no drop, of which no more is known than the column that ids of users are in. */
export function rowsOfColumn(reading: Reading, file: string, column: string, id: string): Promise<OwnRows> {
  return rowsOf(reading, 'users', file, id, { user_id: column }, {});
}

const nothing: OwnRows = { rows: 0, others: 0, ranges: [], unreadable: [], isBytewise: true };
const named = 'user_id IN (FROM listed_users)';
const namedOrInSession = `${named} OR (user_id IS NULL AND session_id IN (FROM own_sessions))`;

async function rowsOf(
  reading: Reading,
  dataset: DatasetName,
  file: string,
  id: string,
  schema: Readonly<Record<string, ColumnSource>>,
  writing: ReturnType<typeof writingOf>,
): Promise<OwnRows> {
  const { db, config } = reading;
  const contract = datasetContracts[dataset];
  const dialect = dialectOfFile(writing);
  const header = parseHeader(await beginningOf(file, file), file, dialect);
  const bound = withWriting(bindColumns(contract, header, schema, file), contract, writing, config.missing);
  const columns = { header, bindings: bound.bindings, otherColumns: [] };
  const { encoding } = await readDialect(file, file, dialect);
  return inFolder(reading, async (folder) => {
    const inspected = await inspectFile(file, folder, file);
    const ingested = await ingest(
      db,
      {
        dataset,
        ...inspected,
        columns,
        dialect,
        allColumns: [columns],
        idType: config.id_type,
        hasHeader: true,
        isRange: false,
        name: file,
      },
      { folder, sourceKey: file, sourceVersion: null, buckets: 1, hasSessions: true },
    );
    if (dataset === 'sessions') {
      const source = `read_parquet(${literal(ingested.read.file)})`;
      await db.run(
        `INSERT INTO own_sessions SELECT session_id FROM ${source} WHERE session_id IS NOT NULL AND ${named}`,
      );
    }
    const where = dataset === 'events' ? namedOrInSession : named;
    return selected(db, ingested, where, id, !encoding.startsWith('utf-16'));
  });
}

/** Intermediate files of one file, which may be as large as it is, are gone before the next one is read. */
async function inFolder<Answer>(
  { workspace }: Reading,
  work: (folder: string) => Promise<Answer>,
): Promise<Answer> {
  const folder = path.join(workspace, 'file');
  await mkdir(folder);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function selected(
  db: Database,
  { read, quarantine }: Ingested,
  where: string,
  id: string,
  isBytewise: boolean,
): Promise<OwnRows> {
  const [{ all = 0 } = {}] = await db.select(
    `SELECT count(*) AS "all" FROM read_parquet(${literal(read.file)})`,
    { all: cell.count },
  );
  const records = `(SELECT *, ${read.line} AS line FROM read_parquet(${literal(read.file)}, file_row_number = true))`;
  const rejects = quarantine === null ? '' : `UNION SELECT line FROM read_parquet(${literal(quarantine)})`;
  // A record of several lines ends where the next one begins.
  const next = read.isLinePerRecord
    ? 'SELECT line, line + 1 AS next FROM records'
    : `SELECT line, lead(line) OVER (ORDER BY line) AS next FROM (SELECT line FROM records ${rejects})`;
  const ranges = await db.select(
    `WITH records AS ${records}, extents AS (${next})
     SELECT line AS "from", next AS "to" FROM extents
     WHERE line IN (SELECT line FROM records WHERE ${where}) ORDER BY line`,
    { from: cell.count, to: cell.count.nullable() },
  );
  const unread =
    quarantine === null
      ? []
      : await db.select(
          `SELECT line, raw FROM read_parquet(${literal(quarantine)})
           WHERE rule IN ${literalList(Object.keys(recordRules), '()')} AND contains(lower(raw), ${literal(id.toLowerCase())})
           ORDER BY line`,
          { line: cell.count, raw: cell.text },
        );
  const own = new Set(ranges.map(({ from }) => from));
  const unreadable = unread
    .filter(({ line, raw }) => !own.has(line) && hasCell(raw, id))
    .map(({ line }) => line);
  return { rows: ranges.length, others: all - ranges.length, ranges, unreadable, isBytewise };
}

function hasCell(record: string, id: string): boolean {
  const cells = record.split(/[,;|\t\r\n"]/).map((text) => text.trim().toLowerCase());
  return cells.includes(id.toLowerCase());
}
