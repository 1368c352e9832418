import path from 'node:path';
import { buildMarts, requireOneCurrency, resolveAsOf } from '../../layers/engine/marts/build-marts.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import type { ObjectStore } from '../../layers/platform/s3.ts';
import { literal } from '../../layers/platform/sql.ts';
import { downloadAll, uploadAll } from '../../layers/platform/transfer.ts';
import { readCompletions } from '../../layers/runs/completions.ts';
import { cleanResult, martsResult, type Output, type RunInputs } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { readInputs } from '../../layers/runs/run-order.ts';
import { readPlan, stageHandler } from '../../layers/runs/stage-handler.ts';

export const handler = stageHandler({
  stage: 'marts',
  resultSchema: martsResult,
  async run({ event, environment, raw, processed, folder }) {
    const { runId, index: bucket } = event;
    const plan = await readPlan(processed, runId);
    const cleaned = await readCompletions(processed, 'clean', cleanResult, event, plan.buckets);
    const results = cleaned.map(({ result }) => result);
    requireOneCurrency(results);

    const outputs = cleaned[bucket]?.outputs ?? [];
    const copies = (isWanted: (key: string) => boolean) =>
      outputs
        .filter(({ key }) => isWanted(key))
        .map(({ key }) => ({ key, file: path.join(folder, key.replaceAll('/', '_')) }));
    const intermediate = (name: string) =>
      copies((key) => key === processedKeys.intermediate(name, runId, bucket));
    const sources = {
      events: copies((key) => key.startsWith('processed/events_clean/')),
      assignments: intermediate('experiment_assignments'),
      users: intermediate('users'),
      sessions: intermediate('sessions'),
    };
    await downloadAll(processed, Object.values(sources).flat());
    const excludedUsers = await fetchExcludedUsers(raw, await readInputs(processed, runId), folder);

    const ordinal = plan.buckets === 1 ? undefined : bucket;
    const output = {
      userExposure: path.join(folder, 'user_exposure.parquet'),
      userOutcomes: path.join(folder, 'user_outcomes.parquet'),
      sinceExposure: path.join(folder, 'since_exposure.parquet'),
      sessionDurations: path.join(folder, 'session_durations.parquet'),
    };
    await using db = await Database.open({ memoryMb: environment.memoryMb, folder });
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
    const sizes = await uploadAll(processed, written);
    return {
      outputs: written.map(
        ({ key, rows }, index): Output => ({ key, rows, bytes: sizes[index] ?? 0, bucket }),
      ),
      result,
    };
  },
});

function filesOf(transfers: readonly { readonly file: string }[]): string[] {
  return transfers.map(({ file }) => file);
}

async function rowsIn(db: Database, file: string): Promise<number> {
  const { n } = await db.row<{ n: string }>(`SELECT count(*) AS n FROM read_parquet(${literal(file)})`);
  return Number(n);
}

/** The drop's files of ids to leave out, as they were when the run was started. */
async function fetchExcludedUsers(
  raw: ObjectStore,
  { inputs }: RunInputs,
  folder: string,
): Promise<string[]> {
  const files: string[] = [];
  for (const { key, versionId } of inputs.filter(({ kind, size }) => kind === 'excluded_users' && size > 0)) {
    const file = path.join(folder, path.basename(key));
    await raw.downloadTo({ key, versionId }, file);
    files.push(file);
  }
  return files;
}
