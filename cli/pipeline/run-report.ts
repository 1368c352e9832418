import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../../layers/platform/errors.ts';
import type { Report } from '../../layers/report/schema.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { stateFolder, statePaths } from '../local/state.ts';
import type { Connection } from './connection.ts';

/** The report of a run. */
export async function readReport({ store }: Connection, runId: string): Promise<Report> {
  const report = await store.read('report', runId);
  if (report !== undefined) return report;
  throw new UsageError({
    what: `run ${runId} has no report`,
    where: `${store.processed.location}/${store.key('report', runId)}`,
    remedy: `It has not ended, or it failed: ./ecom watch ${runId}`,
  });
}

/** Copies the files of a run's report below the state folder and returns where they are. */
export async function downloadReport({ processed }: Connection, runId: string): Promise<string[]> {
  const folder = path.join(statePaths(stateFolder()).reports, runId);
  await mkdir(folder, { recursive: true });
  const prefix = path.posix.dirname(processedKeys.report(runId, 'report.json'));
  const objects = await processed.list(`${prefix}/`);
  return Promise.all(
    objects.map(async ({ key }) => {
      const file = path.join(folder, path.posix.basename(key));
      await processed.downloadTo({ key }, file);
      return file;
    }),
  );
}
