import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isLineOfRow } from '../../layers/data/column-binding.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { ErasureError, UsageError } from '../../layers/platform/errors.ts';
import { sha256 } from '../../layers/platform/hash.ts';
import { reportFiles } from '../../layers/runs/keys.ts';
import { isOtherForm } from '../convert/convert-folder.ts';
import { runsFolder } from '../pipeline/analyze-folder.ts';
import { dropConfig } from '../pipeline/drop-config.ts';
import { requireFolder } from '../pipeline/drop-folder.ts';
import { reportFolder } from '../pipeline/kept-reports.ts';
import { findDrop } from '../pipeline/prepare-drop.ts';
import { filesBelow, type SearchedFile, searchFolder } from './proof.ts';
import { copyWithout, type LineRange } from './rewrite.ts';
import { type OwnRows, ownRows, type Reading, readUser } from './select-rows.ts';

export interface ForgetOptions {
  readonly drop: string;
  /** A configuration in place of the folder's experiment.yaml. */
  readonly configFile?: string | undefined;
  /** Where the report of the folder went, if elsewhere than it goes by itself. */
  readonly out?: string | undefined;
  /** Whether to erase; without it nothing is changed. */
  readonly yes: boolean;
  readonly now: Date;
}

/** What was erased of a user, and how it was looked whether it is gone. Names the user by a hash alone. */
export interface Receipt {
  readonly schemaVersion: 1;
  readonly drop: string;
  /** SHA-256 of the drop's name, a line feed, and the id as a run reads it. */
  readonly user: string;
  readonly at: string;
  /** Whether it was done; false: it was only told what would be. */
  readonly erased: boolean;
  /** Files of the drop: rows of the user, SHA-256 before, and after; one that has no such row stays as it was. */
  readonly files: readonly {
    readonly file: string;
    readonly rows: number;
    readonly before: string;
    readonly after: string | null;
  }[];
  /** What analyses left: paths within the folder, removed as a whole. */
  readonly removed: readonly string[];
  /** Every file that is left, and how often the id was found there; null where nothing was erased. */
  readonly proof: readonly SearchedFile[] | null;
  /** The file that this was written to; null where nothing was erased. */
  readonly receipt: string | null;
}

interface OwnFile {
  readonly file: string;
  readonly name: string;
  readonly own: OwnRows;
}

/**
 * Erases a user from a folder of CSVs: the rows that are the user's, and what analyses made of them. It is done whole or
 * not at all: no file is changed where one of them cannot be written anew for certain.
 * @throws UsageError where a file cannot be rewritten, ErasureError where the id is still found afterwards
 */
