import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { Database } from '../../layers/platform/duckdb.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { formatCount } from '../../layers/report/format.ts';
import { type ConvertedRows, convertJsonLines } from './json-lines.ts';
import { convertParquet } from './parquet.ts';
import { unpackEntry, type ZipEntry, zipEntries } from './zip.ts';

/** Folder, within one of exports, of the CSVs that other forms of files were written as. */
export const convertedFolder = 'ecom-converted';

const indexName = 'index.json';
const index = z.array(
  z.strictObject({
    /** Path of the file within the folder, and what it was when it was converted. */
    source: z.string(),
    size: z.number(),
    changed: z.number(),
    /** What was made of it. */
    files: z.array(
      z.strictObject({
        /** Path below `ecom-converted`. */
        file: z.string(),
        /** null: unpacked as it is. */
        rows: z.number().nullable(),
        unreadable: z.number(),
      }),
    ),
  }),
);
type Conversion = z.infer<typeof index>[number];
type Converted = Conversion['files'][number];

const forms = /\.(zip|parquet|(jsonl|ndjson)(\.gz)?)$/i;
/** Whether a file, by its name, is of a form that is written as CSV first. */
export const isOtherForm = (name: string) => forms.test(name);
/** Whether a file, by its name, is a CSV, which is read as it is. */
export const isCsv = (name: string) => /\.(csv|tsv)(\.gz)?$/i.test(name);

/** What was converted, for people. */
export interface FolderConversion {
  /** A sentence for each file. */
  readonly sentences: readonly string[];
  /** Names of the files, right below the folder, that are read in this way. */
  readonly sources: ReadonlySet<string>;
}

/**
 * Writes what a folder has as JSON lines, as Parquet or in zip archives as the CSVs that a run reads, into its folder
 * `ecom-converted`: `events.parquet` as `ecom-converted/events.csv`, `events/part-0.jsonl` as
 * `ecom-converted/events/part-0.csv`. A file that is there as CSV is left, one that has not changed is not converted
 * again, and what came of files that are gone is removed.
 * @param target folder to write them to in its place
 * @throws SchemaError where a file cannot be read, UsageError where the folder cannot be written to
 */
export async function convertFolder(
  folder: string,
  target = path.join(folder, convertedFolder),
): Promise<FolderConversion> {
  const before = await readIndex(target);
  const found = await findForms(folder);
  if (found.length === 0) {
    if (before.length > 0) await rm(target, { recursive: true, force: true });
    return { sentences: [], sources: new Set() };
  }
  const now: Conversion[] = [];
  for (const source of found) {
    const { size, mtimeMs: changed } = await stat(path.join(folder, source));
    const same = before.find((one) => one.source === source && one.size === size && one.changed === changed);
    now.push(
      same !== undefined && (await areThere(target, same.files))
        ? same
        : { source, size, changed, files: await writing(folder, () => convert(folder, source, target)) },
    );
  }
  const kept = new Set(now.flatMap(({ files }) => files.map(({ file }) => file)));
  const stale = before
    .flatMap(({ files }) => files.map(({ file }) => file))
    .filter((file) => !kept.has(file));
  await Promise.all(stale.map((file) => rm(path.join(target, file), { force: true })));
  await writing(folder, () => writeFile(path.join(target, indexName), JSON.stringify(now, null, 2)));
  return {
    sentences: now.flatMap(({ source, files }) => files.map((file) => sentenceOf(source, file))),
    sources: new Set(now.map(({ source }) => source)),
  };
}

function sentenceOf(source: string, { file, rows, unreadable }: Converted): string {
  const counted = rows === null ? '' : `, ${formatCount(rows)} rows`;
  const lost =
    unreadable === 0
      ? ''
      : `; ${formatCount(unreadable)} of them are no JSON objects, which a run sets aside`;
  return `${source} is read as ${convertedFolder}/${file}${counted}${lost}`;
}

/** Paths of the files of other forms, in the order of names: of the folder, of its folders, and of those that partition them. */
async function findForms(folder: string, within = ''): Promise<string[]> {
  const entries = (await readdir(path.join(folder, within), { withFileTypes: true })).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const names = new Set(entries.map(({ name }) => name));
  const found = entries.map(async (entry) => {
    const place = path.posix.join(within, entry.name);
    const csv = csvName(entry.name);
    if (entry.isDirectory()) {
      const mayHaveParts = within === '' ? !isOwn(entry.name) : isPartition(entry.name);
      return mayHaveParts ? findForms(folder, place) : [];
    }
    if (!entry.isFile() || csv === undefined || names.has(csv) || names.has(`${csv}.gz`)) return [];
    return [place];
  });
  return (await Promise.all(found)).flat();
}

/** Whether a folder is named as Hive and Spark name the parts of a table: `dt=2024-01-01`. */
export function isPartition(folder: string): boolean {
  return /^[\w-]+=/.test(folder);
}

/** Name of the dataset's folder of parts: Spark calls it as a file, `events.parquet`. */
export function partsName(folder: string): string {
  return folder.replace(/\.(csv|tsv|parquet|json|jsonl|ndjson)$/i, '');
}

