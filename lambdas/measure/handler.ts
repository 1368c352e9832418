import path from 'node:path';
import { z } from 'zod';
import { checkBadRate } from '../../layers/data/bad-rows.ts';
import { type DatasetName, datasetContracts } from '../../layers/data/datasets/index.ts';
import { measure } from '../../layers/engine/measure/measure.ts';
import { fileCounts, reconcileFiles } from '../../layers/engine/measure/reconcile-files.ts';
import { measurements } from '../../layers/experiment/measurements.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { jsonText } from '../../layers/platform/s3.ts';
import { downloadAll } from '../../layers/platform/transfer.ts';
import { readCompletions } from '../../layers/runs/completions.ts';
import { cleanResult, martsResult, stageResult } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { readPlan, stageHandler } from '../../layers/runs/stage-handler.ts';

export const handler = stageHandler({
  stage: 'measure',
  resultSchema: z.strictObject({ experiments: z.array(z.string()), files: z.array(fileCounts) }),
  async run({ event, environment, processed, folder }) {
    const { runId } = event;
    const plan = await readPlan(processed, runId);
    const [staged, cleaned, marts] = await Promise.all([
      readCompletions(processed, 'stage', stageResult, event, plan.chunks.length),
      readCompletions(processed, 'clean', cleanResult, event, plan.buckets),
      readCompletions(processed, 'marts', martsResult, event, plan.buckets),
    ]);

    const files = reconcileFiles(
      plan.chunks,
      staged.map(({ result }) => result),
      cleaned.map(({ result }) => result),
    );

    const copies = (prefix: string) =>
      [...cleaned, ...marts]
        .flatMap(({ outputs }) => outputs)
        .filter(({ key }) => key.startsWith(prefix))
        .map(({ key }) => ({ key, file: path.join(folder, path.basename(key)) }));
    const exposure = copies('processed/marts/user_exposure/');
    const outcomes = copies('processed/marts/user_outcomes/');
    const sinceExposure = copies(processedKeys.intermediates('since_exposure', runId));
    const sessionDurations = copies(processedKeys.intermediates('session_durations', runId));
    await downloadAll(processed, [...exposure, ...outcomes, ...sinceExposure, ...sessionDurations]);

    await using db = await Database.open({ memoryMb: environment.memoryMb, folder });
    const measured = measurements.parse(
      await measure(db, {
        plan,
        staged: staged.map(({ result }) => result),
        cleaned: cleaned.map(({ result }) => result),
        marts: marts.map(({ result }) => result),
        userExposure: exposure.map(({ file }) => file),
        userOutcomes: outcomes.map(({ file }) => file),
        sinceExposure: sinceExposure.map(({ file }) => file),
        sessionDurations: sessionDurations.map(({ file }) => file),
      }),
    );
    for (const [dataset, counts] of Object.entries(measured.quality)) {
      const contract = datasetContracts[dataset as DatasetName];
      const quarantineRules = measured.quarantineRules.filter((rule) => rule.dataset === dataset);
      checkBadRate(contract, { ...counts, quarantineRules }, runId, dataset);
    }
    const key = processedKeys.measurements(runId);
    const text = jsonText(measured);
    await processed.put(key, text, 'application/json');
    return {
      outputs: [{ key, rows: measured.experiments.length, bytes: Buffer.byteLength(text), bucket: null }],
      result: { experiments: measured.experiments.map(({ experimentId }) => experimentId), files },
    };
  },
});
