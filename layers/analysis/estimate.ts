import type { Metric } from '../experiment/metrics.ts';
import {
  type AdjustedArms,
  adjustedLift,
  adjustmentSlopes,
  interactedSlopes,
  type Quantity,
} from '../statistics/adjustment.ts';
import { inestimable } from '../statistics/effect.ts';
import { type MeanArms, meanLift } from '../statistics/mean.ts';
import { mostSkewed } from '../statistics/skewness.ts';
import type { Arm } from './arm.ts';
import { enoughUsers, expectedUsers } from './enough-users.ts';
import { analyses } from './metrics/kinds.ts';
import type { Estimate } from './metrics/metric-analysis.ts';
import { isRamped, liftOverPeriods } from './ramp.ts';
import { type Basis, numeratorOf, type Sample, scales } from './sample.ts';

/**
 * The lift of one treatment over the control, from which every inference about the metric starts; the lift alone where
 * an arm has too few users for any.
 */
export function estimateLift(metric: Metric, sample: Sample, treatment: Arm, basis: Basis): Estimate {
  const { quantities, isOfSums } = analyses[metric.kind];
  const measured = { metric, sample, numerator: numeratorOf(metric, basis, sample.caps) };
  const within = (part: Sample, arm: Arm) => liftWithin(metric, part, arm, basis);
  const estimate = !isRamped(sample)
    ? within(sample, treatment)
    : isOfSums
      ? liftOverPeriods(sample, treatment, within)
      : inestimable('not_by_period');
  if (estimate.reason !== null) return estimate;
  const isEnough = quantities(measured, treatment).every(([c, t]) => enoughUsers(c, t));
  if (!isEnough) return inestimable('too_few_users', estimate);
  return Math.abs(estimate.skewness ?? 0) > mostSkewed ? inestimable('too_skewed', estimate) : estimate;
}

function liftWithin(metric: Metric, sample: Sample, treatment: Arm, basis: Basis): Estimate {
  return basis.estimate === 'cuped' && metric.covariates.length > 0
    ? adjustedLift(adjustedArms(metric, sample, treatment, basis))
    : analyses[metric.kind].lift(
        { metric, sample, numerator: numeratorOf(metric, basis, sample.caps) },
        treatment,
      );
}

/** The lift of a mean, as {@link estimateLift} gives it: the lift alone where an arm has too few users for inference. */
export function meanLiftOf(arms: MeanArms): Estimate {
  const estimate = meanLift(arms);
  if (estimate.reason !== null || enoughUsers(arms.control, arms.treatment)) return estimate;
  return inestimable('too_few_users', estimate);
}

/**
 * Users that each of two arms should be expected to have who make up the metric, and who make up each covariate, before slopes of
 * its own are fitted to it: with fewer they fit noise of the smaller arm (docs/statistics.md, CUPED).
 */
export const usersForSlopes = 100;

/**
 * A metric's columns, then its covariates, over both arms, with the slopes of the pooled arms; of two arms alone, each large enough,
 * with those of the arms (Lin 2013).
 */
export function adjustedArms(
  metric: Metric,
  { control, pooled, caps }: Sample,
  treatment: Arm,
  basis: Pick<Basis, 'values'>,
): AdjustedArms & { readonly slopesOf: 'all_users' | 'each_arm' } {
  const numerator = numeratorOf(metric, basis, caps);
  const { denominator, covariates } = metric;
  const columns = [numerator, ...(denominator === undefined ? [] : [denominator]), ...covariates].map(
    ({ column }) => column,
  );
  const sums = { columns, pairs: columns.flatMap((a, i) => columns.slice(i).map((b) => [a, b] as const)) };
  const quantity: Quantity = {
    numerator: numerator.column,
    ...(denominator === undefined ? {} : { denominator: denominator.column }),
  };
  const explaining = covariates.map(({ column }): Quantity => ({ numerator: column }));
  const arms = pooled.map(({ aggregates }) => aggregates.restrict(sums));
  const [first, second, ...others] = arms;
  const isInteracted =
    first !== undefined &&
    second !== undefined &&
    others.length === 0 &&
    columns.every((column) => expectedUsers(first.moments(column), second.moments(column)) >= usersForSlopes);
  return {
    control: control.aggregates,
    treatment: treatment.aggregates,
    metric: quantity,
    covariates: explaining,
    slopesOf: isInteracted ? 'each_arm' : 'all_users',
    slopes: isInteracted
      ? interactedSlopes(first, second, quantity, explaining)
      : adjustmentSlopes(arms, quantity, explaining),
    scale: scales[numerator.unit],
    denominatorScale: denominator === undefined ? 1n : scales[denominator.unit],
  };
}

/** The variance of the control's own estimate, the part that all lifts against it share. */
export function controlVariance(metric: Metric, sample: Sample, basis: Basis): number | null {
  const against = estimateLift(metric, sample, sample.control, basis);
  return against.reason === null ? against.liftVariance / 2 : null;
}
