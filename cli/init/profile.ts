import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { headerBytes, parseHeader } from '../../layers/contracts/csv-header.ts';
import { SchemaError } from '../../layers/contracts/errors/index.ts';
import { cellText, typedValue } from '../../layers/contracts/sql-types.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { identifier, literalList } from '../../layers/storage/sql.ts';

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
  /** Timestamps at midnight. */
  readonly midnights: number;
  readonly amounts: number;
  /** Values by frequency; empty where there are many. */
  readonly values: readonly { readonly value: string; readonly rows: number }[];
}

/** A CSV file, or a folder of parts, in which case `name` is the folder's with `.csv`. */
export interface FileProfile {
  readonly name: string;
  readonly files: readonly string[];
  readonly header: readonly string[];
  readonly rows: number;
  /** Whether all rows were looked at. */
  readonly complete: boolean;
  readonly columns: readonly ColumnProfile[];
}

export interface UnreadableFile {
  readonly name: string;
  readonly problem: string;
}

/** Looks at every CSV file of a folder, and at the folders of parts in it. */
export async function profileFolder(
  database: Database,
  folder: string,
): Promise<{ files: FileProfile[]; unreadable: UnreadableFile[] }> {
  const files: FileProfile[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const { name, parts } of await findFiles(folder)) {
    try {
      files.push(await profileFile(database, name, parts));
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      unreadable.push({ name, problem: [error.fault.what, error.fault.remedy].filter(Boolean).join('. ') });
    }
  }
  return { files, unreadable };
}

async function findFiles(folder: string): Promise<{ name: string; parts: string[] }[]> {
  const isCsv = (name: string) => /\.csv(\.gz)?$/i.test(name);
  const found: { name: string; parts: string[] }[] = [];
  const entries = (await readdir(folder, { withFileTypes: true })).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  for (const entry of entries) {
    const place = path.join(folder, entry.name);
    if (entry.isFile() && isCsv(entry.name))
      found.push({ name: entry.name.replace(/\.gz$/i, ''), parts: [place] });
    if (!entry.isDirectory()) continue;
    const parts = (await readdir(place)).filter(isCsv).toSorted();
    if (parts.length > 0)
      found.push({ name: `${entry.name}.csv`, parts: parts.map((part) => path.join(place, part)) });
  }
  return found;
}

async function profileFile(database: Database, name: string, parts: readonly string[]): Promise<FileProfile> {
  const [first = ''] = parts;
  const header = parseHeader(await readHead(first), name);
  const cells = header.map((_, index) => `c${index}`);
  await database.run(`
    CREATE OR REPLACE TEMP TABLE sample AS
    SELECT ${cells.map((cell) => `${cellText({ constant: null, values: {} }, cell)} AS ${cell}`).join(', ')}
    FROM read_csv(${literalList(parts)}, columns = {${cells.map((cell) => `${cell}: 'VARCHAR'`).join(', ')}},
      header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true)
    LIMIT ${sampleRows}`);
  const { rows } = await database.row<{ rows: string }>('SELECT count(*) AS rows FROM sample');
  const columns: ColumnProfile[] = [];
  for (const [index, column] of header.entries()) {
    if (column !== '') columns.push(await profileColumn(database, column, identifier(`c${index}`)));
  }
  return { name, files: parts, header, rows: Number(rows), complete: Number(rows) < sampleRows, columns };
}

async function profileColumn(database: Database, name: string, cell: string): Promise<ColumnProfile> {
  const as = (type: 'integer' | 'timestamp' | 'money') =>
    typedValue({ name, type, presence: 'optional', description: '' }, cell, 'bigint');
  const counts = await database.row<Record<string, string>>(`
    SELECT count(${cell}) AS filled, count(DISTINCT ${cell}) AS distinct, count(${as('integer')}) AS integers,
      count(${as('timestamp')}) AS timestamps,
      count(*) FILTER (date_trunc('day', ${as('timestamp')}) = ${as('timestamp')}) AS midnights,
      count(${as('money')}) AS amounts
    FROM sample`);
  const number = (count: string) => Number(counts[count]);
  const values =
    number('distinct') > fewValues
      ? []
      : await database.query<{ value: string; rows: string }>(
          `SELECT ${cell} AS value, count(*) AS rows FROM sample WHERE ${cell} IS NOT NULL GROUP BY 1 ORDER BY rows DESC, value`,
        );
  return {
    name,
    filled: number('filled'),
    distinct: number('distinct'),
    integers: number('integers'),
    timestamps: number('timestamps'),
    midnights: number('midnights'),
    amounts: number('amounts'),
    values: values.map(({ value, rows }) => ({ value, rows: Number(rows) })),
  };
}

/** How many rows each variant of each experiment has, in all of the assignments. */
export async function countVariants(
  database: Database,
  { files, header }: FileProfile,
  { experiment, variant }: { readonly experiment: string | undefined; readonly variant: string },
): Promise<{ experiment: string | null; variant: string; rows: number }[]> {
  const cell = (name: string) => cellText({ constant: null, values: {} }, `c${header.indexOf(name)}`);
  const found = await database.query<{ experiment: string | null; variant: string; rows: string }>(`
    SELECT ${experiment === undefined ? 'NULL' : cell(experiment)} AS experiment, ${cell(variant)} AS variant, count(*) AS rows
    FROM read_csv(${literalList(files)}, columns = {${header.map((_, index) => `c${index}: 'VARCHAR'`).join(', ')}},
      header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', ignore_errors = true)
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
