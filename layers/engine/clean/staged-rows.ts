import path from 'node:path';
import { type DatasetName, datasetContracts, datasetNames } from '../../data/datasets/index.ts';
import { type IdType, sqlType } from '../../data/values.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal, literalList } from '../../platform/sql.ts';
import type { ExchangedKind } from '../exchange/kinds.ts';
import { findRepeatedKeys } from './repeated-keys.ts';

/** A staged Parquet file on the local disk. */
export interface StagedPart {
  readonly dataset: DatasetName;
  /** Ordinal of the chunk among those of its dataset. */
  readonly part: number;
  /** Key of the raw file the rows come from. */
  readonly rawKey: string;
  readonly rawVersion: string | null;
  /** What people are told as the file: `chunkName`. */
  readonly name: string;
  readonly file: string;
}

/** Rows of one part. */
export interface PartCount {
  readonly part: number;
  readonly rows: number;
}

/** A row to show. */
export interface RowExample {
  readonly part: number;
  readonly line: number;
  readonly value: string;
}

/** SQL of a row's part, from its `_row`. */
export function partOf(row: string): string {
  return `(${row} >> 40)`;
}

/** SQL of a row's line in its part, from its `_row`. */
export function lineOf(row: string): string {
  return `(${row} & ((1::BIGINT << 40) - 1))`;
}

/** SQL of `_row`, from the part and the line. */
function rowOf(part: string): string {
  return `((CAST(${part} AS BIGINT) << 40) | _line)`;
}

/** SQL of `_row`, from the name of the file (`partFileName`) and the line. */
export const rowOfFile = rowOf(`regexp_extract(filename, 'part-(\\d+)-\\w+\\.parquet$', 1)`);

/** Name of the local copy of a staged file; it carries the part, which names a row together with its line. */
export function partFileName(dataset: DatasetName, part: number, bucket: number | null): string {
  return `staged-${dataset}-part-${part}-${bucket ?? 'shared'}.parquet`;
}

/** Local files of what shares of the ids tell a bucket of others (layers/engine/exchange). */
export type ExchangedFiles = Readonly<Record<ExchangedKind, readonly string[]>>;

export interface StagedRowsOptions {
  /** Those of the bucket, and those without one. */
  readonly parts: readonly StagedPart[];
  readonly exchanged?: ExchangedFiles | undefined;
  readonly idType: IdType;
  readonly bucket: number;
  /** Canonical name of each other spelling of an event. */
  readonly eventAliases: Readonly<Record<string, string>>;
}

/**
 * Creates for every dataset the views `staged_<dataset>` (all rows at hand, with `_row`, which is unique and follows
 * the files' order) and `own_<dataset>` (the bucket's rows), and the table `raw_files` (dataset, part, key, version, name).
 * `own_events` has the event's user, found through the session where the event names none, as `_user`. Of sessions and events
 * that other buckets have rows of, `<dataset>_elsewhere` (_row, _other_row) names the bucket's rows, each with the first one there.
 */
export async function openStagedRows(db: Database, options: StagedRowsOptions): Promise<void> {
  const { parts, exchanged, idType, bucket } = options;
  await db.run(
    'CREATE TABLE raw_files (dataset VARCHAR, part BIGINT, key VARCHAR, version VARCHAR, name VARCHAR)',
  );
  for (const dataset of datasetNames) {
    const own = parts.filter((part) => part.dataset === dataset);
    const sent = dataset === 'events' ? (exchanged?.events_of_sessions ?? []) : [];
    const select = own.length > 0 ? readParts(own) : noRows(dataset, idType);
    await db.run(
      `CREATE VIEW staged_${dataset} AS ${select} ${sent.length > 0 ? `UNION ALL BY NAME FROM read_parquet(${literalList(sent)})` : ''}`,
    );
    if (own.length > 0) await db.run(`INSERT INTO raw_files VALUES ${rawFiles(own)}`);
  }
  await createElsewhere(db, exchanged);
  await createKnownSessions(db, exchanged?.sessions_elsewhere ?? []);
  for (const dataset of ['users', 'sessions', 'experiment_assignments'] as const)
    await db.run(`CREATE VIEW own_${dataset} AS FROM staged_${dataset}`);
  // Products belong to no user: every bucket reads them, the first one counts them.
  await db.run(`CREATE VIEW own_products AS FROM staged_products WHERE ${bucket === 0}`);
  await createOwnEvents(db, options);
}

