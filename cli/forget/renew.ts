import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import { showingProgress } from '../../infrastructure/status-line.mjs';
import { fileNamesOf } from '../../layers/experiment/config.ts';
import { RunFailure } from '../../layers/platform/errors.ts';
import { dropManifestKey, parseDropManifest } from '../../layers/runs/drop-manifest.ts';
import { dropPrefix, successName } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import type { Connection } from '../pipeline/connection.ts';
import { deployedExecutions, describeExecution } from '../pipeline/executions.ts';
import { followAloud } from '../pipeline/progress.ts';
import { checkStored, completeUpload, type StoredFile } from '../pipeline/upload.ts';
import { interruptible, note } from '../terminal.ts';
import type { CopiedFile, CurrentDrop } from './deployed-drop.ts';
import { publishedInMarts } from './marts.ts';

/** A run that a drop shows, and the files that it is of. */
export interface PublishedRun {
  readonly runId: string;
  readonly files: readonly Pick<StoredFile, 'key' | 'etag'>[];
}

/**
 * Sees to it that the drop shows a run of the files as they are on this machine now.
 * @throws RunFailure where it does not
 */
export async function publishedWithout(
  connection: Connection,
  current: CurrentDrop,
  rewritten: ReadonlySet<string>,
): Promise<PublishedRun> {
  const { drop } = current;
  const again = 'The same command again goes on from there';
  let files: PublishedRun['files'] = current.files;
  let run = rewritten.size > 0 ? undefined : await runOf(connection.store, drop, files);
  if (run === undefined) {
    const uploaded = await interruptible(`The upload is not complete. ${again}`, () =>
      showingProgress('uploading the drop without the user', () =>
        uploadAgain(connection, current, rewritten),
      ),
    );
    note(`uploaded the drop "${drop}" without the user`);
    files = uploaded;
    run = await interruptible(`The upload is complete, and its run goes on: ./ecom runs. ${again}`, () =>
      showingProgress('waiting for the run to start', () => awaitRunOf(connection, drop, uploaded)),
    );
  }
  const { runId } = run;
  if (!(await isShown(connection, drop, runId))) {
    const executions = await deployedExecutions(connection);
    const attempt = (await executions.newest(runId))?.attempt ?? run.attempt;
    try {
      if (await isThere(connection, executions.arn(runId, attempt)))
        await followAloud(connection, { runId, attempt });
    } catch (error) {
      if (!(error instanceof RunFailure)) throw error;
      const { what, where, remedy } = error.fault;
      const state = "the user's rows are out of the drop's files, and nothing was deleted";
      throw new RunFailure(
        {
          what: `${what}; ${state}: earlier versions and runs still have them`,
          where,
          remedy: `${remedy}; then the same command again`,
        },
        { cause: error },
      );
    }
  }
  if (await isShown(connection, drop, runId)) return { runId, files };
  throw new RunFailure({
    what: `run ${runId}, which is without the user, is not the one that the drop shows; nothing was deleted`,
    where: `drop "${drop}"`,
    remedy: `Let nothing else upload to the drop, load it again where the database lost it (./ecom retry ${runId}), and call ecom forget again`,
  });
}

async function isShown({ store }: Connection, drop: string, runId: string): Promise<boolean> {
  const latest = await store.read('latest', drop);
  return latest?.runId === runId && (await publishedInMarts(drop)) === runId;
}

/** An attempt at a run. */
interface StartedRun {
  readonly runId: string;
  readonly attempt: number;
}

/**
 * What of a drop is uploaded again: with a manifest the files that are others now, without one all of them, since the gate
 * waits until all of an upload is new. Files of sessions are the last: where the upload is cut off, they still tell which
 * events are the user's.
 * @param rewritten keys of the files that are others now
 */
export function filesToUpload(
  { drop, objects, files, left }: Pick<CurrentDrop, 'drop' | 'objects' | 'files' | 'left'>,
  rewritten: ReadonlySet<string>,
): CopiedFile[] {
  const isDeclared = objects.some(({ key }) => key === dropManifestKey(drop));
  const wanted = [...left, ...files].filter(
    (file) => rewritten.has(file.key) || (!isDeclared && files.includes(file)),
  );
  return wanted.toSorted((a, b) => Number(a.kind === 'sessions') - Number(b.kind === 'sessions'));
}

/**
 * Uploads a drop again in the way that it was uploaded before: with a manifest, with `_SUCCESS`, or with neither, since
 * a manifest would make the next upload without one wait for ever.
 * @returns the files that the drop consists of
 */
async function uploadAgain(
  { raw, config }: Connection,
  current: CurrentDrop,
  rewritten: ReadonlySet<string>,
): Promise<StoredFile[]> {
  const { drop, objects, files } = current;
  const manifest = objects.find(({ key }) => key === dropManifestKey(drop));
  const success = objects.find(({ key }) => key === dropPrefix(drop) + successName);
  const stored = new Map<string, StoredFile>(files.map(({ key, etag, size }) => [key, { key, etag, size }]));
  for (const { file, key } of filesToUpload(current, rewritten)) {
    const { size } = await stat(file);
    await raw.uploadFrom(file, key);
    const put = await checkStored(raw, { file, key, size });
    if (stored.has(key)) stored.set(key, put);
  }
  if (manifest !== undefined) {
    const text = (await raw.getText(manifest.key, manifest.versionId)) ?? '';
    const before = parseDropManifest(text, drop, fileNamesOf(config.raw));
    const asOf = 'manifest' in before ? before.manifest.asOf : null;
    await completeUpload(raw, drop, [...stored.values()], asOf);
  } else if (success !== undefined) await raw.put(success.key, '');
  return [...stored.values()];
}

/** The newest run of a drop, where it is of exactly these files. */
export async function runOf(
  store: RunStore,
  drop: string,
  files: readonly Pick<StoredFile, 'key' | 'etag'>[],
): Promise<StartedRun | undefined> {
  const uploads = await store.read('uploads', drop);
  const tags = new Map(uploads?.files.map(({ key, etag }) => [key, etag]));
  const isSame = tags.size === files.length && files.every(({ key, etag }) => tags.get(key) === etag);
  return isSame ? uploads?.runs[0] : undefined;
}

const pollMilliseconds = 500;
const longestWaitSeconds = 300;

/**
 * Waits until the gate has started the run of these files.
 * @throws RunFailure where it does not
 */
async function awaitRunOf(
  connection: Connection,
  drop: string,
  files: readonly StoredFile[],
): Promise<StartedRun> {
  const executions = await deployedExecutions(connection);
  const deadline = Date.now() + longestWaitSeconds * 1000;
  while (Date.now() < deadline) {
    const run = await runOf(connection.store, drop, files);
    if (run !== undefined && (await isThere(connection, executions.arn(run.runId, run.attempt)))) return run;
    await sleep(pollMilliseconds);
  }
  throw new RunFailure({
    what: `the drop was uploaded without the user, but no run of it began within ${longestWaitSeconds} seconds; older versions and runs are still there`,
    where: `drop "${drop}"`,
    remedy: `See what processed/gate/${drop}/ says of it; then the same command again`,
  });
}

/** The order of uploads is written before the execution is started. */
async function isThere(connection: Connection, arn: string): Promise<boolean> {
  try {
    await describeExecution(connection, arn);
    return true;
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return false;
    throw error;
  }
}
