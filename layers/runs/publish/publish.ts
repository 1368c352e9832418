import { z } from 'zod';
import { sha256 } from '../../platform/hash.ts';
import type { OpenSession } from '../../platform/postgres.ts';
import type { RunManifest } from '../run-manifest.ts';
import { runOrderOf } from '../run-order.ts';
import type { Stage } from '../stage.ts';
import type { RunStore } from '../store.ts';
import { isNewer } from '../uploads.ts';
import { buildManifest, listResults, readAllCompletions } from './build-manifest.ts';
import { followPublished } from './latest.ts';
import { pruneRuns, publishRun, readPublished } from './published.ts';

const publishEnvironment = z.object({ KEEP_RUNS: z.coerce.number().int().min(1).default(5) });

/**
 * Shows the run to everyone: its manifest, then the database, then `latest/<drop>.json`. Each step may be repeated after
 * a death at any point; nothing before the database's one row is seen by readers.
 */
export const publishStage = (withDatabase: OpenSession): Stage<'publish'> => ({
  name: 'publish',
  async run({ event, store, log }) {
    const { runId, drop } = event;
    const { KEEP_RUNS } = publishEnvironment.parse(process.env);
    const [completions, inputs] = await Promise.all([
      store.require('plan', runId).then((plan) => readAllCompletions(store, event, plan)),
      store.require('inputs', runId),
    ]);
    const order = runOrderOf(inputs, completions.plan);
    const stored = await listResults(store.processed, runId, completions);
    const manifest = buildManifest(event, inputs, order, completions, stored);
    const manifestKey = store.key('manifest', runId);
    const manifestSha256 = await writeOnce(store, manifest);

    const session = { applicationName: 'ecom publish' };
    const result = await withDatabase(session, async (client) => {
      const uploads = () => store.read('uploads', drop);
      const outcome = await publishRun(
        client,
        { runId, drop, manifestKey, manifestSha256 },
        {
          isNewerThan: async (other) => isNewer(await uploads(), runId, other),
          latestRun: async () => (await store.readReplaceable('latest', drop))?.value?.runId,
        },
      );
      await followPublished(store, drop, () => readPublished(client, drop));
      try {
        const newest = (await uploads())?.runs[0]?.runId;
        const pruned = await pruneRuns(client, drop, KEEP_RUNS, newest);
        if (pruned.held.length > 0)
          log.warn('old runs are being read and stay for now', { runs: pruned.held });
        if (pruned.dropped.length > 0)
          log.info('old runs are gone from the database', { runs: pruned.dropped });
      } catch (error) {
        // The run is published; the next publication tries again.
        log.error('old runs could not be removed from the database', { error });
      }
      return outcome;
    });
    log.info(result.published ? 'published' : 'not published', { reason: result.reason });
    return { outputs: [], result };
  },
});

/** Writes the manifest unless an earlier try of this stage did, and returns the hash of what stands there. */
async function writeOnce(store: RunStore, manifest: RunManifest): Promise<string> {
  await store.writeOnce('manifest', [manifest.runId], manifest);
  const key = store.key('manifest', manifest.runId);
  const text = await store.processed.getText(key);
  if (text === undefined) throw new Error(`${key} has just been written`);
  return sha256(text);
}
