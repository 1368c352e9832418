import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import { isOfAssigned } from '../experiment/metrics.ts';
import type { EffectOnAssigned } from '../report/assigned-schema.ts';
import { type AggregatedColumns, Aggregates } from '../statistics/aggregates.ts';
import { effectOf } from '../statistics/effect.ts';
import type { Arm } from './arm.ts';
import { effectReport } from './compare-metric.ts';
import type { RoleOfMetric } from './compare-metrics.ts';
import { estimateLift } from './estimate.ts';
import { analyses } from './metrics/kinds.ts';
import { plainBasis, type Sample } from './sample.ts';

type Users = EffectOnAssigned['users'];

/**
 * The effects on everyone assigned (intention to treat), where not all of them were exposed, and on the users by their first
 * assignment, where some came to several arms: of each metric that is measured of them, for each treatment.
 */
export function effectsOnAssigned(
  measurement: ExperimentMeasurement,
  roles: readonly RoleOfMetric[],
  sample: Sample,
  { alpha, isExposedByAssignment }: { readonly alpha: number; readonly isExposedByAssignment: boolean },
): EffectOnAssigned[] {
  const outcomes = measurement.assignedOutcomes ?? [];
  const [first] = outcomes;
  if (first === undefined) return [];
  const { shape } = Aggregates.parse(first.users, first);
  const shown: Users[] = [
    ...(isExposedByAssignment ? [] : (['assigned'] as const)),
    ...(outcomes.some(({ crossed }) => crossed) ? (['first_assignment'] as const) : []),
  ];
  const measured = roles.filter(({ metric, unavailable }) => unavailable === null && isOfAssigned(metric));
  return shown.flatMap((users) => {
    const wide = widened(sample, outcomes, shape, users);
    return measured.flatMap(({ metric }) =>
      wide.treatments.map((treatment): EffectOnAssigned => {
        const effect = effectOf(estimateLift(metric, wide, treatment, plainBasis), alpha);
        const of = { metric, sample: wide, numerator: metric.numerator };
        const narrow = sample.treatments.find(({ variant }) => variant === treatment.variant);
        const share = users === 'assigned' ? exposedShare([sample.control, narrow]) : null;
        const exposed =
          narrow === undefined || share === null || metric.denominator !== undefined
            ? null
            : effectOf(estimateLift(metric, sample, narrow, plainBasis), alpha).absolute;
        return {
          metric: metric.name,
          variant: treatment.variant,
          users,
          control: analyses[metric.kind].summary(of, wide.control),
          treatment: analyses[metric.kind].summary(of, treatment),
          effect: effectReport(effect),
          test: effect.test,
          exposedShare: share,
          diluted: exposed === null || share === null ? null : exposed * share,
          reason: effect.reason,
        };
      }),
    );
  });
}

/** The sample's arms with the sums of other users. */
function widened(
  sample: Sample,
  outcomes: NonNullable<ExperimentMeasurement['assignedOutcomes']>,
  shape: AggregatedColumns,
  users: Users,
): Sample {
  const widen = (arm: Arm): Arm => {
    const aggregates = outcomes
      .filter(({ variant, crossed }) => variant === arm.variant && (users === 'first_assignment' || !crossed))
      .reduce((sum, own) => sum.add(Aggregates.parse(own.users, own)), Aggregates.none(shape));
    return { ...arm, users: Number(aggregates.n), aggregates };
  };
  const [control, treatments] = [widen(sample.control), sample.treatments.map(widen)];
  return { ...sample, control, treatments, pooled: [control, ...treatments] };
}

function exposedShare(arms: readonly (Arm | undefined)[]): number | null {
  const total = (what: 'assigned' | 'exposed') => arms.reduce((sum, arm) => sum + (arm?.[what] ?? 0), 0);
  return total('assigned') === 0 ? null : total('exposed') / total('assigned');
}
