import path from 'node:path';
import type { Database } from '../../platform/duckdb.ts';
import { downloadAll, type ObjectStore, uploadAll } from '../../platform/object-store.ts';
import { literal } from '../../platform/sql.ts';
import type { Output, RunInputs } from '../../runs/documents.ts';
import { areas, processedKeys } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import { attempt, type Stage } from '../../runs/stage.ts';
import { buildMarts, requireOneCurrency, resolveAsOf } from './build-marts.ts';

/** Exposure and outcomes of each user of one bucket, and how many users the way there took. */
export const martsStage: Stage<'marts'> = {
  name: 'marts',
  async run({ event, store, folder, engine, refusals }) {
    const { runId, index: bucket } = event;
    const { processed } = store;
    const plan = await store.require('plan', runId);
    const cleaned = await completionsOf(store, 'clean', event, plan.buckets);
    const results = cleaned.map(({ result }) => result);
    await attempt(refusals, { dataset: 'events', of: 'rows' }, () => requireOneCurrency(results));

    const outputs = cleaned[bucket]?.outputs ?? [];
    const copies = (isWanted: (key: string) => boolean) =>
      outputs
        .filter(({ key }) => isWanted(key))
        .map(({ key }) => ({ key, file: path.join(folder, key.replaceAll('/', '_')) }));
    const intermediate = (name: string) =>
      copies((key) => key === processedKeys.intermediate(name, runId, bucket));
    const sources = {
      events: copies((key) => key.startsWith(areas.eventsClean)),
      assignments: intermediate('experiment_assignments'),
      users: intermediate('users'),
      sessions: intermediate('sessions'),
    };
    await downloadAll(processed, Object.values(sources).flat());
    const excludedUsers = await fetchExcludedUsers(processed, await store.require('inputs', runId), folder);

    const ordinal = plan.buckets === 1 ? undefined : bucket;
    const output = {
      userExposure: path.join(folder, 'user_exposure.parquet'),
      userOutcomes: path.join(folder, 'user_outcomes.parquet'),
      sinceExposure: path.join(folder, 'since_exposure.parquet'),
      sessionDurations: path.join(folder, 'session_durations.parquet'),
    };
    await using db = await engine.open(folder);
    const { result, rows } = await buildMarts(db, {
      config: plan.config,
      unmeasured: plan.unmeasured,
      asOf: resolveAsOf(plan, results),
      files: {
        events: filesOf(sources.events),
        assignments: filesOf(sources.assignments),
        users: filesOf(sources.users),
        sessions: filesOf(sources.sessions),
      },
      excludedUsers,
      refusals,
      output,
    });

    const written = [
      { key: processedKeys.mart('user_exposure', runId, ordinal), file: output.userExposure, rows },
      { key: processedKeys.mart('user_outcomes', runId, ordinal), file: output.userOutcomes, rows },
      {
        key: processedKeys.intermediate('since_exposure', runId, bucket),
        file: output.sinceExposure,
        rows: await rowsIn(db, output.sinceExposure),
      },
      {
        key: processedKeys.intermediate('session_durations', runId, bucket),
        file: output.sessionDurations,
        rows: await rowsIn(db, output.sessionDurations),
      },
    ];
    const sizes = await uploadAll(store.processed, written);
    return {
      outputs: written.map(
        ({ key, rows }, index): Output => ({ key, rows, bytes: sizes[index] ?? 0, bucket }),
      ),
      result,
    };
  },
};

function filesOf(transfers: readonly { readonly file: string }[]): string[] {
  return transfers.map(({ file }) => file);
}

async function rowsIn(db: Database, file: string): Promise<number> {
  const { n } = await db.row<{ n: string }>(`SELECT count(*) AS n FROM read_parquet(${literal(file)})`);
  return Number(n);
}

/** The drop's files of ids to leave out, as `plan` kept them. */
async function fetchExcludedUsers(
  processed: ObjectStore,
  { runId, inputs }: RunInputs,
  folder: string,
): Promise<string[]> {
  const lists = inputs
    .filter(({ kind, size }) => kind === 'excluded_users' && size > 0)
    .map(({ key }) => path.posix.basename(key))
    .map((name) => ({ key: processedKeys.excludedUsers(runId, name), file: path.join(folder, name) }));
  await downloadAll(processed, lists);
  return filesOf(lists);
}
