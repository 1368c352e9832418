import type { ExperimentSettings } from '../experiment/config.ts';
import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import { metricsOf } from '../experiment/metrics.ts';
import type { SegmentReport } from '../report/schema.ts';
import type { ParallelExperiment } from '../report/trust-schema.ts';
import type { RunPlan } from '../runs/documents.ts';
import { holm } from '../statistics/multiplicity.ts';
import { rolesOf } from './compare-metrics.ts';
import { sampleOf } from './sample.ts';
import { compareSegments } from './segments.ts';

/** By the experiment whose effects they are. */
export type ParallelExperiments = ReadonlyMap<string, readonly ParallelExperiment[]>;

interface Test {
  /** What is asked: the same of two experiments with two arms each and the same primary metric, whichever comes first. */
  readonly question: string;
  readonly found: ParallelExperiment;
}

/**
 * Whether the effect of one experiment on its primary metric differs by the arm of another: of every pair of experiments
 * that share users, both ways, as between the levels of a segment. Corrected by Holm over all questions of the run; one
 * that is asked both ways counts once, with the larger p.
 */
export function parallelExperiments(
  experiments: readonly {
    readonly measurement: ExperimentMeasurement;
    readonly settings: ExperimentSettings;
  }[],
  run: Pick<RunPlan, 'unavailable' | 'config'>,
): ParallelExperiments {
  const tests = experiments.map(({ measurement, settings }) => testsOf(measurement, settings, run));
  const questions = new Map<string, number>();
  for (const { question, found } of tests.flat()) {
    if (found.p !== null) questions.set(question, Math.max(found.p, questions.get(question) ?? 0));
  }
  const corrected = holm([...questions.values()]);
  const adjusted = new Map([...questions.keys()].map((question, index) => [question, corrected[index]]));
  return new Map(
    experiments.map(({ measurement: { experimentId } }, index) => [
      experimentId,
      (tests[index] ?? []).map(({ question, found }) => ({
        ...found,
        pAdjusted: found.p === null ? null : (adjusted.get(question) ?? null),
      })),
    ]),
  );
}

function testsOf(
  measurement: ExperimentMeasurement,
  settings: ExperimentSettings,
  run: Pick<RunPlan, 'unavailable' | 'config'>,
): Test[] {
  const { experimentId, parallel = [] } = measurement;
  const sample = sampleOf(measurement, settings.control);
  const arms = [sample.control, ...sample.treatments];
  const roles = rolesOf(settings, metricsOf(run.config, settings), run, arms).filter(
    ({ role }) => role === 'primary',
  );
  const { segments, interactions } = compareSegments(
    parallel.map((other) => ({ segment: other.experimentId, level: other.variant, arms: other.arms })),
    roles,
    sample,
    { alpha: settings.alpha, basis: settings.decision },
  );
  return interactions.map(({ segment, variant, metric, method, q, df, p, reason }) => {
    const levels = segments.filter((level) => level.segment === segment);
    const isSymmetric = arms.length === 2 && levels.length === 2;
    const pair = isSymmetric ? [experimentId, segment].toSorted() : [experimentId, variant, segment];
    return {
      question: JSON.stringify([...pair, metric, settings.outcome_window_days]),
      found: {
        experimentId: segment,
        variant,
        metric,
        users: levels.reduce((sum, { users }) => sum + users, 0),
        effects: levels.flatMap((level) => effectsAt(level, variant)),
        method: method ?? 'cochran_q_difference',
        q,
        df,
        p,
        pAdjusted: null,
        reason,
      },
    };
  });
}

function effectsAt({ level, metrics }: SegmentReport, variant: string): ParallelExperiment['effects'] {
  return metrics
    .flatMap(({ comparisons }) => comparisons)
    .filter((comparison) => comparison.variant === variant)
    .map(({ effect: { absolute, relative } }) => ({ variant: level, absolute, relative }));
}
