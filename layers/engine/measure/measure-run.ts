import path from 'node:path';
import { checkBadRate } from '../../data/bad-rows.ts';
import { datasetContracts, datasetNames } from '../../data/datasets/index.ts';
import { measurements } from '../../experiment/measurements.ts';
import { downloadAll } from '../../platform/object-store.ts';
import { areas, processedKeys } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import { attempt, type Stage } from '../../runs/stage.ts';
import { measure } from './measure.ts';
import { qualityOf, reconcileFiles } from './reconcile.ts';
import { inWholeFiles } from './whole-files.ts';

/** Everything that the analysis reads: exact sums over all buckets, and the account of every line. */
export const measureStage: Stage<'measure'> = {
  name: 'measure',
  async run({ event, store, folder, engine, refusals }) {
    const { runId } = event;
    const plan = await store.require('plan', runId);
    const [staged, cleaned, marts] = await Promise.all([
      completionsOf(store, 'stage', event, plan.chunks.length),
      completionsOf(store, 'clean', event, plan.buckets),
      completionsOf(store, 'marts', event, plan.buckets),
    ]);

    const ofWholeFiles = inWholeFiles(
      plan.chunks,
      staged.map(({ result }) => result),
    );
    const stagedResults = staged.map(({ result }) => ofWholeFiles(result));
    const cleanedResults = cleaned.map(({ result }) => ofWholeFiles(result));
    const files = reconcileFiles(plan.chunks, stagedResults, cleanedResults);

    const copies = (prefix: string) =>
      [...cleaned, ...marts]
        .flatMap(({ outputs }) => outputs)
        .filter(({ key }) => key.startsWith(prefix))
        .map(({ key }) => ({ key, file: path.join(folder, path.basename(key)) }));
    const exposure = copies(`${areas.marts}user_exposure/`);
    const outcomes = copies(`${areas.marts}user_outcomes/`);
    const sinceExposure = copies(processedKeys.intermediates('since_exposure', runId));
    const sessionDurations = copies(processedKeys.intermediates('session_durations', runId));
    await downloadAll(store.processed, [...exposure, ...outcomes, ...sinceExposure, ...sessionDurations]);

    await using db = await engine.open(folder);
    const measured = measurements.parse(
      await measure(db, {
        plan,
        quality: qualityOf(plan.chunks, files),
        staged: stagedResults,
        cleaned: cleanedResults,
        marts: marts.map(({ result }) => result),
        userExposure: exposure.map(({ file }) => file),
        userOutcomes: outcomes.map(({ file }) => file),
        sinceExposure: sinceExposure.map(({ file }) => file),
        sessionDurations: sessionDurations.map(({ file }) => file),
      }),
    );
    for (const dataset of datasetNames) {
      const counts = measured.quality[dataset];
      if (counts === undefined) continue;
      const quarantineRules = measured.quarantineRules.filter((rule) => rule.dataset === dataset);
      await attempt(refusals, { dataset, of: 'rows' }, () =>
        checkBadRate(datasetContracts[dataset], { ...counts, quarantineRules }, runId, dataset),
      );
    }
    const key = store.key('measurements', runId);
    const bytes = await store.write('measurements', [runId], measured);
    return {
      outputs: [{ key, rows: measured.experiments.length, bytes, bucket: null }],
      result: { experiments: measured.experiments.map(({ experimentId }) => experimentId), files },
    };
  },
};
