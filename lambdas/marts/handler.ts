import path from 'node:path';
import { processedKeys } from '../../layers/contracts/keys.ts';
import { cleanResult, martsResult, type Output } from '../../layers/contracts/run-documents.ts';
import { readCompletions } from '../../layers/execution/completions.ts';
import { readPlan, stageHandler } from '../../layers/execution/stage-handler.ts';
import { Database } from '../../layers/storage/duckdb.ts';
import { downloadAll, uploadAll } from '../../layers/storage/transfer.ts';
import { buildMarts, requireOneCurrency, resolveAsOf } from './build-marts.ts';

export const handler = stageHandler({
  stage: 'marts',
  resultSchema: martsResult,
  async run({ event, environment, processed, folder }) {
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
    const paths = (transfers: readonly { file: string }[]) => transfers.map(({ file }) => file);

    const userExposure = path.join(folder, 'user_exposure.parquet');
    const userOutcomes = path.join(folder, 'user_outcomes.parquet');
    await using db = await Database.open({ memoryMb: environment.memoryMb, folder });
    const { result, rows } = await buildMarts(db, {
      config: plan.config,
      asOf: resolveAsOf(plan, results),
      files: {
        events: paths(sources.events),
        assignments: paths(sources.assignments),
        users: paths(sources.users),
        sessions: paths(sources.sessions),
      },
      userExposure,
      userOutcomes,
    });

    const ordinal = plan.buckets === 1 ? undefined : bucket;
    const marts = [
      { key: processedKeys.mart('user_exposure', runId, ordinal), file: userExposure },
      { key: processedKeys.mart('user_outcomes', runId, ordinal), file: userOutcomes },
    ];
    const sizes = await uploadAll(processed, marts);
    return {
      outputs: marts.map(({ key }, index): Output => ({ key, rows, bytes: sizes[index] ?? 0, bucket })),
      result,
    };
  },
});
