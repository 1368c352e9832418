import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isLineNumber } from '../../data/column-binding.ts';
import {
  type Delimiter,
  type Dialect,
  delimiterOfFields,
  type KnownDialect,
  plainDialect,
} from '../../data/csv/dialect.ts';
import type { Inspection } from '../../data/csv/inspect.ts';
import { beginningOf, readDialect } from '../../data/csv/local-file.ts';
import { recode } from '../../data/csv/recode.ts';
import { splitFile } from '../../data/csv/split-file.ts';
import { type DatasetName, datasetContracts } from '../../data/datasets/index.ts';
import { mask } from '../../data/pii.ts';
import type { RuleCount } from '../../data/row-counts.ts';
import type { Config } from '../../experiment/config.ts';
import type { Database } from '../../platform/duckdb.ts';
import { DataError } from '../../platform/errors.ts';
import { identifier, literal, renderSql } from '../../platform/sql.ts';
import { eventNamesLimit } from '../../runs/documents.ts';
import { idShare, userBucket } from '../buckets.ts';
import type { SharedKind } from '../exchange/kinds.ts';
import { type PackedShares, packShares } from '../exchange/packed-shares.ts';
import acceptedSql from './accepted.sql';
import faultsSql from './faults.sql';
import quarantineSql from './quarantine.sql';
import readSql from './read.sql';
import ruleCountsSql from './rule-counts.sql';
import {
  allReasons,
  type FileColumns,
  firstFault,
  isHeader,
  rowNotes,
  type StagedColumn,
  shownCells,
  stagedColumns,
  unseenHeader,
} from './staged-columns.ts';

/** A CSV file on the local disk, uncompressed. */
export interface IngestSource {
  readonly dataset: DatasetName;
  readonly file: string;
  readonly inspection: Inspection;
  readonly columns: FileColumns;
  /** What the configuration says of how it is cut into fields. */
  readonly dialect?: KnownDialect | undefined;
  /** Columns of all files of the dataset. */
  readonly allColumns: readonly FileColumns[];
  readonly idType: Config['id_type'];
  /** Names of the events that are purchases: one counts although its amount cannot be read. */
  readonly purchases?: readonly string[];
  /** Whether the first record is the header. */
  readonly hasHeader: boolean;
  /** Whether the file is a byte range, cut at line ends, of a larger one. */
  readonly isRange: boolean;
  /** What errors call the file. */
  readonly name: string;
}

export interface IngestTarget {
  /** Folder for the results and for intermediate files. */
  readonly folder: string;
  readonly sourceKey: string;
  readonly sourceVersion: string | null;
  /** Number of user buckets the accepted rows are written by. */
  readonly buckets: number;
  /** Whether events may have the user of their session. */
  readonly hasSessions: boolean;
}

/** A Parquet file of accepted rows. */
export interface StagedPart {
  readonly file: string;
  /** User bucket; null: rows of a dataset without users, which every bucket reads. */
  readonly bucket: number | null;
  readonly rows: number;
}

/** lines = accepted + quarantined; header and blank lines are not counted. */
export interface Ingested {
  readonly lines: number;
  readonly accepted: number;
  readonly quarantined: number;
  /** Most frequent first. */
  readonly rules: RuleCount[];
  /** Quarantined rows by the name of their event, the most frequent ones; none for other datasets. */
  readonly quarantinedEvents: { readonly event: string; readonly rows: number }[];
  readonly parts: StagedPart[];
  /** Parquet file of every record that has the header's fields, accepted or not, and the SQL of the line it begins on. */
  readonly read: { readonly file: string; readonly line: string; readonly isLinePerRecord: boolean };
  /** Parquet file of the quarantined records, or null where there are none. */
  readonly quarantine: string | null;
  /** By which buckets find what concerns each other; nothing where there is one. */
  readonly shared: SharedRows[];
}

/** Rows by share of an id. */
export interface SharedRows extends PackedShares {
  readonly kind: SharedKind;
}

interface Records {
  readonly file: string;
  readonly delimiter: Delimiter;
  /** Whether the file was no UTF-8, and was taken for windows-1252. */
  readonly windows: boolean;
  readonly rejects: string;
  readonly lines: number;
  /** Whether each record is preceded by its line; if not, every line of the file is a record. */
  readonly numbered: boolean;
  readonly header: boolean;
}

/**
 * Turns a CSV file into typed Parquet: accepted rows in file order, and all other records with the reason.
 * @throws DataError where the counts do not add up, or where a byte range cannot be read on its own
 */
