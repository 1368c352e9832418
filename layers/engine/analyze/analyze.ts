import path from 'node:path';
import { buildReport } from '../../analysis/build-report.ts';
import { decisionDocument } from '../../report/decision-document.ts';
import { reportPage } from '../../report/page/page.ts';
import { resultRows, resultsCsv } from '../../report/results.ts';
import { resultsParquet } from '../../report/results-parquet.ts';
import type { Output } from '../../runs/documents.ts';
import { processedKeys, type ReportFile } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import type { Stage } from '../../runs/stage.ts';

/** The decision of each experiment from the sums alone, as data, page, table and document. */
export const analyzeStage: Stage<'analyze'> = {
  name: 'analyze',
  async run({ event, store, folder, log }) {
    const { runId } = event;
    const [plan, inputs, sums] = await Promise.all([
      store.require('plan', runId),
      store.require('inputs', runId),
      completionsOf(store, 'measure', event, 1).then(() => store.require('measurements', runId)),
    ]);
    const report = buildReport(plan, inputs, sums);
    const rows = resultRows(report);

    const key = store.key('report', runId);
    const bytes = await store.write('report', [runId], report);
    const write = async (name: ReportFile, body: string | Uint8Array, type: string): Promise<Output> => {
      const key = processedKeys.report(runId, name);
      await store.processed.put(key, body, type);
      return { key, rows: rows.length, bytes: Buffer.byteLength(body), bucket: null };
    };
    const parquet = await resultsParquet(rows, path.join(folder, 'results.parquet'));
    const others = await Promise.all([
      write('report.html', reportPage(report), 'text/html; charset=utf-8'),
      write('EXPERIMENT_DECISION.md', decisionDocument(report), 'text/markdown; charset=utf-8'),
      write('results.csv', resultsCsv(rows), 'text/csv; charset=utf-8'),
      write('results.parquet', parquet, 'application/vnd.apache.parquet'),
    ]);
    const outputs: Output[] = [{ key, rows: rows.length, bytes, bucket: null }, ...others];

    const decisions = report.experiments.map(({ experimentId, decision }) => ({
      experimentId,
      action: decision.action,
    }));
    log.info('decided', { decisions });
    return { outputs, result: { decisions } };
  },
};
