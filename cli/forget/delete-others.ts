import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ErasureError, RunFailure, UsageError } from '../../layers/platform/errors.ts';
import { deleteVersions, type ObjectVersion } from '../../layers/platform/s3-versions.ts';
import type { DropUploads } from '../../layers/runs/documents.ts';
import { areas, processedKeys } from '../../layers/runs/keys.ts';
import { stateFolder, statePaths } from '../local/state.ts';
import type { Connection } from '../pipeline/connection.ts';
import { deployedExecutions } from '../pipeline/executions.ts';
import type { RunObjects } from '../prune/choose.ts';
import { deleteRuns } from '../prune/prune.ts';
import { counted, interruptible, note } from '../terminal.ts';
import { isCurrent, runsOf, versionsOf } from './deployed-drop.ts';
import { dropOtherRuns, loadedRows } from './marts.ts';
import type { PublishedRun } from './renew.ts';

/** What is deleted of a drop beside the user's rows in its current files. */
export interface Deleted {
  /** Earlier versions and marks of deletions, by key. */
  readonly versions: readonly { readonly key: string; readonly versions: number }[];
  /** Runs: objects, and rows in Postgres. */
  readonly runs: readonly { readonly runId: string; readonly objects: number; readonly rows: number }[];
  /** Downloaded reports of these runs on this machine. */
  readonly removed: readonly string[];
}

/** A run that is to be deleted: its objects, and its rows in Postgres. */
export interface OldRun extends RunObjects {
  readonly rows: number;
}

/** The runs of a drop but one, wherever there is something of them. */
export async function otherRuns(
  connection: Connection,
  drop: string,
  kept: string | undefined,
): Promise<readonly OldRun[]> {
  const objects = await connection.processed.list('processed/');
  const [{ own }, rows] = await Promise.all([runsOf(connection.store, drop, objects), loadedRows(drop)]);
  const ids = new Set([...own.map(({ runId }) => runId), ...rows.keys()]);
  return [...ids]
    .filter((runId) => runId !== kept)
    .map((runId) => {
      const { keys, bytes } = own.find((run) => run.runId === runId) ?? { keys: [], bytes: 0 };
      return { runId, keys: inOrder(runId, keys), bytes, rows: rows.get(runId) ?? 0 };
    });
}

/**
 * What is deleted in part is found again: by the rows of users, which go late, and by the inputs, the last, which say of which drop
 * the run is.
 */
export function inOrder(runId: string, keys: readonly string[]): string[] {
  const rank = (key: string) => {
    if (key === processedKeys.inputs(runId)) return 2;
    return [areas.staged, areas.eventsClean, areas.marts].some((area) => key.startsWith(area)) ? 1 : 0;
  };
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

/** What is deleted, as a receipt tells it. */
export function toldDeletion(versions: readonly ObjectVersion[], runs: readonly OldRun[]): Deleted {
  const counts = new Map<string, number>();
  for (const { key } of versions) counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    versions: [...counts].map(([key, count]) => ({ key, versions: count })),
    runs: runs.map(({ runId, keys, rows }) => ({ runId, objects: keys.length, rows })),
    removed: reportsOf(runs),
  };
}

/** @throws UsageError where a run that is to be deleted is under way */
export async function refuseRunning(connection: Connection, runs: readonly OldRun[]): Promise<void> {
  const executions = await deployedExecutions(connection);
  const newest = await Promise.all(runs.map(({ runId }) => executions.newest(runId)));
  const running = runs.filter((_, index) => newest[index]?.status === 'running');
  if (running.length === 0) return;
  throw new UsageError({
    what: `a run with rows of the user may be under way: ${running.map(({ runId }) => runId).join(', ')}; nothing was deleted`,
    remedy: 'Wait for its end (./ecom watch <run>); then the same command again',
  });
}

/**
 * Deletes all versions of the drop's files but those that it holds now, and all runs of it but one.
 * @throws RunFailure where the drop was changed meanwhile; ErasureError where a run cannot be removed
 */
export async function deleteOthers(
  connection: Connection,
  drop: string,
  { runId, files }: PublishedRun,
): Promise<Deleted> {
  const { raw, store } = connection;
  const versions = await versionsOf(connection, drop);
  const tags = new Map(versions.filter(isCurrent).map(({ key, etag }) => [key, etag]));
  const isSame = files.every(({ key, etag }) => tags.get(key) === etag);
  const uploads = await store.readTagged('uploads', drop);
  if (!isSame || uploads?.value.runs[0]?.runId !== runId) throw changedMeanwhile(drop, 'nothing was deleted');
  const runs = await otherRuns(connection, drop, runId);
  await refuseRunning(connection, runs);

  const old = versions.filter((one) => !isCurrent(one));
  note(`deleting ${counted(old.length, 'earlier version')} and ${counted(runs.length, 'run')}`);
  const held = await interruptible(
    'Not all is deleted: the same command again goes on from there',
    async () => {
      await deleteVersions(raw, old);
      await deleteRuns(connection, runs);
      const ids = runs.map((run) => run.runId);
      return dropOtherRuns(drop, runId, ids);
    },
  );
  if (held.length > 0) {
    throw new ErasureError({
      what: `somebody is reading ${held.join(', ')} in the database: the rows of these runs are still there`,
      where: `drop "${drop}"`,
      remedy: 'Wait until that query has ended; then the same command again',
    });
  }
  const deleted = toldDeletion(old, runs);
  await Promise.all(deleted.removed.map((folder) => rm(folder, { recursive: true, force: true })));
  await quoteNoOther(connection, drop, runId, uploads);
  return deleted;
}

/** The order of the drop's uploads, and the gate's answers, name the one run that is left. */
async function quoteNoOther(
  { store, processed }: Connection,
  drop: string,
  kept: string,
  { value, etag }: { readonly value: DropUploads; readonly etag: string },
): Promise<void> {
  const runs = value.runs.filter(({ runId }) => runId === kept);
  const isReplaced =
    runs.length === value.runs.length || (await store.replace('uploads', [drop], { ...value, runs }, etag));
  if (!isReplaced) throw changedMeanwhile(drop, 'what the earlier files and runs had is deleted');
  for (const trigger of ['manifest', 'files'] as const) {
    const answer = (await store.readReplaceable('gate', drop, trigger))?.value;
    const quoted = answer?.runId ?? kept;
    if (quoted !== kept) await processed.deleteAll([store.key('gate', drop, trigger)]);
  }
}

function changedMeanwhile(drop: string, state: string): RunFailure {
  return new RunFailure({
    what: `the drop was uploaded anew meanwhile; ${state}`,
    where: `drop "${drop}"`,
    remedy: 'Let nothing else upload to it, and call ecom forget again',
  });
}

/** Reports of runs that were downloaded to this machine. */
function reportsOf(runs: readonly OldRun[]): string[] {
  const { reports } = statePaths(stateFolder());
  return runs.map(({ runId }) => path.join(reports, runId)).filter((folder) => existsSync(folder));
}