export async function ingest(
  database: Database,
  source: IngestSource,
  target: IngestTarget,
): Promise<Ingested> {
  const contract = datasetContracts[source.dataset];
  const columns = stagedColumns(contract, source.columns, source.allColumns, source.idType, source.purchases);
  const userBuckets =
    target.buckets > 1 && columns.some(({ name }) => name === 'user_id') ? target.buckets : 1;
  const read = path.join(target.folder, 'read.parquet');

  const bucket = userBuckets === 1 ? 'NULL::INTEGER' : bucketOf(source.dataset, columns, target);
  const records = await readRecords(database, source, columns, bucket, read, target.folder);
  const line = records.numbered ? '_line' : `file_row_number + ${records.header ? 2 : 1}`;
  const parts = await writeAccepted(database, columns, { read, line, userBuckets }, target);
  const shared =
    userBuckets > 1 ? await writeShared(database, source.dataset, columns, { read, line }, target) : [];
  const accepted = [...parts, ...shared.filter(({ kind }) => kind === 'userless_events')].reduce(
    (sum, { rows }) => sum + rows,
    0,
  );
  const quarantined = records.lines - accepted;
  const all = { file: read, line, isLinePerRecord: !records.numbered };
  if (quarantined === 0) {
    const none = { rules: [], quarantinedEvents: [], quarantine: null };
    return { lines: records.lines, accepted, quarantined, ...none, parts, read: all, shared };
  }

  const faults = path.join(target.folder, 'faults.parquet');
  await database.run(
    renderSql(faultsSql, {
      target: literal(faults),
      line,
      source: literal(read),
      rejects: literal(records.rejects),
      cells: source.columns.header.map((_, index) => `_cells[${index + 1}] AS c${index}`).join(', '),
      texts: columns.map(({ text }, index) => `${text} AS t${index}`).join(', '),
      values: columns.map(({ value }, index) => `${value} AS v${index}`).join(', '),
      first_fault: firstFault(columns, source.columns.header),
      is_header: isHeader(source.columns.header),
      reasons: allReasons(columns),
      shown_cells: shownCells(source.columns),
      // Which field of a broken record is of which column is not known.
      shown_reject: source.columns.pii === undefined ? 'raw' : literal(mask),
      event: eventOf(columns, source.dataset),
    }),
  );
  const quarantine = path.join(target.folder, 'quarantine.parquet');
  const written = await database.row<{ Count: string }>(
    renderSql(quarantineSql, {
      source_key: literal(target.sourceKey),
      source_version: target.sourceVersion === null ? 'NULL' : literal(target.sourceVersion),
      dataset: literal(source.dataset),
      faults: literal(faults),
      target: literal(quarantine),
    }),
  );
  if (Number(written.Count) !== quarantined) {
    throw miscount(source.name, records.lines, accepted, Number(written.Count));
  }
  const counts = await database.query<FoundRule>(renderSql(ruleCountsSql, { faults: literal(faults) }));
  const rules = counts.map(
    ({ examples, ...rule }): RuleCount => ({
      dataset: source.dataset,
      ...rule,
      examples: examples.map((example) => ({ file: source.name, ...example })),
    }),
  );
  const quarantinedEvents = source.dataset === 'events' ? await countEvents(database, faults) : [];
  return {
    lines: records.lines,
    accepted,
    quarantined,
    rules,
    quarantinedEvents,
    parts,
    read: all,
    quarantine,
    shared,
  };
}

/** The query's name for the text of event_name. */
function eventOf(columns: readonly StagedColumn[], dataset: DatasetName): string {
  return dataset === 'events'
    ? `left(t${columns.findIndex(({ name }) => name === 'event_name')}, 100)`
    : 'NULL::VARCHAR';
}

async function countEvents(database: Database, faults: string): Promise<Ingested['quarantinedEvents']> {
  const counts = await database.query<{ event: string; rows: string }>(
    `SELECT event, count(*) AS rows FROM read_parquet(${literal(faults)})
     WHERE event IS NOT NULL GROUP BY event ORDER BY count(*) DESC, event LIMIT ${eventNamesLimit}`,
  );
  return counts.map(({ event, rows }) => ({ event, rows: Number(rows) }));
}

/**
 * Reads the file as it is where every line is a record, DuckDB takes each of them, and no column is the line. Otherwise it
 * is split into records first: DuckDB alone would skip malformed records without a word, and lose all that follows a stray
 * quotation mark.
 */
