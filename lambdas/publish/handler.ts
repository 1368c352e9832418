import { z } from 'zod';
import { withDatabase } from '../../layers/platform/database.ts';
import { sha256 } from '../../layers/platform/hash.ts';
import type { ObjectStore } from '../../layers/platform/s3.ts';
import { publishResult } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { buildManifest, listResults, readAllCompletions } from '../../layers/runs/publish/build-manifest.ts';
import { followPublished, readLatest } from '../../layers/runs/publish/latest.ts';
import { pruneRuns, publishRun, readPublished } from '../../layers/runs/publish/published.ts';
import { type RunManifest, runManifest } from '../../layers/runs/run-manifest.ts';
import { readInputs, readRunOrder } from '../../layers/runs/run-order.ts';
import { readPlan, stageHandler } from '../../layers/runs/stage-handler.ts';
import { isNewer, readUploads } from '../../layers/runs/uploads.ts';

const publishEnvironment = z.object({ KEEP_RUNS: z.coerce.number().int().min(1).default(5) });

/**
 * Shows the run to everyone: its manifest, then the database, then `latest/<drop>.json`. Each step may be repeated after
 * a death at any point; nothing before the database's one row is seen by readers.
 */
export const handler = stageHandler({
  stage: 'publish',
  resultSchema: publishResult,
  async run({ event, processed, log }) {
    const { runId, drop } = event;
    const { KEEP_RUNS } = publishEnvironment.parse(process.env);
    const completions = await readAllCompletions(processed, event, await readPlan(processed, runId));
    const inputs = await readInputs(processed, runId);
    const order = await readRunOrder(processed, event, inputs);
    const stored = await listResults(processed, runId, completions);
    const manifest = buildManifest(event, inputs, order, completions, stored);
    const manifestKey = processedKeys.manifest(runId);
    const manifestSha256 = await writeOnce(processed, manifestKey, manifest);

    const session = { applicationName: 'ecom publish' };
    const result = await withDatabase(session, async (client) => {
      const uploads = async () => (await readUploads(processed, drop))?.uploads;
      const outcome = await publishRun(
        client,
        { runId, drop, manifestKey, manifestSha256 },
        {
          isNewerThan: async (other) => isNewer(await uploads(), runId, other),
          latestRun: async () => (await readLatest(processed, drop))?.runId,
        },
      );
      await followPublished(processed, drop, () => readPublished(client, drop));
      const newest = (await uploads())?.runs[0]?.runId;
      const pruned = await pruneRuns(client, drop, KEEP_RUNS, newest);
      if (pruned.held.length > 0) log.warn('old runs are being read and stay for now', { runs: pruned.held });
      if (pruned.dropped.length > 0)
        log.info('old runs are gone from the database', { runs: pruned.dropped });
      return outcome;
    });
    log.info(result.published ? 'published' : 'not published', { reason: result.reason });
    return { outputs: [], result };
  },
});

/** Writes the manifest unless an earlier try of this stage did, and returns the hash of what stands there. */
async function writeOnce(processed: ObjectStore, key: string, manifest: RunManifest): Promise<string> {
  await processed.putJsonIfAbsent(key, runManifest.parse(manifest));
  const text = await processed.getText(key);
  if (text === undefined) throw new Error(`${key} has just been written`);
  return sha256(text);
}
