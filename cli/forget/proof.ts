import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { isNameOf } from '../../layers/data/column-words.ts';
import { readHeader } from '../../layers/data/csv/local-file.ts';
import { cell } from '../../layers/platform/duckdb.ts';
import { ErasureError, SchemaError } from '../../layers/platform/errors.ts';
import { identifier, literal } from '../../layers/platform/sql.ts';
import { isCsv } from '../convert/convert-folder.ts';
import type { DropFile } from '../pipeline/drop-folder.ts';
import { ownRows, type Reading, rowsOfColumn } from './select-rows.ts';

/** How a file was searched: by the columns that name users, as text, or as the rows of Parquet. */
export type Search = 'columns' | 'text' | 'parquet';

/** A file that was searched for an id, and the times that it was found. */
export interface SearchedFile {
  /** Path within the folder; of a deployed drop the key in its bucket, or a table. */
  readonly file: string;
  readonly searched: readonly Search[];
  readonly found: number;
}

/** Whether a text is so peculiar that it is found by itself alone: no number that an amount, an id or a time could be. */
export function isTelling(id: string): boolean {
  return /[^\d.,\s-]/.test(id) ? id.length >= 6 : /^\d{12,}$/.test(id);
}

/** Paths of all files below a folder, in the order of names. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

/**
 * Searches every file below a folder for an id: the files of the drop as a run reads them, other CSVs and Parquet in the
 * columns that are named as ids of users are, and whatever else there is as text where the id is telling.
 * @throws ErasureError where a file cannot be read
 */
export async function searchFolder(
  reading: Reading,
  folder: string,
  files: readonly DropFile[],
  id: string,
): Promise<SearchedFile[]> {
  const searched: SearchedFile[] = [];
  for (const name of await filesBelow(folder)) {
    const file = path.join(folder, name);
    const own = files.filter((one) => path.resolve(one.file) === path.resolve(file));
    searched.push(await searchFile(reading, { name, file, where: file, own }, id));
  }
  return searched;
}

/** A file on this machine that is searched. */
export interface Suspect {
  /** What the receipt calls it. */
  readonly name: string;
  readonly file: string;
  /** What an error names. */
  readonly where: string;
  /** What a run reads it as, if it is of a drop. */
  readonly own: readonly Pick<DropFile, 'kind' | 'file' | 'key'>[];
}

/** @throws ErasureError where the file cannot be read */
export async function searchFile(
  reading: Reading,
  { name, file, where, own }: Suspect,
  id: string,
): Promise<SearchedFile> {
  try {
    return /\.parquet$/i.test(file)
      ? { file: name, searched: ['parquet'], found: await inParquet(reading, file, id) }
      : { file: name, ...(await inText(reading, file, own, id)) };
  } catch (cause) {
    const what = "the file cannot be searched for the id; the user's rows of the drop are erased";
    const remedy = 'Repair or delete it, and call ecom forget again: it writes the receipt then';
    throw new ErasureError({ what, where, remedy }, { cause });
  }
}

async function inText(
  reading: Reading,
  file: string,
  own: Suspect['own'],
  id: string,
): Promise<Omit<SearchedFile, 'file'>> {
  const counts: number[] = [];
  for (const one of own) {
    const { rows, unreadable } = await ownRows(reading, one, id);
    counts.push(rows + unreadable.length);
  }
  for (const column of own.length === 0 ? await userColumns(file) : []) {
    const { rows, unreadable } = await rowsOfColumn(reading, file, column, id);
    counts.push(rows + unreadable.length);
  }
  const isText = isTelling(id);
  if (isText) counts.push(await tokensIn(file, id));
  const searched: Search[] = counts.length > (isText ? 1 : 0) ? ['columns'] : [];
  return { searched: [...searched, ...(isText ? (['text'] as const) : [])], found: Math.max(0, ...counts) };
}

/** The columns of a CSV that are named as ids of users are; none of a file of another kind, or without a header. */
async function userColumns(file: string): Promise<string[]> {
  if (!isCsv(file)) return [];
  try {
    return (await readHeader(file, file)).filter((name) => isNameOf('user_id', name));
  } catch (error) {
    if (error instanceof SchemaError) return [];
    throw error;
  }
}

async function inParquet({ db }: Reading, file: string, id: string): Promise<number> {
  const source = `read_parquet(${literal(file)})`;
  const columns = await db.select(`SELECT column_name FROM (DESCRIBE FROM ${source})`, {
    column_name: cell.text,
  });
  const ids = columns.filter(({ column_name }) => isNameOf('user_id', column_name));
  const conditions = [
    ...ids.map(({ column_name }) => `${identifier(column_name)}::VARCHAR = ${literal(id)}`),
    ...(isTelling(id) ? [`contains(lower(file_row::VARCHAR), ${literal(id.toLowerCase())})`] : []),
  ];
  if (conditions.length === 0) return 0;
  const [found] = await db.select(
    `SELECT count(*) AS rows FROM ${source} AS file_row WHERE ${conditions.join(' OR ')}`,
    { rows: cell.count },
  );
  return found?.rows ?? 0;
}

/** How often a text, in either case, stands in a file by itself: no letter, digit, dash or at sign beside it. */
async function tokensIn(file: string, id: string): Promise<number> {
  const text = Buffer.from(id).toString('latin1').toLowerCase();
  const escaped = text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const token = new RegExp(String.raw`(?<![\w@\x80-\xff-]|\w\.)${escaped}(?![\w@\x80-\xff-]|\.\w)`, 'g');
  const input = createReadStream(file, { highWaterMark: 1 << 20 });
  const pieces: AsyncIterable<Buffer> = file.endsWith('.gz') ? input.pipe(createGunzip()) : input;
  // What is beside a text tells as far as two characters; a text at the end of a piece is looked at with the next one.
  const margin = text.length + 4;
  let rest = '';
  let count = 0;
  let counted = 0;
  const look = (until: number) => {
    for (const { index } of rest.matchAll(token)) if (index >= counted && index < until) count += 1;
  };
  for await (const piece of pieces) {
    rest += piece.toString('latin1').toLowerCase();
    const until = rest.length - margin;
    if (until <= counted) continue;
    look(until);
    const from = Math.max(0, until - 4);
    rest = rest.slice(from);
    counted = until - from;
  }
  look(rest.length);
  return count;
}