async function readRecords(
  database: Database,
  source: IngestSource,
  columns: readonly StagedColumn[],
  bucket: string,
  read: string,
  folder: string,
): Promise<Records> {
  const scan = (records: Records, parallel: boolean) =>
    scanRecords(database, source, columns, bucket, read, records, parallel);
  const dialect = await dialectOf(source);
  const { delimiter } = dialect;
  const { file: utf8, inspection } = await asUtf8(source, dialect, folder);

  const needsLines = source.columns.bindings.some(isLineNumber);
  if (!needsLines && isEven(inspection, dialect, source.columns.header.length)) {
    const lines = Math.max(0, inspection.lines - (source.hasHeader ? 1 : 0));
    const header = source.hasHeader;
    const windows = dialect.encoding === 'windows-1252';
    const rejects = path.join(folder, 'rejects.csv');
    const asItIs: Records = { file: utf8, delimiter, windows, rejects, lines, numbered: false, header };
    await writeFile(rejects, '');
    if ((await scan(asItIs, true)) === lines) return asItIs;
  }

  const names = source.columns.header;
  const split = await splitFile(
    utf8,
    { folder, name: 'split' },
    {
      columns: names.length,
      named: names.findLastIndex((name) => name !== '') + 1,
      header: source.hasHeader,
      delimiter,
      preamble: dialect.preamble,
    },
  );
  if (source.isRange && split.firstAcrossLines !== null) {
    throw new DataError({
      what: 'a quotation mark is open at the end of a line or is followed by text, so the file cannot be read in byte ranges',
      where: `${source.name}, line ${split.firstAcrossLines}`,
      remedy: 'Compress it (.csv.gz), or upload it in smaller parts: such files are read as a whole',
    });
  }
  const { lines, rejected, records: file } = split;
  const windows = split.windows || dialect.encoding === 'windows-1252';
  const how = { delimiter, windows, rejects: split.rejects, numbered: true, header: false };
  const records: Records = { file, lines, ...how };
  const expected = lines - rejected;
  for (const parallel of [true, false]) {
    if ((await scan(records, parallel)) === expected) return records;
  }
  throw miscount(source.name, lines, expected, rejected);
}

/**
 * Whether each line is a record of so many columns. DuckDB takes one that ends with a delimiter too many, although it may be one in the
 * middle, behind which each value is in the next column.
 */
function isEven(inspection: Inspection, { delimiter, preamble }: Dialect, columns: number): boolean {
  return (
    inspection.plain &&
    preamble === 0 &&
    inspection.delimiter === delimiter &&
    inspection.delimiters === inspection.lines * (columns - 1)
  );
}

/** How the file is written. A later byte range does not show it, but for the delimiter that gives it its columns. */
async function dialectOf({
  file,
  name,
  columns,
  hasHeader,
  isRange,
  dialect: known,
}: IngestSource): Promise<Dialect> {
  if (hasHeader) return readDialect(file, name, known);
  if (!isRange) return plainDialect;
  const [line = ''] = (await beginningOf(file, name)).toString('utf8').split(/\r?\n/, 1);
  return {
    ...plainDialect,
    delimiter: known?.delimiter ?? delimiterOfFields(line, columns.header.length),
    encoding: known?.encoding ?? 'utf-8',
  };
}

/** The file, written anew where it is not UTF-8. */
async function asUtf8(
  { file, name, inspection, isRange }: IngestSource,
  { encoding }: Dialect,
  folder: string,
): Promise<Pick<IngestSource, 'file' | 'inspection'>> {
  if (encoding === 'utf-8') return { file, inspection };
  if (isRange && encoding !== 'windows-1252') {
    throw new DataError({
      what: 'the file is UTF-16, which cannot be read in byte ranges',
      where: name,
      remedy: 'Compress it (.csv.gz), or upload it in smaller parts: such files are read as a whole',
    });
  }
  const recoded = path.join(folder, 'utf8.csv');
  return { file: recoded, inspection: await recode(file, encoding, recoded) };
}

/** Scans the records into the Parquet file `read` and returns how many DuckDB took. */
async function scanRecords(
  database: Database,
  source: IngestSource,
  columns: readonly StagedColumn[],
  bucket: string,
  read: string,
  records: Records,
  parallel: boolean,
): Promise<number> {
  const cells = source.columns.header.map((_, index) => `c${index}`);
  const names = records.numbered ? ['line', ...cells] : cells;
  const { Count } = await database.row<{ Count: string }>(
    renderSql(readSql, {
      cells: names.join(', '),
      file: literal(records.file),
      delimiter: literal(records.delimiter),
      columns: `{${names.map((name) => `${name}: 'VARCHAR'`).join(', ')}}`,
      header: String(records.header),
      // DuckDB would take the first line break there is, be it one inside quotation marks.
      new_line: records.numbered ? `new_line = '\\n',` : '',
      parallel: String(parallel),
      values: columns.map(({ value }, index) => `${value} AS v${index}`).join(', '),
      staged: columns.map(({ name, type }, index) => `v${index}::${type} AS ${identifier(name)}`).join(', '),
      line: records.numbered ? 'line::BIGINT' : 'NULL::BIGINT',
      bucket,
      broken: [...columns.map(({ broken }) => broken), ...unseenHeader(source.columns.header, columns)].join(
        '\n OR ',
      ),
      notes: rowNotes(columns, records.windows ? cells : []),
      cell_list: `[${cells.join(', ')}]`,
      target: literal(read),
    }),
  );
  return Number(Count);
}

