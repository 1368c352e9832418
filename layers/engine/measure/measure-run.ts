import path from 'node:path';
import { checkBadRate } from '../../data/bad-rows.ts';
import { datasetContracts, datasetNames } from '../../data/datasets/index.ts';
import { type MeasureConfig, measureConfig } from '../../experiment/config-slices.ts';
import { type Measurements, measurements } from '../../experiment/measurements.ts';
import { downloadAll, type ObjectStore } from '../../platform/object-store.ts';
import type {
  Chunk,
  CleanResult,
  MartsResult,
  ResultOf,
  RunPlan,
  StageResult,
} from '../../runs/documents.ts';
import { areas, processedKeys } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import { attempt, type StageOutcome } from '../../runs/stage.ts';
import { contentOf, repeatable } from '../../runs/work.ts';
import { measure } from './measure.ts';
import { qualityOf, reconcileFiles } from './reconcile.ts';
import { measureSummary } from './summary.ts';
import type { MartFiles } from './users.ts';
import { inWholeFiles } from './whole-files.ts';

type ObjectRef = ReturnType<typeof contentOf>;

interface MeasureReads {
  /** The sums of a file of them, in place of all else; null where there are users. */
  readonly summed: Measurements | null;
  readonly config: MeasureConfig;
  /** Segments that there is no source for. */
  readonly unavailable: RunPlan['unavailable'];
  readonly chunks: readonly Pick<Chunk, 'key' | 'dataset'>[];
  readonly staged: readonly StageResult[];
  readonly cleaned: readonly CleanResult[];
  readonly marts: readonly MartsResult[];
  readonly sources: Readonly<Record<keyof MartFiles, readonly ObjectRef[]>>;
}

/** Everything that the analysis reads: exact sums over all buckets, and the account of every line. */
export const measureStage = repeatable<'measure', MeasureReads, null>({
  name: 'measure',

  async inputs({ event, store }) {
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
    const objects = (prefix: string) =>
      marts
        .flatMap(({ outputs }) => outputs)
        .filter(({ key }) => key.startsWith(prefix))
        .map(contentOf);
    return {
      reads: {
        summed:
          plan.config.summary === null
            ? null
            : measureSummary(await store.require('summary', runId), plan.config, plan.asOf),
        config: measureConfig(plan.config),
        unavailable: plan.unavailable.filter(({ kind }) => kind === 'segment'),
        chunks: plan.chunks.map(({ key, dataset }) => ({ key, dataset })),
        staged: staged.map(({ result }) => ofWholeFiles(result)),
        cleaned: cleaned.map(({ result }) => ofWholeFiles(result)),
        marts: marts.map(({ result }) => result),
        sources: {
          userExposure: objects(`${areas.marts}user_exposure/`),
          userOutcomes: objects(`${areas.marts}user_outcomes/`),
          sinceExposure: objects(processedKeys.intermediates('since_exposure', runId)),
          sessionDurations: objects(processedKeys.intermediates('session_durations', runId)),
        },
      },
      aside: null,
    };
  },

  adopt: ({ result }) => ({ result }),

  async run({ runId, processed, folder, engine, refusals }, { reads }) {
    const { config, unavailable, chunks, staged, cleaned, marts, sources } = reads;
    if (reads.summed !== null) return stored(processed, runId, reads.summed, []);
    const files = reconcileFiles(chunks, staged, cleaned);

    const copies = (objects: readonly ObjectRef[]) =>
      objects.map(({ key }) => ({ key, file: path.join(folder, path.basename(key)) }));
    await downloadAll(processed, Object.values(sources).flatMap(copies));
    const filesOf = (objects: readonly ObjectRef[]) => copies(objects).map(({ file }) => file);

    await using db = await engine.open(folder);
    const measured = measurements.parse(
      await measure(db, {
        plan: { config, unavailable },
        quality: qualityOf(chunks, files),
        staged,
        cleaned,
        marts,
        userExposure: filesOf(sources.userExposure),
        userOutcomes: filesOf(sources.userOutcomes),
        sinceExposure: filesOf(sources.sinceExposure),
        sessionDurations: filesOf(sources.sessionDurations),
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
    return stored(processed, runId, measured, files);
  },
});

async function stored(
  processed: ObjectStore,
  runId: string,
  measured: Measurements,
  files: ResultOf<'measure'>['files'],
): Promise<StageOutcome<'measure'>> {
  const key = processedKeys.measurements(runId);
  const { size, etag } = await processed.putJson(key, measured);
  return {
    outputs: [{ key, rows: measured.experiments.length, bytes: size, etag, bucket: null }],
    result: { experiments: measured.experiments.map(({ experimentId }) => experimentId), files },
  };
}
