import path from 'node:path';
import { z } from 'zod';
import { buildReport } from '../../layers/analysis/build-report.ts';
import { measurements } from '../../layers/experiment/measurements.ts';
import { jsonText } from '../../layers/platform/s3.ts';
import { decisionDocument } from '../../layers/report/decision-document.ts';
import { reportPage } from '../../layers/report/page/page.ts';
import { resultRows, resultsCsv } from '../../layers/report/results.ts';
import { resultsParquet } from '../../layers/report/results-parquet.ts';
import { readCompletions } from '../../layers/runs/completions.ts';
import { type Output, runInputs } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { readPlan, stageHandler } from '../../layers/runs/stage-handler.ts';

/** Result of `analyze`: the decision of each experiment, for the run's manifest. */
const analyzeResult = z.strictObject({
  decisions: z.array(z.strictObject({ experimentId: z.string(), action: z.string() })),
});

export const handler = stageHandler({
  stage: 'analyze',
  resultSchema: analyzeResult,
  async run({ event, processed, folder, log }) {
    await readCompletions(processed, 'measure', z.unknown(), event, 1);
    const [plan, inputs, sums] = await Promise.all([
      readPlan(processed, event.runId),
      processed.getText(processedKeys.inputs(event.runId)),
      processed.getText(processedKeys.measurements(event.runId)),
    ]);
    const report = buildReport(
      plan,
      runInputs.parse(JSON.parse(inputs ?? 'null')),
      measurements.parse(JSON.parse(sums ?? 'null')),
    );
    const rows = resultRows(report);

    const outputs: Output[] = [];
    const write = async (
      name: Parameters<typeof processedKeys.report>[1],
      body: string | Uint8Array,
      type: string,
    ) => {
      const key = processedKeys.report(event.runId, name);
      await processed.put(key, body, type);
      outputs.push({ key, rows: rows.length, bytes: Buffer.byteLength(body), bucket: null });
    };
    await write('report.json', jsonText(report), 'application/json');
    await write('report.html', reportPage(report), 'text/html; charset=utf-8');
    await write('EXPERIMENT_DECISION.md', decisionDocument(report), 'text/markdown; charset=utf-8');
    await write('results.csv', resultsCsv(rows), 'text/csv; charset=utf-8');
    await write(
      'results.parquet',
      await resultsParquet(rows, path.join(folder, 'results.parquet')),
      'application/vnd.apache.parquet',
    );

    const decisions = report.experiments.map(({ experimentId, decision }) => ({
      experimentId,
      action: decision.action,
    }));
    log.info('decided', { decisions });
    return { outputs, result: { decisions } };
  },
});