/**
 * SQL of the bucket of a row, from its values: that of its user. An event without one gets none where it may have the user of its
 * session; else nobody has it, and any bucket that its repeats come to as well will do.
 */
function bucketOf(
  dataset: DatasetName,
  columns: readonly StagedColumn[],
  { buckets, hasSessions }: IngestTarget,
): string {
  const value = (of: string) => `v${columns.findIndex(({ name }) => name === of)}`;
  const ofUser = userBucket(value('user_id'), buckets);
  if (dataset !== 'events') return ofUser;
  const nobodys = idShare(value('event_id'), buckets);
  return `coalesce(${ofUser}, ${hasSessions ? `CASE WHEN ${value('session_id')} IS NULL THEN ${nobodys} END` : nobodys})`;
}

async function writeAccepted(
  database: Database,
  columns: readonly StagedColumn[],
  { read, line, userBuckets }: { read: string; line: string; userBuckets: number },
  { folder, buckets }: IngestTarget,
): Promise<StagedPart[]> {
  const parts: StagedPart[] = [];
  const write = async (name: string, bucket: number | null, inBucket: string) => {
    const file = path.join(folder, `staged-${name}.parquet`);
    const { Count } = await database.row<{ Count: string }>(
      renderSql(acceptedSql, {
        staged: columns.map((column) => identifier(column.name)).join(', '),
        line,
        source: literal(read),
        in_bucket: inBucket,
        target: literal(file),
      }),
    );
    parts.push({ file, bucket, rows: Number(Count) });
  };
  if (userBuckets === 1) {
    await write('all', buckets === 1 ? 0 : null, 'true');
    return parts;
  }
  for (let bucket = 0; bucket < userBuckets; bucket += 1) {
    await write(String(bucket), bucket, `_bucket = ${bucket}`);
  }
  return parts;
}

type FoundRule = Pick<RuleCount, 'column' | 'rule' | 'rows'> & {
  readonly examples: readonly Pick<RuleCount['examples'][number], 'line' | 'value'>[];
};

/** Writes what `exchange` needs of the accepted rows, by share of the ids that it brings together. */
async function writeShared(
  database: Database,
  dataset: DatasetName,
  columns: readonly StagedColumn[],
  { read, line }: { read: string; line: string },
  { folder, buckets: shares, hasSessions }: IngestTarget,
): Promise<SharedRows[]> {
  const written: SharedRows[] = [];
  const rows = `FROM read_parquet(${literal(read)}, file_row_number = true) WHERE _cells IS NULL`;
  const write = async (kind: SharedKind, select: string, where: string, id: string, order = '_line') => {
    const query = `${select}, ${idShare(id, shares)} AS _share ${rows} AND ${where}`;
    const file = path.join(folder, `${kind}.shares`);
    const packed = await packShares(database, query, { order, shares, file });
    if (packed !== undefined) written.push({ kind, ...packed });
  };
  if (dataset === 'sessions') {
    const values = 'session_id, user_id, session_start_ts, session_end_ts';
    await write('session_users', `SELECT ${values}, _bucket, ${line} AS _line`, 'true', 'session_id');
  }
  if (dataset !== 'events') return written;
  // The place of an event is the bucket of its user or, before that is known, its session.
  const place = '_bucket, CASE WHEN _bucket IS NULL THEN session_id END AS session_id';
  await write('event_ids', `SELECT event_id, ${place}, ${line} AS _line`, 'true', 'event_id');
  if (!hasSessions) return written;
  await write(
    'session_references',
    'SELECT DISTINCT session_id, _bucket',
    '_bucket IS NOT NULL AND session_id IS NOT NULL',
    'session_id',
    'session_id, _bucket',
  );
  const staged = columns.map(({ name }) => identifier(name)).join(', ');
  await write(
    'userless_events',
    `SELECT ${staged}, ${line} AS _line, _notes`,
    '_bucket IS NULL',
    'session_id',
  );
  return written;
}

function miscount(name: string, lines: number, accepted: number, quarantined: number): DataError {
  return new DataError({
    what: `${lines} records do not add up to ${accepted} accepted and ${quarantined} quarantined`,
    where: name,
    remedy: 'Check the quotation marks of the file; if they are right, report this as a bug with the file',
  });
}
