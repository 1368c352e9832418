import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isLineOfRow } from '../../layers/data/column-binding.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { ErasureError, UsageError } from '../../layers/platform/errors.ts';
import { reportFiles } from '../../layers/runs/keys.ts';
import { runsFolder } from '../pipeline/analyze-folder.ts';
import { dropConfig } from '../pipeline/drop-config.ts';
import { requireFolder } from '../pipeline/drop-folder.ts';
import { reportFolder } from '../pipeline/kept-reports.ts';
import { findDrop } from '../pipeline/prepare-drop.ts';
import { asTheyAre, findOwnFiles, refuseOtherForms, rewrite } from './own-files.ts';
import { filesBelow, searchFolder } from './proof.ts';
import { type ErasureReceipt, foundIn, receiptOf, writeReceipt } from './receipt.ts';
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

/** What was erased of a user in a folder. */
export interface Receipt extends ErasureReceipt {
  /** What analyses left: paths within the folder, removed as a whole. */
  readonly removed: readonly string[];
}

/**
 * Erases a user from a folder of CSVs: the rows that are the user's, and what analyses made of them. It is done whole or
 * not at all: no file is changed where one of them cannot be written anew for certain.
 * @throws UsageError where a file cannot be rewritten, ErasureError where the id is still found afterwards
 */
export async function forget(user: string, folder: string, options: ForgetOptions): Promise<Receipt> {
  const { drop, configFile, yes, now } = options;
  await requireFolder(folder);
  const isLeft = (name: string) => /(^|[\\/])(\.|ecom-)/.test(name);
  refuseOtherForms(
    (await filesBelow(folder)).filter((name) => !isLeft(name)),
    folder,
    'Export them again without the user; or put the CSVs that ecom analyze made of them (ecom-converted) in their place, and call ecom forget again',
  );
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
      ...receiptOf(drop, id, now),
      removed: removed.map((one) => path.relative(folder, one)),
    };
    if (!yes) {
      return { ...receipt, erased: false, files: await asTheyAre(found), proof: null, receipt: null };
    }
    const rewritten = await rewrite(found);
    await Promise.all(removed.map((one) => rm(one, { recursive: true, force: true })));
    const proof = await searchFolder(reading, folder, files, id);
    const done = await writeReceipt<Receipt>(
      { ...receipt, erased: true, files: rewritten, proof, receipt: null },
      reportFolder(folder, options.out),
      'forgotten',
    );
    refuseFound(done, folder);
    return done;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** The report and what the stages made: both may quote values of rows. */
function leftByAnalyses(folder: string, out: string | undefined): string[] {
  const places = [...new Set([reportFolder(folder), reportFolder(folder, out)])];
  return places
    .flatMap((place) => [runsFolder(place), ...reportFiles.map((name) => path.join(place, name))])
    .filter((one) => existsSync(one));
}

/** @throws ErasureError where the proof found the id */
function refuseFound(done: Receipt, folder: string): void {
  const found = foundIn(done);
  if (found.length === 0) return;
  throw new ErasureError({
    what: `the id is still in ${found.join(', ')}; the user's rows of the drop are erased`,
    where: folder,
    remedy: `Delete these files or what names the user in them, and call ecom forget again; ${done.receipt} lists what was searched`,
  });
}