/** The same part lies in several files where it is spread over buckets. */
function rawFiles(parts: readonly StagedPart[]): string {
  const rows = parts.map(
    ({ dataset, part, rawKey, rawVersion, name }) =>
      `(${literal(dataset)}, ${part}, ${literal(rawKey)}, ${rawVersion === null ? 'NULL' : literal(rawVersion)}, ${literal(name)})`,
  );
  return [...new Set(rows)].join(', ');
}

function readParts(parts: readonly StagedPart[]): string {
  const [only, ...others] = new Set(parts.map(({ part }) => part));
  return `
    SELECT * EXCLUDE (filename),
      ${only === undefined || others.length > 0 ? rowOfFile : rowOf(String(only))} AS _row
    FROM read_parquet(${literalList(parts.map((part) => path.resolve(part.file)))}, filename = true, union_by_name = true)`;
}

function noRows(dataset: DatasetName, idType: IdType): string {
  const columns = datasetContracts[dataset].columns.map(
    (column) => `CAST(NULL AS ${sqlType(column, idType)}) AS ${identifier(column.name)}`,
  );
  return `SELECT ${columns.join(', ')}, CAST(NULL AS BIGINT) AS _line, CAST(NULL AS VARCHAR) AS _notes, CAST(NULL AS BIGINT) AS _row WHERE false`;
}

async function createElsewhere(db: Database, exchanged: ExchangedFiles | undefined): Promise<void> {
  const none = 'SELECT CAST(NULL AS BIGINT) AS _row, CAST(NULL AS BIGINT) AS _other_row WHERE false';
  const of = (files: readonly string[] = [], select: string) =>
    files.length === 0 ? none : `${select} FROM read_parquet(${literalList(files)})`;
  // Rows that name no user are told to every bucket.
  const events = of(exchanged?.conflicts, 'SELECT _row, _other_row');
  const sessions = of(exchanged?.sessions_elsewhere, 'SELECT session_id, _row AS _other_row');
  await db.run(`
    CREATE TABLE events_elsewhere AS FROM (${events}) ${events === none ? '' : 'SEMI JOIN staged_events USING (_row)'};
    CREATE TABLE sessions_elsewhere AS ${
      sessions === none
        ? none
        : `SELECT own._row, other._other_row FROM staged_sessions own JOIN (${sessions}) other USING (session_id)`
    }`);
}

/**
 * `known_sessions`: each session of the bucket's users, and each that its events refer to, once; what the rows disagree about
 * is NULL, and its times are the widest.
 */
async function createKnownSessions(db: Database, elsewhere: readonly string[]): Promise<void> {
  const repeats = await findRepeatedKeys(db, 'sessions', 'staged_sessions');
  const own = 'session_id, user_id AS first_user, user_id AS last_user, session_start_ts, session_end_ts';
  const others = `
    UNION ALL SELECT session_id, first_user, last_user, session_start_ts, session_end_ts
    FROM read_parquet(${literalList(elsewhere)})`;
  await db.run(
    repeats || elsewhere.length > 0
      ? `CREATE TABLE known_sessions AS
         SELECT session_id, CASE WHEN min(first_user) = max(last_user) THEN min(first_user) END AS user_id,
           min(session_start_ts) AS session_start_ts, max(session_end_ts) AS session_end_ts
         FROM (SELECT ${own} FROM staged_sessions ${elsewhere.length > 0 ? others : ''}) GROUP BY session_id`
      : `CREATE VIEW known_sessions AS
         SELECT session_id, user_id, session_start_ts, session_end_ts FROM staged_sessions`,
  );
}

async function createOwnEvents(db: Database, { eventAliases }: StagedRowsOptions): Promise<void> {
  const { userless } = await db.row<{ userless: boolean }>(
    'SELECT EXISTS (FROM staged_events WHERE user_id IS NULL) AS userless',
  );
  const user = userless ? 'coalesce(e.user_id, s.user_id)' : 'e.user_id';
  const throughSession = userless
    ? 'LEFT JOIN known_sessions s ON s.session_id = CASE WHEN e.user_id IS NULL THEN e.session_id END'
    : '';
  await db.run(`
    CREATE VIEW own_events AS
    SELECT e.*, ${user} AS _user, ${canonicalName('e.event_name', eventAliases)} AS _name
    FROM staged_events e ${throughSession}`);
}

function canonicalName(name: string, aliases: Readonly<Record<string, string>>): string {
  const branches = Object.entries(aliases).map(([alias, to]) => `WHEN ${literal(alias)} THEN ${literal(to)}`);
  return branches.length === 0 ? name : `CASE ${name} ${branches.join(' ')} ELSE ${name} END`;
}
