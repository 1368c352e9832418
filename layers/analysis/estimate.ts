import type { CapMeasurement, QuantileMeasurement } from '../experiment/measurements.ts';
import type { Metric, OutcomeColumn, Unit } from '../experiment/metrics.ts';
import type { Decision, MetricReport } from '../report/schema.ts';
import {
  type AdjustedArms,
  adjustedLift,
  adjustmentSlopes,
  type Quantity,
} from '../statistics/adjustment.ts';
import { type InestimableEffect, inestimable, type LiftEstimate } from '../statistics/effect.ts';
import { type MeanArms, meanLift } from '../statistics/mean.ts';
import type { PairMoments } from '../statistics/moments.ts';
import { proportionLift } from '../statistics/proportion.ts';
import { type QuantileSample, quantileLift } from '../statistics/quantile.ts';
import { ratioLift } from '../statistics/ratio.ts';
import type { Arm } from './arm.ts';
import { enoughForMetric, enoughUsers } from './enough-users.ts';

export type Estimate = LiftEstimate | InestimableEffect;
/** Which estimate, of which values. */
export type Basis = Pick<Decision['basis'], 'estimate' | 'values'>;

export const plainBasis: Basis = { estimate: 'unadjusted', values: 'uncapped' };

/** The users of some arms, all of an experiment's or those of a segment, as exact sums. */
export interface Sample {
  readonly control: Arm;
  readonly treatments: readonly Arm[];
  /** Arms that CUPED's slopes come from: the whole experiment's, also for a segment. */
  readonly pooled: readonly Arm[];
  readonly caps: readonly CapMeasurement[];
  readonly quantiles: readonly QuantileMeasurement[];
}

/** Stored integers in one reported unit: cents in a unit of money, milliseconds in a second. */
export const scales: Record<Unit, bigint> = { count: 1n, cents: 100n, milliseconds: 1000n };

const units = { count: 'count', cents: 'currency', milliseconds: 'seconds' } as const;

/** The unit in which a metric is reported. */
export function reportedUnit(metric: Metric): MetricReport['unit'] {
  return metric.kind === 'conversion' || metric.isShare ? 'share' : columnUnit(metric.numerator.unit);
}

export function columnUnit(unit: Unit): (typeof units)[Unit] {
  return units[unit];
}

/** The column whose values count on a basis: the capped one where the metric is capped and something was cut. */
export function numeratorOf(
  { numerator, capped }: Metric,
  { values }: Pick<Basis, 'values'>,
  caps: readonly CapMeasurement[],
): OutcomeColumn {
  if (values === 'uncapped' || capped === undefined) return numerator;
  const measured = caps.find(({ column }) => column === capped.column);
  return measured === undefined || measured.cap === null ? numerator : capped;
}

/** Exact sums of two columns in one arm: x the numerator, y the denominator (the numerator where there is none). */
export function momentsOfArm(
  { numerator, denominator = numerator }: Pick<Metric, 'numerator' | 'denominator'>,
  { aggregates }: Arm,
): PairMoments {
  return aggregates.pair(numerator.column, denominator.column);
}

/**
 * The lift of one treatment over the control, from which every inference about the metric starts; the lift alone where
 * an arm has too few users for any.
 */
export function estimateLift(metric: Metric, sample: Sample, treatment: Arm, basis: Basis): Estimate {
  if (metric.kind === 'quantile') {
    const scale = scales[metric.numerator.unit];
    const { control, quantiles } = sample;
    return quantileLift({
      control: quantileSample(metric, quantiles, control),
      treatment: quantileSample(metric, quantiles, treatment),
      scale,
    });
  }
  const numerator = numeratorOf(metric, basis, sample.caps);
  const columns = { ...metric, numerator };
  const [c, t] = [momentsOfArm(columns, sample.control), momentsOfArm(columns, treatment)];
  const estimate = liftOf(metric, sample, treatment, basis, { numerator, c, t });
  if (estimate.reason !== null || enoughForMetric(metric, c, t)) return estimate;
  return inestimable('too_few_users', estimate);
}

function liftOf(
  metric: Metric,
  sample: Sample,
  treatment: Arm,
  basis: Basis,
  { numerator, c, t }: { numerator: OutcomeColumn; c: PairMoments; t: PairMoments },
): Estimate {
  if (basis.estimate === 'cuped' && metric.covariates.length > 0) {
    return adjustedLift(adjustedArms(metric, sample, treatment, basis));
  }
  const scale = scales[numerator.unit];
  if (metric.kind === 'conversion') {
    return proportionLift({ control: { n: c.n, sum: c.sumX }, treatment: { n: t.n, sum: t.sumX } });
  }
  if (metric.denominator !== undefined) {
    return ratioLift({ control: c, treatment: t, scale, denominatorScale: scales[metric.denominator.unit] });
  }
  return meanLift({
    control: sample.control.aggregates.moments(numerator.column),
    treatment: treatment.aggregates.moments(numerator.column),
    scale,
  });
}

/** The lift of a mean, as {@link estimateLift} gives it: the lift alone where an arm has too few users for inference. */
export function meanLiftOf(arms: MeanArms): Estimate {
  const estimate = meanLift(arms);
  if (estimate.reason !== null || enoughUsers(arms.control, arms.treatment)) return estimate;
  return inestimable('too_few_users', estimate);
}

/** The order statistics of a quantile metric in one arm; null where the arm has too few values for them. */
export function quantileSample(
  { name }: Metric,
  quantiles: readonly QuantileMeasurement[],
  { variant }: Arm,
): QuantileSample | null {
  const measured = quantiles.find(({ metric }) => metric === name);
  const arm = measured?.arms.find((candidate) => candidate.variant === variant);
  if (measured === undefined || arm === undefined) return null;
  const { value, lower, upper, n, clusters } = arm;
  if (value === null || lower === null || upper === null) return null;
  return {
    users: clusters?.users ?? n,
    value: BigInt(value),
    lower: BigInt(lower),
    upper: BigInt(upper),
    z: measured.z,
  };
}

/** A metric's columns, then its covariates, over both arms, with the slopes of the pooled arms. */
export function adjustedArms(
  metric: Metric,
  { control, pooled, caps }: Sample,
  treatment: Arm,
  basis: Pick<Basis, 'values'>,
): AdjustedArms {
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
  return {
    control: control.aggregates,
    treatment: treatment.aggregates,
    metric: quantity,
    covariates: explaining,
    slopes: adjustmentSlopes(
      pooled.map(({ aggregates }) => aggregates.restrict(sums)),
      quantity,
      explaining,
    ),
    scale: scales[numerator.unit],
    denominatorScale: denominator === undefined ? 1n : scales[denominator.unit],
  };
}

/** The variance of the control's own estimate, the part that all lifts against it share. */
export function controlVariance(metric: Metric, sample: Sample, basis: Basis): number | null {
  const against = estimateLift(metric, sample, sample.control, basis);
  return against.reason === null ? against.liftVariance / 2 : null;
}
