import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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
import { asTheyAre, type ErasedFile, findOwnFiles, rewrite } from './own-files.ts';
import { filesBelow, type SearchedFile, searchFolder } from './proof.ts';
import { type Reading, readUser } from './select-rows.ts';

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
  /** Files of the drop. */
  readonly files: readonly ErasedFile[];
  /** What analyses left: paths within the folder, removed as a whole. */
  readonly removed: readonly string[];
  /** Every file that is left, and how often the id was found there; null where nothing was erased. */
  readonly proof: readonly SearchedFile[] | null;
  /** The file that this was written to; null where nothing was erased. */
  readonly receipt: string | null;
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
    const found = await findOwnFiles(reading, files, id, ({ file }) => path.relative(folder, file));
    const removed = leftByAnalyses(folder, options.out);
    const receipt = {
      schemaVersion: 1 as const,
      drop,
      user: sha256(`${drop}\n${id}`),
      at: now.toISOString(),
      removed: removed.map((one) => path.relative(folder, one)),
    };
    if (!yes) {
      return { ...receipt, erased: false, files: await asTheyAre(found), proof: null, receipt: null };
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

/** The report and what the stages made: both may quote values of rows. */
function leftByAnalyses(folder: string, out: string | undefined): string[] {
  const places = [...new Set([reportFolder(folder), reportFolder(folder, out)])];
  return places
    .flatMap((place) => [runsFolder(place), ...reportFiles.map((name) => path.join(place, name))])
    .filter((one) => existsSync(one));
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
