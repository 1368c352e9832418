import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../../layers/platform/errors.ts';
import { isOtherForm } from '../convert/convert-folder.ts';
import type { DropFile } from '../pipeline/drop-folder.ts';
import { copyWithout, type LineRange } from './rewrite.ts';
import { type OwnRows, ownRows, type Reading } from './select-rows.ts';

/** A file of a drop, and what of it is the user's. */
export interface OwnFile {
  /** Where it lies, links resolved. */
  readonly file: string;
  /** What people are told. */
  readonly name: string;
  readonly own: OwnRows;
}

/** Rows of the user in a file, and the SHA-256 of its bytes before and after; one without such rows stays as it was. */
export interface ErasedFile {
  readonly file: string;
  readonly rows: number;
  readonly before: string;
  /** null where nothing was erased. */
  readonly after: string | null;
}

/**
 * Finds the user's rows in each file once, though several datasets may be read from it; in those of sessions first, since
 * events follow from them.
 * @throws UsageError where a file cannot be written anew without them for certain
 */
export async function findOwnFiles(
  reading: Reading,
  files: readonly DropFile[],
  id: string,
  nameOf: (file: DropFile) => string,
): Promise<OwnFile[]> {
  const rest = files.filter(({ kind }) => kind !== 'sessions' && kind !== 'config');
  const found = new Map<string, OwnFile>();
  for (const one of [...files.filter(({ kind }) => kind === 'sessions'), ...rest]) {
    const file = await realpath(one.file);
    const own = await ownRows(reading, one, id);
    const before = found.get(file)?.own;
    found.set(file, { file, name: nameOf(one), own: before === undefined ? own : together(before, own) });
  }
  refuseUnclear([...found.values()]);
  return [...found.values()];
}

function together(one: OwnRows, other: OwnRows): OwnRows {
  const ranges = new Map<number, LineRange>(
    [...one.ranges, ...other.ranges].map((range) => [range.from, range]),
  );
  return {
    rows: ranges.size,
    others: Math.min(one.others, other.others),
    ranges: [...ranges.values()].toSorted((a, b) => a.from - b.from),
    unreadable: [...new Set([...one.unreadable, ...other.unreadable])],
    isBytewise: one.isBytewise && other.isBytewise,
  };
}

function refuseUnclear(found: readonly OwnFile[]): void {
  const wide = found.find(({ own }) => own.rows > 0 && !own.isBytewise);
  if (wide !== undefined) {
    throw new UsageError({
      what: 'the file is UTF-16, of which no lines can be taken out; nothing was changed',
      where: wide.file,
      remedy: 'Save it as UTF-8, and call ecom forget again',
    });
  }
  const unclear = found.find(({ own }) => own.unreadable.length > 0);
  if (unclear === undefined) return;
  const lines = unclear.own.unreadable;
  throw new UsageError({
    what: `${lines.length === 1 ? 'a record' : `${lines.length} records`} that cannot be read may be the user's; nothing was changed`,
    where: `${unclear.file}:${lines.slice(0, 5).join(', ')}${lines.length > 5 ? ' and more' : ''}`,
    remedy: 'Repair or delete these lines, and call ecom forget again',
  });
}

/** @throws UsageError where names are of forms that are no text, which cannot be written anew line by line */
export function refuseOtherForms(names: readonly string[], where: string, remedy: string): void {
  const others = names.filter((name) => isOtherForm(name));
  if (others.length === 0) return;
  throw new UsageError({
    what: `rows can be taken out of CSVs alone, and there ${others.length === 1 ? 'is' : 'are'} ${others.join(', ')}; nothing was changed`,
    where,
    remedy,
  });
}

/** The files as they are, where nothing is to be changed. */
export function asTheyAre(found: readonly OwnFile[]): Promise<ErasedFile[]> {
  const told = found.map(async ({ file, name, own }) => {
    return { file: name, rows: own.rows, before: await hashOf(file), after: null };
  });
  return Promise.all(told);
}

/**
 * Writes all new files before the first of them takes its place. Those of sessions are the last to: where this is cut off
 * in between, the sessions still tell which events are the user's when it is called again.
 */
export async function rewrite(found: readonly OwnFile[]): Promise<ErasedFile[]> {
  const written: { file: string; next: string }[] = [];
  const told: ErasedFile[] = [];
  try {
    for (const { file, name, own } of found) {
      if (own.rows === 0) {
        const hash = await hashOf(file);
        told.push({ file: name, rows: 0, before: hash, after: hash });
        continue;
      }
      const next = nextTo(file);
      await rm(next, { force: true });
      written.push({ file, next });
      const before = await hashOf(file);
      await copyWithout(file, next, own.ranges, (await stat(file)).mode);
      told.push({ file: name, rows: own.rows, before, after: await hashOf(next) });
    }
    for (const { file, next } of written.toReversed()) await rename(next, file);
    return told;
  } finally {
    await Promise.all(written.map(({ next }) => rm(next, { force: true })));
  }
}

/** A hidden file beside it, which no command reads; of a compressed one compressed as well. */
function nextTo(file: string): string {
  return path.join(path.dirname(file), `.ecom-forget-${path.basename(file)}`);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
