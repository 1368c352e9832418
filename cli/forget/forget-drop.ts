import { mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { requiredDatasets } from '../../layers/data/datasets/index.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { ErasureError, UsageError } from '../../layers/platform/errors.ts';
import { dropPrefix } from '../../layers/runs/keys.ts';
import { stateFolder, statePaths } from '../local/state.ts';
import { type Connection, connect } from '../pipeline/connection.ts';
import { checkDropName } from '../pipeline/drop-name.ts';
import { errorInFilesOfUser } from '../pipeline/files-of-user.ts';
import { type Deleted, deleteOthers, otherRuns, refuseRunning, toldDeletion } from './delete-others.ts';
import { type CurrentDrop, copyDrop, isCurrent, versionsOf } from './deployed-drop.ts';
import { searchObjects } from './deployed-proof.ts';
import { searchMarts } from './marts.ts';
import { asTheyAre, findOwnFiles, type OwnFile, rewrite } from './own-files.ts';
import type { SearchedFile } from './proof.ts';
import { type ErasureReceipt, foundIn, receiptOf, writeReceipt } from './receipt.ts';
import { publishedWithout, runOf } from './renew.ts';
import { type Reading, readUser } from './select-rows.ts';

export interface ForgetDropOptions {
  readonly drop: string;
  /** Folder for the receipt, by default that of downloaded reports. */
  readonly out?: string | undefined;
  /** Whether to erase; without it nothing is changed. */
  readonly yes: boolean;
  readonly now: Date;
}

/** What was erased of a user in the deployed pipeline: files by their keys, objects and tables searched. */
export interface DropReceipt extends ErasureReceipt, Deleted {
  /** The run that the drop shows without the user; null where it is yet to be made. */
  readonly run: string | null;
}

/**
 * Erases a user from a drop of the deployed pipeline: the rows in its current files, which are uploaded again; then, once
 * a run without them is published, every earlier version of its files, and every other run of it. Nothing is deleted
 * before that. Cut off anywhere, it goes on when it is called again.
 * @throws UsageError where a file cannot be rewritten, RunFailure where the new run is not published, ErasureError where
 *   the id is still found afterwards
 */
export async function forgetInDrop(user: string, options: ForgetDropOptions): Promise<DropReceipt> {
  const { drop } = options;
  checkDropName(drop);
  const connection = await connect();
  const workspace = await realpath(await mkdtemp(path.join(os.tmpdir(), 'ecom-forget-')));
  const folder = path.join(workspace, 'drop');
  try {
    const current = await copyDrop(connection, drop, folder);
    await using db = await Database.open({ memoryMb: 2048, folder: workspace });
    return await erase(connection, { db, drop, config: current.config, workspace }, current, user, options);
  } catch (error) {
    // A copy is told as the object that it is of.
    const place = `${connection.raw.location}/${dropPrefix(drop)}`;
    throw errorInFilesOfUser(error, [{ key: `${folder}${path.sep}`, file: place }]);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function erase(
  connection: Connection,
  reading: Reading,
  current: CurrentDrop,
  user: string,
  { drop, out, yes, now }: ForgetDropOptions,
): Promise<DropReceipt> {
  const id = await readUser(user, reading);
  const found = await findOwnFiles(reading, [...current.files, ...current.left], id, ({ key }) => key);
  refuseUpload(current, found);
  const rewritten = new Set(found.filter(({ own }) => own.rows > 0).map(({ name }) => name));
  const standing = rewritten.size > 0 ? undefined : await runOf(connection.store, drop, current.files);
  const told = {
    ...receiptOf(drop, id, now),
    erased: false,
    files: await asTheyAre(found),
    run: standing?.runId ?? null,
    receipt: null,
  };
  if (rewritten.size === 0) {
    // A wrong id is to cost nobody the history of the drop.
    const proof = await searchAll(connection, reading, id, { untilFound: true });
    if (proof.every((one) => one.found === 0)) {
      const nothing = { ...told, ...toldDeletion([], []), proof };
      return yes ? withReceipt(nothing, out) : nothing;
    }
  }
  const before = await otherRuns(connection, drop, standing?.runId);
  if (!yes) {
    const old = (await versionsOf(connection, drop)).filter(
      (one) => !isCurrent(one) || rewritten.has(one.key),
    );
    return { ...told, ...toldDeletion(old, before), proof: null };
  }
  await refuseRunning(connection, before);
  const files = await rewrite(found);
  const run = await publishedWithout(connection, current, rewritten);
  const deleted = await deleteOthers(connection, drop, run);
  const proof = await searchAll(connection, reading, id);
  const done = await withReceipt({ ...told, erased: true, files, ...deleted, run: run.runId, proof }, out);
  refuseFound(done);
  return done;
}

function withReceipt(told: DropReceipt, out: string | undefined): Promise<DropReceipt> {
  return writeReceipt(told, out ?? statePaths(stateFolder()).reports, `forgotten-${told.drop}`);
}

async function searchAll(
  connection: Connection,
  reading: Reading,
  id: string,
  options = {},
): Promise<SearchedFile[]> {
  const inObjects = await searchObjects(connection, reading, id, options);
  return [...inObjects, ...(await searchMarts(reading.drop, id))];
}

/** @throws UsageError where an upload is half-way, or nothing would be left of a dataset that a run needs */
export function refuseUpload(
  { drop, files }: Pick<CurrentDrop, 'drop' | 'files'>,
  found: readonly OwnFile[],
): void {
  const ownOf = (key: string) => found.find(({ name }) => name === key)?.own ?? { rows: 0, others: 0 };
  // Files that were uploaded by this command, which was cut off, have no such rows.
  const foreign = files.filter(({ key, isReplaced }) => isReplaced && ownOf(key).rows > 0);
  if (foreign.length > 0) {
    throw new UsageError({
      what: `files with rows of the user were uploaded that no run has read: ${foreign.map(({ key }) => key).join(', ')}`,
      where: `drop "${drop}"`,
      remedy: 'Complete that upload and let its run end, or upload again; then call ecom forget again',
    });
  }
  for (const dataset of requiredDatasets) {
    const own = files.filter(({ kind }) => kind === dataset).map(({ key }) => ownOf(key));
    if (own.every(({ rows }) => rows === 0) || own.some(({ others }) => others > 0)) continue;
    throw new UsageError({
      what: `without the user's rows nothing is left of ${dataset}, which a run needs; nothing was changed`,
      where: `drop "${drop}"`,
      remedy: 'Upload rows of others as well, and call ecom forget again; or delete the drop as a whole',
    });
  }
}

/** @throws ErasureError where the proof found the id */
function refuseFound(done: DropReceipt): void {
  const found = foundIn(done);
  if (found.length === 0) return;
  throw new ErasureError({
    what: `the id is still in ${found.join(', ')}; the user's rows of the drop are erased`,
    where: `drop "${done.drop}"`,
    remedy: `Delete these objects or what names the user in them, and call ecom forget again; ${done.receipt} lists what was searched`,
  });
}