/** Whether a folder is one that commands write, a hidden one or one of another tool. */
export const isOwn = (name: string) => /^(\.|ecom-)|^node_modules$/.test(name);

/** The CSV's name for a file of another form; undefined for other files. */
function csvName(name: string): string | undefined {
  return isOtherForm(name) ? `${name.replace(forms, '')}.csv` : undefined;
}

/** Those of a folder's files that `convertFolder` would write as CSV, by their paths within it. */
export function filesToConvert(paths: readonly string[]): string[] {
  const there = new Set(paths);
  return paths.filter((file) => {
    const csv = csvName(path.posix.basename(file));
    const [first = '', ...below] = file.split('/').slice(0, -1);
    if (csv === undefined || isOwn(first) || !below.every(isPartition)) return false;
    const place = path.posix.join(path.posix.dirname(file), csv);
    return !there.has(place) && !there.has(`${place}.gz`);
  });
}

async function convert(folder: string, source: string, target: string): Promise<Converted[]> {
  const file = path.join(folder, source);
  const [first = '', ...rest] = source.split('/');
  const csv = csvName([rest.length === 0 ? first : partsName(first), ...rest].join('/')) ?? source;
  if (!/\.zip$/i.test(source)) return [await convertFile(file, csv, target, file)];
  const entries = (await zipEntries(file, file)).filter(({ name }) => isOtherForm(name) || isCsv(name));
  if (entries.length === 0) {
    throw new UsageError({
      what: 'the zip archive has no CSV, JSON lines or Parquet file',
      where: file,
      remedy: 'Put the CSVs into the folder',
    });
  }
  const converted: Converted[] = [];
  for (const entry of entries) {
    const name = entries.length === 1 ? csv : nameOf(entry, path.posix.dirname(csv));
    // A file that lies in the folder itself is the one that is meant.
    const inFolder = [name, `${name}.gz`].map((one) => sizeOf(path.join(folder, one)));
    if ((await Promise.all(inFolder)).some((size) => size !== undefined)) continue;
    converted.push(await convertEntry(file, entry, name, target));
  }
  return converted;
}

/** As if it lay beside the archive. */
function nameOf({ name }: ZipEntry, within: string): string {
  const base = path.posix.basename(name);
  return path.posix.join(within, csvName(base) ?? base);
}

async function convertEntry(
  archive: string,
  entry: ZipEntry,
  name: string,
  target: string,
): Promise<Converted> {
  const where = `${archive}/${entry.name}`;
  if (!isCsv(entry.name)) {
    const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-unzip-'));
    try {
      const unpacked = path.join(workspace, `unpacked${/(\.[a-z]+)(\.gz)?$/i.exec(entry.name)?.[0] ?? ''}`);
      await unpackEntry(archive, entry, unpacked, archive);
      return await convertFile(unpacked, name, target, where);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
  }
  const file = /\.gz$/i.test(entry.name) && !name.endsWith('.gz') ? `${name}.gz` : name;
  await placing(target, file, (place) => unpackEntry(archive, entry, place, archive));
  return { file, rows: null, unreadable: 0 };
}

async function convertFile(source: string, file: string, target: string, where: string): Promise<Converted> {
  let counts: ConvertedRows = { rows: 0, unreadable: 0 };
  await placing(target, file, async (place) => {
    if (!/\.parquet$/i.test(source)) {
      counts = await convertJsonLines(source, place, where);
      return;
    }
    const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-convert-'));
    try {
      await using database = await Database.open({ memoryMb: 1024, folder: workspace });
      counts = await convertParquet(database, source, place, where);
    } finally {
      await rm(workspace, { recursive: true, force: true });
    }
  });
  return { file, ...counts };
}

/** A file that is half written is under another name. */
async function placing(target: string, file: string, write: (place: string) => Promise<void>): Promise<void> {
  const place = path.join(target, file);
  await mkdir(path.dirname(place), { recursive: true });
  await write(`${place}.unfinished`);
  await rename(`${place}.unfinished`, place);
}

async function writing<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM' && code !== 'ENOSPC') throw error;
    throw new UsageError(
      {
        what: `the CSVs that JSON lines, Parquet and zip files are read as cannot be written there (${code})`,
        where: path.join(folder, convertedFolder),
        remedy: 'Copy the folder to where there is room and it can be written to, or put CSVs into it',
      },
      { cause: error },
    );
  }
}

async function readIndex(target: string): Promise<Conversion[]> {
  try {
    const parsed = index.safeParse(JSON.parse(await readFile(path.join(target, indexName), 'utf8')));
    return parsed.success ? parsed.data : [];
  } catch (error) {
    const isAbsent = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (isAbsent || error instanceof SyntaxError) return [];
    throw error;
  }
}

async function areThere(target: string, files: readonly Converted[]): Promise<boolean> {
  const sizes = await Promise.all(files.map(({ file }) => sizeOf(path.join(target, file))));
  return sizes.every((size) => size !== undefined);
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}
