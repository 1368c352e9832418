import path from 'node:path';
import { z } from 'zod';
import { processedKeys } from '../../layers/contracts/keys.ts';
import { measurements } from '../../layers/contracts/measurements.ts';
import { cleanResult, martsResult, stageResult } from '../../layers/contracts/run-documents.ts';
import { readCompletions } from '../../layers/execution/completions.ts';
import { readPlan, stageHandler } from '../../layers/execution/stage-handler.ts';
import { Database } from '../../layers/storage/duckdb.ts';
import { jsonText } from '../../layers/storage/object-store.ts';
import { downloadAll } from '../../layers/storage/transfer.ts';
import { measure } from './measure.ts';

export const handler = stageHandler({
  stage: 'measure',
  resultSchema: z.strictObject({ experiments: z.array(z.string()) }),
  async run({ event, environment, processed, folder }) {
    const { runId } = event;
    const plan = await readPlan(processed, runId);
    const [staged, cleaned, marts] = await Promise.all([
      readCompletions(processed, 'stage', stageResult, event, plan.chunks.length),
      readCompletions(processed, 'clean', cleanResult, event, plan.buckets),
      readCompletions(processed, 'marts', martsResult, event, plan.buckets),
    ]);

    const copies = (mart: string) =>
      marts
        .flatMap(({ outputs }) => outputs)
        .filter(({ key }) => key.startsWith(`processed/marts/${mart}/`))
        .map(({ key }) => ({ key, file: path.join(folder, path.basename(key)) }));
    const exposure = copies('user_exposure');
    const outcomes = copies('user_outcomes');
    await downloadAll(processed, [...exposure, ...outcomes]);

    await using db = await Database.open({ memoryMb: environment.memoryMb, folder });
    const measured = measurements.parse(
      await measure(db, {
        plan,
        staged: staged.map(({ result }) => result),
        cleaned: cleaned.map(({ result }) => result),
        marts: marts.map(({ result }) => result),
        userExposure: exposure.map(({ file }) => file),
        userOutcomes: outcomes.map(({ file }) => file),
      }),
    );
    const key = processedKeys.measurements(runId);
    const text = jsonText(measured);
    await processed.put(key, text, 'application/json');
    return {
      outputs: [{ key, rows: measured.experiments.length, bytes: Buffer.byteLength(text), bucket: null }],
      result: { experiments: measured.experiments.map(({ experimentId }) => experimentId) },
    };
  },
});
