import { normalCritical, normalTwoSided, studentTCritical, studentTTwoSided } from './distributions.ts';
import { fiellerInterval, type RelativeReason } from './fieller.ts';

/** Lower and upper bound, both finite. */
export type Interval = readonly [lower: number, upper: number];

export type TestName = 'z_unpooled' | 'welch_t';

/** A two-sided test of "no difference". `df` is null for a normal reference distribution. */
export interface Test {
  readonly name: TestName;
  readonly statistic: number;
  readonly df: number | null;
  readonly p: number;
}

/** Why there is no interval and no test. */
export type Reason =
  /** An arm has too few users for the method: none for a proportion, one for anything with a variance. */
  | 'too_few_users'
  /** No user differs from another in either arm, so there is no standard error. */
  | 'no_variance'
  /** A ratio's denominator adds up to zero in an arm. */
  | 'zero_denominator'
  /** A result lies outside the range of a double. */
  | 'not_representable';

export interface EstimatedEffect {
  readonly reason: null;
  /** treatment - control, in the metric's unit. */
  readonly absolute: number;
  readonly absoluteCi: Interval;
  /** (treatment - control) / |control|. */
  readonly relative: number | null;
  readonly relativeCi: Interval | null;
  /** Why `relativeCi` is null. */
  readonly relativeReason: RelativeReason | null;
  readonly standardError: number;
  readonly test: Test;
}

/** Point estimates stand where the data define them; there is no inference. */
export interface InestimableEffect {
  readonly reason: Reason;
  readonly absolute: number | null;
  readonly absoluteCi: null;
  readonly relative: number | null;
  readonly relativeCi: null;
  readonly relativeReason: Reason | 'zero_baseline';
  readonly standardError: null;
  readonly test: null;
}

/** The lift of a treatment over the control: every number is finite, or null with a named reason. */
export type Effect = EstimatedEffect | InestimableEffect;

/** An estimate (mean, proportion, ratio) and the variance of that estimate: its squared standard error. */
export interface ArmEstimate {
  readonly value: number;
  readonly variance: number;
}

/** A lift with what its relative form needs: the baseline it is divided by and how the two vary together. */
export interface LiftEstimate {
  readonly lift: number;
  readonly liftVariance: number;
  readonly baseline: number;
  readonly baselineVariance: number;
  /** Cov(lift, baseline); minus the baseline's variance for independent arms. */
  readonly covariance: number;
}

export interface TestSettings {
  readonly name: TestName;
  readonly df: number | null;
  /** Two-sided level of the test, and 1 - coverage of both intervals. */
  readonly alpha: number;
}

/** The lift between two independent arms. */
export function liftOfArms(control: ArmEstimate, treatment: ArmEstimate): LiftEstimate {
  return {
    lift: treatment.value - control.value,
    liftVariance: control.variance + treatment.variance,
    baseline: control.value,
    baselineVariance: control.variance,
    covariance: -control.variance,
  };
}

/**
 * Test and intervals from one standard error and one critical value, so that p < alpha, an absolute interval
 * without zero and a relative (Fieller) interval without zero are the same statement.
 */
export function effectOf(estimate: LiftEstimate, { name, df, alpha }: TestSettings): Effect {
  const { lift, liftVariance, baseline } = estimate;
  if (![lift, liftVariance, baseline, estimate.baselineVariance].every(Number.isFinite)) {
    return inestimable('not_representable');
  }
  if (liftVariance === 0) return inestimable('no_variance', { lift, baseline });

  const standardError = Math.sqrt(liftVariance);
  const critical = df === null ? normalCritical(alpha) : studentTCritical(alpha, df);
  const halfWidth = critical * standardError;
  const statistic = lift / standardError;
  const absoluteCi: Interval = [lift - halfWidth, lift + halfWidth];
  if (![statistic, ...absoluteCi].every(Number.isFinite)) return inestimable('not_representable');

  return {
    reason: null,
    absolute: lift,
    absoluteCi,
    ...relativeEffect(estimate, critical),
    standardError,
    test: {
      name,
      statistic,
      df,
      p: df === null ? normalTwoSided(statistic) : studentTTwoSided(statistic, df),
    },
  };
}

function relativeEffect(
  estimate: LiftEstimate,
  critical: number,
): Pick<EstimatedEffect, 'relative' | 'relativeCi' | 'relativeReason'> {
  const relative = relativeLift(estimate.lift, estimate.baseline);
  if (relative === null) {
    const relativeReason = estimate.baseline === 0 ? 'zero_baseline' : 'not_representable';
    return { relative, relativeCi: null, relativeReason };
  }
  const fieller = fiellerInterval(estimate, critical);
  return { relative, relativeCi: fieller.interval, relativeReason: fieller.reason };
}

/** lift / |baseline|, so that its sign is the lift's; null when that is not a finite number. */
function relativeLift(lift: number, baseline: number): number | null {
  const relative = lift / Math.abs(baseline);
  return Number.isFinite(relative) ? relative : null;
}

/** An effect without inference; with the point estimates, where they are known. */
export function inestimable(
  reason: Reason,
  known?: { readonly lift: number; readonly baseline: number },
): InestimableEffect {
  const relative = known === undefined ? null : relativeLift(known.lift, known.baseline);
  return {
    reason,
    absolute: known?.lift ?? null,
    absoluteCi: null,
    relative,
    relativeCi: null,
    relativeReason: known?.baseline === 0 ? 'zero_baseline' : reason,
    standardError: null,
    test: null,
  };
}

/** Welch-Satterthwaite degrees of freedom of a difference of two independent estimates. */
export function welchDf(
  control: ArmEstimate & { readonly n: number },
  treatment: ArmEstimate & { readonly n: number },
): number {
  // Relative to the larger variance, so that squares neither overflow nor vanish.
  const scale = Math.max(control.variance, treatment.variance);
  const c = control.variance / scale;
  const t = treatment.variance / scale;
  return (c + t) ** 2 / (c ** 2 / (control.n - 1) + t ** 2 / (treatment.n - 1));
}
