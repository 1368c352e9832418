import { existsSync, rmSync } from 'node:fs';
import { withLock } from '../../infrastructure/lock.mjs';
import { removeCluster } from '../../infrastructure/postgres/cluster.ts';
import { stopServer } from '../../infrastructure/postgres/server.ts';
import { runConfiguration } from '../../layers/experiment/run-configuration.ts';
import { LocalError } from '../../layers/platform/errors.ts';
import { portOfEnvironment } from '../arguments.ts';
import { counted, note } from '../terminal.ts';
import {
  askVersion,
  defaultPort,
  type EmulatorFiles,
  findOwn,
  hasFolder,
  stopEmulator,
  stopStranded,
} from './emulator.ts';
import { localS3, saveBuckets } from './saved-buckets.ts';
import {
  type EmulatorState,
  prepareStateFolder,
  readState,
  type State,
  stateFolder,
  statePaths,
  writeState,
} from './state.ts';

export interface DownOptions {
  /** Removes the data instead of saving them. Reports that were downloaded stay. */
  readonly wipe?: boolean | undefined;
  readonly folder?: string;
  readonly report?: (line: string) => void;
}

/**
 * Saves the buckets, and stops emulator and database. Nothing happens where nothing runs.
 * @throws LocalError when the buckets cannot be saved; then everything keeps running
 */
export async function down({
  wipe = false,
  folder = stateFolder(),
  report = note,
}: DownOptions = {}): Promise<void> {
  prepareStateFolder(folder);
  const files = statePaths(folder);
  await withLock(
    files.lock,
    { onWait: (holder) => report(`waiting for another ecom up or down (process ${holder})`) },
    async () => {
      const { emulator, ...state } = readState(folder);
      const stranded = await findStranded(emulator, files);
      if (stranded !== undefined) await stopStranded(stranded, report);
      else if (emulator !== undefined) {
        if (!wipe && emulator.restored) await save(emulator, state, files.buckets, report);
        await stopEmulator(emulator);
        report('LocalStack stopped');
      }
      if (await stopServer(files.postgres)) report('PostgreSQL stopped');
      writeState({}, folder);
      if (!wipe) return;
      removeCluster(files.postgres);
      const { lock: _, reports, ...data } = files;
      for (const file of Object.values(data)) rmSync(file, { recursive: true, force: true });
      report('local data removed: buckets, database, logs and the data of the demo');
      if (existsSync(reports)) report(`kept: the reports in ${reports}, which are yours to delete`);
    },
  );
}

/** The emulator whose folder was removed while it ran; who removed it may have removed the record, too. */
async function findStranded(
  recorded: EmulatorState | undefined,
  files: EmulatorFiles,
): Promise<EmulatorState | undefined> {
  if (hasFolder(files)) return undefined;
  if (recorded !== undefined) return recorded.version === undefined ? undefined : recorded;
  return findOwn(files, portOfEnvironment() ?? defaultPort);
}

async function save(
  emulator: EmulatorState,
  { deployed }: State,
  folder: string,
  report: (line: string) => void,
): Promise<void> {
  const { aws } = runConfiguration();
  const buckets = [deployed?.rawBucket ?? aws.raw_bucket, deployed?.processedBucket ?? aws.processed_bucket];
  const client = localS3(emulator.endpoint);
  try {
    if ((await askVersion(emulator.endpoint)) === undefined) throw new Error('the emulator does not answer');
    const { objects } = await saveBuckets(client, buckets, folder);
    report(`buckets saved: ${counted(objects.length, 'object')}`);
  } catch (error) {
    throw new LocalError(
      {
        what: `the buckets could not be saved: ${error instanceof Error ? error.message : error}`,
        where: folder,
        remedy: 'Try again, or give up all local data: ./ecom down --wipe',
      },
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}
