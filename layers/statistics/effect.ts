import { normalCritical, normalTwoSided, studentTCritical, studentTTwoSided } from './distributions.ts';
import {
  fiellerInterval,
  type Interval,
  type LiftEstimate,
  type Reference,
  type RelativeReason,
} from './fieller.ts';
import { skewed, straightened } from './skewness.ts';

export type { Interval, LiftEstimate, Reference } from './fieller.ts';

/** A two-sided test of "no difference". `df` is null for a normal reference distribution. */
export interface Test<Name extends string = Reference['name']> {
  readonly name: Name;
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
  /** The values around a quantile are equal or lumpy in an arm, which says nothing of its error. */
  | 'tied_quantile'
  /** The arms had other shares at other times, and the method cannot compare each period within itself. */
  | 'not_by_period'
  /** The arms are so unequal, and the values so skewed, that no test of them is right. */
  | 'too_skewed'
  /** A result lies outside the range of a double. */
  | 'not_representable';

export interface EstimatedEffect<Name extends string = Reference['name']> {
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
  readonly test: Test<Name>;
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
export type Effect<Name extends string = Reference['name']> = EstimatedEffect<Name> | InestimableEffect;

/** An estimate (mean, proportion, ratio) and the variance of that estimate: its squared standard error. */
export interface ArmEstimate {
  readonly value: number;
  readonly variance: number;
  readonly n: number;
}

/** The lift between two independent arms, tested against the normal distribution. */
export function normalLift(control: ArmEstimate, treatment: ArmEstimate): LiftEstimate {
  return liftOfArms(control, treatment, { name: 'z_unpooled', df: null });
}

/** The lift between two independent arms with estimated variances: Welch's t. */
export function welchLift(control: ArmEstimate, treatment: ArmEstimate): LiftEstimate | InestimableEffect {
  if (control.variance + treatment.variance === 0) {
    return inestimable('no_variance', { lift: treatment.value - control.value, baseline: control.value });
  }
  return liftOfArms(control, treatment, { name: 'welch_t', df: welchDf(control, treatment) });
}

function liftOfArms(control: ArmEstimate, treatment: ArmEstimate, reference: Reference): LiftEstimate {
  return {
    reason: null,
    lift: treatment.value - control.value,
    liftVariance: control.variance + treatment.variance,
    baseline: control.value,
    baselineVariance: control.variance,
    covariance: -control.variance,
    users: control.n + treatment.n,
    reference,
  };
}

/** Welch-Satterthwaite degrees of freedom of a difference of two independent estimates. */
export function welchDf(control: ArmEstimate, treatment: ArmEstimate): number {
  // Relative to the larger variance, so that squares neither overflow nor vanish.
  const scale = Math.max(control.variance, treatment.variance);
  const c = control.variance / scale;
  const t = treatment.variance / scale;
  return (c + t) ** 2 / (c ** 2 / (control.n - 1) + t ** 2 / (treatment.n - 1));
}

/**
 * Test and intervals from one standard error and one critical value, so that p < alpha, an absolute interval
 * without zero and a relative (Fieller) interval without zero are the same statement.
 * `alpha` is the two-sided level of the test, and 1 - coverage of both intervals.
 */
export function effectOf(estimate: LiftEstimate | InestimableEffect, alpha: number): Effect {
  if (estimate.reason !== null) return estimate;
  const { name, df } = estimate.reference;
  return effectWith(estimate, {
    name,
    df,
    critical: () => criticalValue(estimate.reference, alpha),
    p: (statistic) => (df === null ? normalTwoSided(statistic) : studentTTwoSided(statistic, df)),
  });
}

/** The multiplier of the standard error that a two-sided level asks for. */
export function criticalValue({ df }: Reference, alpha: number): number {
  return df === null ? normalCritical(alpha) : studentTCritical(alpha, df);
}

/** A two-sided test: |statistic| > critical() must mean the same as p(statistic) < alpha. */
export interface TwoSidedTest<Name extends string> {
  readonly name: Name;
  readonly df: number | null;
  critical(): number;
  p(statistic: number): number;
}

/** The effect that a given two-sided test makes of an estimate. */
export function effectWith<Name extends string>(
  estimate: LiftEstimate,
  test: TwoSidedTest<Name>,
): Effect<Name> {
  const { lift, liftVariance, baseline, baselineVariance } = estimate;
  if (![lift, liftVariance, baseline, baselineVariance].every(Number.isFinite)) {
    return inestimable('not_representable');
  }
  if (liftVariance === 0) return inestimable('no_variance', { lift, baseline });

  const standardError = Math.sqrt(liftVariance);
  const critical = criticalOf(estimate, test.critical());
  const statistic = straightened(lift / standardError, estimate.skewness ?? 0);
  const absoluteCi: Interval = [lift - critical.above * standardError, lift + critical.below * standardError];
  if (![statistic, ...absoluteCi].every(Number.isFinite)) return inestimable('not_representable');
  return {
    reason: null,
    absolute: lift,
    absoluteCi,
    ...relativeEffect(estimate, critical),
    standardError,
    test: { name: test.name, statistic, df: test.df, p: test.p(statistic) },
  };
}

/** Standard errors above and below zero beyond which a lift is significant: the same, but for a skewed one. */
function criticalOf({ skewness = 0 }: LiftEstimate, critical: number) {
  return { above: skewed(critical, skewness), below: -skewed(-critical, skewness) };
}

function relativeEffect(
  estimate: LiftEstimate,
  critical: ReturnType<typeof criticalOf>,
): Pick<EstimatedEffect, 'relative' | 'relativeCi' | 'relativeReason'> {
  const relative = relativeLift(estimate.lift, estimate.baseline);
  if (relative === null) {
    const relativeReason = estimate.baseline === 0 ? 'zero_baseline' : 'not_representable';
    return { relative, relativeCi: null, relativeReason };
  }
  const [above, below] = [critical.above, critical.below].map((own) => fiellerInterval(estimate, own));
  if (above?.interval && below?.interval) {
    return { relative, relativeCi: [above.interval[0], below.interval[1]], relativeReason: null };
  }
  return { relative, relativeCi: null, relativeReason: above?.reason ?? below?.reason ?? 'unbounded' };
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
  const absolute = known !== undefined && Number.isFinite(known.lift) ? known.lift : null;
  return {
    reason,
    absolute,
    absoluteCi: null,
    relative: known === undefined ? null : relativeLift(known.lift, known.baseline),
    relativeCi: null,
    relativeReason: known?.baseline === 0 ? 'zero_baseline' : reason,
    standardError: null,
    test: null,
  };
}
