import { createReadStream, type Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import type { AmountReading } from '../../layers/data/amounts.ts';
import {
  type Dialect,
  headerBytes,
  type KnownDialect,
  readBeginning,
} from '../../layers/data/csv/dialect.ts';
import { parseHeader } from '../../layers/data/csv-header.ts';
import { datasetContracts } from '../../layers/data/datasets/index.ts';
import type { TimeReading } from '../../layers/data/moments.ts';
import { cellText, typedValue } from '../../layers/data/values.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { SchemaError } from '../../layers/platform/errors.ts';
import { identifier } from '../../layers/platform/sql.ts';
import { isCsv, isOwn, isPartition, partsName } from '../convert/convert-folder.ts';
import { openRecords } from './records.ts';
import { type TriedReading, tryAmounts, tryEpoch, tryTimes } from './try-readings.ts';

/** Rows looked at in each file: the first ones. */
const sampleRows = 200_000;
/** Columns with more values than this are ids, times, amounts or prose. */
const fewValues = 1000;

/** What the values of a column look like. */
export interface ColumnProfile {
  readonly name: string;
  /** Rows with a value. */
  readonly filled: number;
  readonly distinct: number;
  /** How many of the filled rows have a value of the type. */
  readonly integers: number;
  readonly timestamps: number;
  /** Day of the earliest of them. */
  readonly firstDay: string | null;
  /** Timestamps at midnight. */
  readonly midnights: number;
  /** Times of a day that carry an offset, and the most frequent offset; those that carry none. */
  readonly withOffset: number;
  readonly offset: string | null;
  readonly withoutOffset: number;
  readonly amounts: number;
  /** How else its times and its amounts may be read, where some are not written as a run reads them, and one of those. */
  readonly timeReading: TriedReading<TimeReading> | null;
  readonly oddTime: string | null;
  readonly amountReading: TriedReading<AmountReading> | null;
  readonly oddAmount: string | null;
  /** Values by frequency; empty where there are many. */
  readonly values: readonly { readonly value: string; readonly rows: number }[];
}

/** A CSV file, or a folder of parts, in which case `name` is the folder's with `.csv`. */
export interface FileProfile {
  readonly name: string;
  /** Its rows as a table in SQL, the cells called c0, c1, ... */
  readonly records: string;
  readonly header: readonly string[];
  readonly dialect: Dialect;
  readonly rows: number;
  /** Whether all rows were looked at. */
  readonly complete: boolean;
  readonly columns: readonly ColumnProfile[];
}

export interface UnreadableFile {
  readonly name: string;
  readonly problem: string;
  readonly remedy: string | null;
}

/** What lies in a folder of exports. */
export interface FolderProfile {
  readonly files: readonly FileProfile[];
  readonly unreadable: readonly UnreadableFile[];
  /** Names of folders in it that hold files of several kinds: whole exports, not the parts of one file. */
  readonly exports: readonly string[];
}

/**
 * Looks at every CSV file of a folder and of the one with what was converted from it, and at the folders of parts in them.
 * @param workspace folder for files that cannot be read as they are
 * @param dialectOf what is known of how a file, by its name, is cut into fields
 */
export async function profileFolder(
  database: Database,
  { folder, converted }: { readonly folder: string; readonly converted: string },
  workspace: string,
  dialectOf: (name: string) => KnownDialect = () => ({}),
): Promise<FolderProfile> {
  const { found, exports } = await findFiles([folder, converted]);
  const files: FileProfile[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const { name, parts } of found) {
    try {
      files.push(await profileFile(database, { name, parts }, workspace, dialectOf(name)));
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      const { what, remedy } = error.fault;
      unreadable.push({ name, problem: what, remedy: remedy ?? null });
    }
  }
  return { files, unreadable, exports };
}

interface FoundFile {
  readonly name: string;
  readonly parts: readonly string[];
}

async function findFiles(folders: readonly string[]): Promise<{ found: FoundFile[]; exports: string[] }> {
  const found = new Map<string, string[]>();
  const exports: string[] = [];
  for (const root of folders) {
    for (const entry of await entriesOf(root)) {
      const place = path.join(root, entry.name);
      if (entry.isFile() && isCsv(entry.name)) found.set(entry.name.replace(/\.gz$/i, ''), [place]);
      if (!entry.isDirectory() || isOwn(entry.name)) continue;
      const name = `${partsName(entry.name)}.csv`;
      const parts = [...(found.get(name) ?? []), ...(await partsIn(place)).filter(isCsv)];
      if (!(await areOfOneKind(parts))) exports.push(entry.name);
      else if (parts.length > 0) found.set(name, parts);
    }
  }
  return { found: [...found].map(([name, parts]) => ({ name, parts })), exports };
}

/** In the order of names; none where there is no folder. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Files of a folder, and of the folders that partition it. */
async function partsIn(folder: string): Promise<string[]> {
  const found = (await entriesOf(folder)).map(async (entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return isPartition(entry.name) ? partsIn(place) : [];
    return [place];
  });
  return (await Promise.all(found)).flat();
}

/** Parts of one file have its columns, or most of them; so do files that differ in nothing but their rows. */
async function areOfOneKind(files: readonly string[]): Promise<boolean> {
  const [first, ...others] = await Promise.all(
    files.map(async (file) => {
      // What cannot be unpacked is told when it is profiled.
      const [line = ''] = (await readHead(file).catch(() => Buffer.of())).toString('latin1').split(/[\r\n]/);
      return new Set(line.split(/[,;\t|]/));
    }),
  );
  return others.every((names) => {
    const common = [...names].filter((name) => first?.has(name)).length;
    return common >= Math.max(names.size, first?.size ?? 0) / 2;
  });
}

async function profileFile(
  database: Database,
  { name, parts }: FoundFile,
  workspace: string,
  known: KnownDialect,
): Promise<FileProfile> {
  const [first = ''] = parts;
  const head = await readHead(first);
  const header = parseHeader(head, name, known);
  const { dialect } = readBeginning(head, name, known);
  const csv = { name, files: parts, columns: header.length, dialect: known };
  const records = await openRecords(database, csv, workspace);
  const cells = header.map((_, index) => `c${index}`);
  await database.run(`
    CREATE OR REPLACE TEMP TABLE sample AS
    SELECT ${cells.map((cell) => `${cellText({ constant: null, values: {} }, cell)} AS ${cell}`).join(', ')}
    FROM ${records}
    LIMIT ${sampleRows}`);
  const { rows } = await database.row<{ rows: string }>('SELECT count(*) AS rows FROM sample');
  const columns: ColumnProfile[] = [];
  for (const [index, column] of header.entries()) {
    if (column !== '') columns.push(await profileColumn(database, column, identifier(`c${index}`)));
  }
  return { name, records, header, dialect, rows: Number(rows), complete: Number(rows) < sampleRows, columns };
}

async function profileColumn(database: Database, name: string, cell: string): Promise<ColumnProfile> {
  const as = (type: 'integer' | 'timestamp' | 'money') =>
    typedValue({ name, type, presence: 'optional', description: '' }, cell, 'bigint');
  const mark = '([A-Za-z]{3}|[A-Za-z]{0,2}\\p{Sc})';
  const isAmount = `regexp_full_match(${cell}, '[-(]?${mark}?\\s?-?[0-9][0-9.,''\\s\\x{a0}\\x{202f}]*${mark}?[-)]?') AND ${as('money')} IS NULL`;
  const isLocalDate = `regexp_matches(${cell}, '^([0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{4}\\b|[0-9]{4}/[0-9]|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2}( |$))')`;
  const isEpoch = `regexp_full_match(${cell}, '([0-9]{9,10}|[0-9]{12,13}|[0-9]{15,16}|[0-9]{18,19})(\\.[0-9]+)?')`;
  const clock = '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}[0-9:.]*';
  const offset = `regexp_extract(${cell}, '^${clock} ?(Z|UTC|GMT|[+-][0-9:]+)$', 1)`;
  const { odd_amount, odd_time, epoch, first_day, offset_used, ...counts } = await database.row<
    Record<string, string | null>
  >(`
    SELECT count(${cell}) AS filled, count(DISTINCT ${cell}) AS distinct, count(${as('integer')}) AS integers,
      count(${as('timestamp')}) AS timestamps, strftime(min(${as('timestamp')}), '%Y-%m-%d') AS first_day,
      count(*) FILTER (date_trunc('day', ${as('timestamp')}) = ${as('timestamp')}) AS midnights,
      count(*) FILTER (${offset} <> '') AS with_offset, mode(${offset}) FILTER (${offset} <> '') AS offset_used,
      count(*) FILTER (regexp_full_match(${cell}, '${clock}')) AS without_offset,
      count(${as('money')}) AS amounts,
      count(*) FILTER (${isLocalDate}) AS local_dates, min(${cell}) FILTER (${isLocalDate}) AS odd_time,
      count(*) FILTER (${isEpoch}) AS epochs, min(${cell}) FILTER (${isEpoch}) AS epoch,
      min(${cell}) FILTER (${isAmount}) AS odd_amount
    FROM sample`);
  const number = (count: string) => Number(counts[count]);
  const values =
    number('distinct') > fewValues
      ? []
      : await database.query<{ value: string; rows: string }>(
          `SELECT ${cell} AS value, count(*) AS rows FROM sample WHERE ${cell} IS NOT NULL GROUP BY 1 ORDER BY rows DESC, value`,
        );
  const mostly = (count: string) => number(count) > 0 && number(count) >= 0.8 * number('filled');
  const isEpochs = mostly('epochs');
  const timeReading = isEpochs
    ? await tryEpoch(database, cell)
    : mostly('local_dates')
      ? await tryTimes(database, cell)
      : null;
  return {
    name,
    filled: number('filled'),
    distinct: number('distinct'),
    integers: number('integers'),
    timestamps: number('timestamps'),
    firstDay: first_day ?? null,
    midnights: number('midnights'),
    withOffset: number('with_offset'),
    offset: offset_used ?? null,
    withoutOffset: number('without_offset'),
    amounts: number('amounts'),
    timeReading,
    oddTime: (isEpochs ? epoch : odd_time) ?? null,
    amountReading: typeof odd_amount === 'string' ? await tryAmounts(database, cell) : null,
    oddAmount: odd_amount ?? null,
    values: values.map(({ value, rows }) => ({ value, rows: Number(rows) })),
  };
}

/** How many rows each variant of each experiment has, in all of the assignments. */
export async function countVariants(
  database: Database,
  { records, header }: FileProfile,
  { experiment, variant }: { readonly experiment: string | undefined; readonly variant: string },
): Promise<{ experiment: string | null; variant: string; rows: number }[]> {
  const contract = datasetContracts.experiment_assignments.columns.find(({ name }) => name === 'variant');
  const cell = (name: string) =>
    cellText({ constant: null, values: {} }, `c${header.indexOf(name)}`, name === variant ? contract : {});
  const found = await database.query<{ experiment: string | null; variant: string; rows: string }>(`
    SELECT ${experiment === undefined ? 'NULL' : cell(experiment)} AS experiment, ${cell(variant)} AS variant, count(*) AS rows
    FROM ${records}
    WHERE ${cell(variant)} IS NOT NULL
    GROUP BY 1, 2 ORDER BY experiment, rows DESC, variant`);
  return found.map((row) => ({ ...row, rows: Number(row.rows) }));
}

/** The beginning of a file, uncompressed. */
async function readHead(file: string): Promise<Buffer> {
  const source = createReadStream(file);
  const stream = file.toLowerCase().endsWith('.gz') ? source.pipe(createGunzip()) : source;
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length >= headerBytes) break;
    }
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new SchemaError(
      { what: 'the file is not valid gzip', where: path.basename(file), remedy: 'Compress it again' },
      { cause: error },
    );
  } finally {
    source.destroy();
  }
  return Buffer.concat(pieces).subarray(0, headerBytes);
}
