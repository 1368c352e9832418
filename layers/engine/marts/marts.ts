import path from 'node:path';
import { type MartsConfig, martsConfig } from '../../experiment/config-slices.ts';
import type { Database } from '../../platform/duckdb.ts';
import { downloadAll } from '../../platform/object-store.ts';
import { literal } from '../../platform/sql.ts';
import type { RunInputs, RunPlan } from '../../runs/documents.ts';
import { areas, processedKeys } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import { attempt } from '../../runs/stage.ts';
import { contentOf, repeatable, storeOutputs } from '../../runs/work.ts';
import { buildMarts, requireOneCurrency, resolveAsOf } from './build-marts.ts';
import type { CleanFiles } from './clean-rows.ts';

type ObjectRef = ReturnType<typeof contentOf>;

interface MartsReads {
  readonly config: MartsConfig;
  readonly unmeasured: RunPlan['unmeasured'];
  /** That of the whole run. */
  readonly asOf: string | null;
  readonly bucket: number;
  readonly buckets: number;
  /** What `clean` made of the bucket. */
  readonly sources: Readonly<Record<keyof CleanFiles, readonly ObjectRef[]>>;
  /** The drop's files of ids to leave out, as `plan` kept them. */
  readonly excludedUsers: readonly ObjectRef[];
}

/** Exposure and outcomes of each user of one bucket, and how many users the way there took. */
export const martsStage = repeatable<'marts', MartsReads, null>({
  name: 'marts',

  async inputs({ event, store, refusals }) {
    const { runId, index: bucket } = event;
    const plan = await store.require('plan', runId);
    const cleaned = await completionsOf(store, 'clean', event, plan.buckets);
    const results = cleaned.map(({ result }) => result);
    await attempt(refusals, { dataset: 'events', of: 'rows' }, () => requireOneCurrency(results));

    const outputs = cleaned[bucket]?.outputs ?? [];
    const objects = (isWanted: (key: string) => boolean) =>
      outputs.filter(({ key }) => isWanted(key)).map(contentOf);
    const intermediate = (name: string) =>
      objects((key) => key === processedKeys.intermediate(name, runId, bucket));
    const { config, unmeasured, buckets } = plan;
    return {
      reads: {
        config: martsConfig(config),
        unmeasured,
        asOf: resolveAsOf(plan, results),
        bucket,
        buckets,
        sources: {
          events: objects((key) => key.startsWith(areas.eventsClean)),
          assignments: intermediate('experiment_assignments'),
          users: intermediate('users'),
          sessions: intermediate('sessions'),
        },
        excludedUsers: excludedUsersOf(await store.require('inputs', runId)),
      },
      aside: null,
    };
  },

  adopt: ({ result }) => ({ result }),

  async run({ runId, processed, folder, engine, refusals }, { reads }) {
    const { config, unmeasured, asOf, bucket, buckets, sources } = reads;
    const copies = (objects: readonly ObjectRef[]) =>
      objects.map(({ key }) => ({ key, file: path.join(folder, key.replaceAll('/', '_')) }));
    const lists = reads.excludedUsers.map(({ key }) => ({
      key,
      file: path.join(folder, path.posix.basename(key)),
    }));
    await downloadAll(processed, [...Object.values(sources).flatMap(copies), ...lists]);

    const ordinal = buckets === 1 ? undefined : bucket;
    const output = {
      userExposure: path.join(folder, 'user_exposure.parquet'),
      userOutcomes: path.join(folder, 'user_outcomes.parquet'),
      sinceExposure: path.join(folder, 'since_exposure.parquet'),
      sessionDurations: path.join(folder, 'session_durations.parquet'),
    };
    await using db = await engine.open(folder);
    const { result, rows } = await buildMarts(db, {
      config,
      unmeasured,
      asOf,
      files: {
        events: filesOf(copies(sources.events)),
        assignments: filesOf(copies(sources.assignments)),
        users: filesOf(copies(sources.users)),
        sessions: filesOf(copies(sources.sessions)),
      },
      excludedUsers: filesOf(lists),
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
    ].map((file) => ({ ...file, bucket }));
    return { outputs: await storeOutputs(processed, written), result };
  },
});

function filesOf(transfers: readonly { readonly file: string }[]): string[] {
  return transfers.map(({ file }) => file);
}

async function rowsIn(db: Database, file: string): Promise<number> {
  const { n } = await db.row<{ n: string }>(`SELECT count(*) AS n FROM read_parquet(${literal(file)})`);
  return Number(n);
}

function excludedUsersOf({ runId, inputs }: RunInputs): ObjectRef[] {
  return inputs
    .filter(({ kind, size }) => kind === 'excluded_users' && size > 0)
    .map(({ key, etag }) => ({ key: processedKeys.excludedUsers(runId, path.posix.basename(key)), etag }));
}