export async function forget(user: string, folder: string, options: ForgetOptions): Promise<Receipt> {
  const { drop, configFile, yes, now } = options;
  await requireFolder(folder);
  await refuseOtherForms(folder);
  const { summary, schema } = (await dropConfig(folder, configFile)).config;
  if (summary !== null) {
    throw new UsageError({ what: 'the folder holds sums by arm, which name no user', where: folder });
  }
  if (Object.values(schema).some(({ user_id }) => isLineOfRow(user_id))) {
    throw new UsageError({
      what: 'the users are the lines of a file that has no ids, so that nothing tells whose a line is',
      where: folder,
      remedy: 'Take the lines out of the file yourself, and analyze it again',
    });
  }
  const { files, config } = await findDrop({ folder, drop, configFile });
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-forget-'));
  try {
    await using db = await Database.open({ memoryMb: 2048, folder: workspace });
    const reading: Reading = { db, drop, config, workspace };
    const id = await readUser(user, reading);
    const found = await findRows(reading, folder, files, id);
    refuseUnclear(found);
    const removed = leftByAnalyses(folder, options.out);
    const receipt = {
      schemaVersion: 1 as const,
      drop,
      user: sha256(`${drop}\n${id}`),
      at: now.toISOString(),
      removed: removed.map((one) => path.relative(folder, one)),
    };
    if (!yes) {
      const told = found.map(async ({ file, name, own }) => {
        return { file: name, rows: own.rows, before: await hashOf(file), after: null };
      });
      return { ...receipt, erased: false, files: await Promise.all(told), proof: null, receipt: null };
    }
    const rewritten = await rewrite(found);
    await Promise.all(removed.map((one) => rm(one, { recursive: true, force: true })));
    const proof = await searchFolder(reading, folder, files, id);
    const file = path.join(reportFolder(folder, options.out), receiptName(now));
    const done: Receipt = { ...receipt, erased: true, files: rewritten, proof, receipt: file };
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(done, null, 2)}\n`, { flag: 'wx' });
    refuseFound(done, folder);
    return done;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

function receiptName(now: Date): string {
  return `forgotten-${now.toISOString().replaceAll(/[:.]/g, '-')}.json`;
}

/** @throws UsageError where the folder has files of forms that are no text, which cannot be written anew line by line */
async function refuseOtherForms(folder: string): Promise<void> {
  const isLeft = (name: string) => /(^|[\\/])(\.|ecom-)/.test(name);
  const others = (await filesBelow(folder)).filter((name) => isOtherForm(name) && !isLeft(name));
  if (others.length === 0) return;
  throw new UsageError({
    what: `rows can be taken out of CSVs alone, and there ${others.length === 1 ? 'is' : 'are'} ${others.join(', ')}; nothing was changed`,
    where: folder,
    remedy:
      'Export them again without the user; or put the CSVs that ecom analyze made of them (ecom-converted) in their place, and call ecom forget again',
  });
}

/** Each file once, though several datasets may be read from it; the files of sessions first, since events follow from them. */
async function findRows(
  reading: Reading,
  folder: string,
  files: Awaited<ReturnType<typeof findDrop>>['files'],
  id: string,
): Promise<OwnFile[]> {
  const rest = files.filter(({ kind }) => kind !== 'sessions' && kind !== 'config');
  const found = new Map<string, OwnFile>();
  for (const one of [...files.filter(({ kind }) => kind === 'sessions'), ...rest]) {
    const file = await realpath(one.file);
    const own = await ownRows(reading, one, id);
    const before = found.get(file)?.own;
    const name = path.relative(folder, one.file);
    found.set(file, { file, name, own: before === undefined ? own : together(before, own) });
  }
  return [...found.values()];
}

function together(one: OwnRows, other: OwnRows): OwnRows {
  const ranges = new Map<number, LineRange>(
    [...one.ranges, ...other.ranges].map((range) => [range.from, range]),
  );
  return {
    rows: ranges.size,
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

/** The report and what the stages made: both may quote values of rows. */
function leftByAnalyses(folder: string, out: string | undefined): string[] {
  const places = [...new Set([reportFolder(folder), reportFolder(folder, out)])];
  return places
    .flatMap((place) => [runsFolder(place), ...reportFiles.map((name) => path.join(place, name))])
    .filter((one) => existsSync(one));
}

/**
 * Writes all new files before the first of them takes its place. Those of sessions are the last to: where this is cut off
 * in between, the sessions still tell which events are the user's when it is called again.
 */
async function rewrite(found: readonly OwnFile[]): Promise<Receipt['files']> {
  const written: { file: string; next: string }[] = [];
  const told: Receipt['files'][number][] = [];
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

/** @throws ErasureError where the proof found the id */
function refuseFound({ proof, receipt }: Receipt, folder: string): void {
  const found = (proof ?? []).filter((one) => one.found > 0).map(({ file }) => file);
  if (found.length === 0) return;
  throw new ErasureError({
    what: `the id is still in ${found.join(', ')}; the user's rows of the drop are erased`,
    where: folder,
    remedy: `Delete these files or what names the user in them, and call ecom forget again; ${receipt} lists what was searched`,
  });
}
