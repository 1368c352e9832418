import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FolderStore } from '../../layers/platform/folder-store.ts';
import { areas, processedKeys, reportFiles } from '../../layers/runs/keys.ts';
import { RunStore } from '../../layers/runs/store.ts';
import { endpointOf } from '../local/environment.ts';
import { readSaved } from '../local/saved-index.ts';
import { readState, stateFolder, statePaths } from '../local/state.ts';
import { type KeptRun, keptReport } from './kept-reports.ts';
import { recordedAttempt } from './recorded-attempt.ts';
import { summarise } from './runs.ts';
import { isLocal, targetConfig } from './target.ts';

/** Whether the commands would find no pipeline to ask: it is to be this machine's, and none is up. */
export function nothingRuns(): boolean {
  return isLocal() && endpointOf() === undefined && readState().emulator === undefined;
}

/**
 * What the state folder has kept of the pipeline's runs: those in the buckets that `ecom down` saved, and the reports
 * that commands have downloaded.
 */
export async function keptRuns(): Promise<KeptRun[]> {
  const { buckets, reports } = statePaths(stateFolder());
  const saved = await savedRuns(buckets, reports);
  const known = new Set(saved.map(({ runId }) => runId));
  const downloaded = existsSync(reports) ? await readdir(reports) : [];
  const others = await Promise.all(
    downloaded.filter((runId) => !known.has(runId)).map((runId) => keptReport(path.join(reports, runId))),
  );
  return [...saved, ...others.filter((kept) => kept !== undefined)];
}

async function savedRuns(buckets: string, reports: string): Promise<KeptRun[]> {
  const saved = await readSaved(buckets);
  if (saved === undefined) return [];
  const place = path.join(buckets, saved.save);
  const { raw_bucket, processed_bucket } = targetConfig().aws;
  const storeOf = (bucket: string) => {
    const own = saved.objects.filter((object) => object.bucket === bucket);
    return new FolderStore(place, new Map(own.map(({ key, file }) => [key, path.join(place, file)])));
  };
  const store = new RunStore(storeOf(raw_bucket), storeOf(processed_bucket));
  const runIds = await store.processed.folders(areas.runs);
  const attempts = await Promise.all(runIds.map((runId) => recordedAttempt(store, runId)));
  return Promise.all(
    attempts
      .filter((attempt) => attempt !== undefined)
      .map(async (attempt): Promise<KeptRun> => {
        const { runId } = attempt;
        return {
          ...(await summarise(store, attempt)),
          from: buckets,
          report: () => store.read('report', runId),
          files: () => copyReport(store, runId, path.join(reports, runId)),
          store: async () => store,
        };
      }),
  );
}

/** The files of a saved report under their names, where downloaded ones lie as well. */
async function copyReport({ processed }: RunStore, runId: string, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    reportFiles.map(async (name) => {
      const file = path.join(folder, name);
      await pipeline(
        await processed.stream({ key: processedKeys.report(runId, name) }),
        createWriteStream(file),
      );
      return file;
    }),
  );
}
