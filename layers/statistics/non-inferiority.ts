import { normalSurvival, studentTSurvival } from './distributions.ts';
import { criticalValue, type InestimableEffect, type LiftEstimate, type Reason } from './effect.ts';
import { fiellerInterval } from './fieller.ts';
import { alwaysValidOneSidedCritical, alwaysValidOneSidedP } from './sequential.ts';

/** How much worse than the control is still acceptable: a share of |control|, or in the metric's unit. */
export type Margin = { readonly relative: number } | { readonly absolute: number };

export interface NonInferiorityPlan {
  readonly margin: Margin;
  /** Which direction of the metric is good. */
  readonly better: 'higher' | 'lower';
  /** One-sided level: 0.025 matches a two-sided 95 % interval. */
  readonly alpha: number;
  /** Users of both arms at which a test that holds at every look is tightest; without it, it holds at one. */
  readonly tunedFor?: number;
}

export interface NonInferiorityTest {
  readonly reason: null;
  readonly statistic: number;
  readonly df: number | null;
  /** One-sided; small means: not worse than the margin allows. */
  readonly p: number;
  /** The same on the other side: small means worse than the margin allows. */
  readonly pBeyond: number;
  /**
   * The lift that can just not be excluded on the bad side, in the margin's terms (relative or absolute). It lies on
   * the good side of the margin exactly when p < alpha. Null when the relative interval is unbounded.
   */
  readonly bound: number | null;
}

/**
 * Tests that a treatment is not worse than the control by more than a margin. A relative margin moves with the
 * control's estimate, so its variance counts: Var(lift + δ |control|), not Var(lift).
 */
export function testNonInferiority(
  estimate: LiftEstimate | InestimableEffect,
  { margin, better, alpha, tunedFor }: NonInferiorityPlan,
): NonInferiorityTest | { readonly reason: Reason | 'zero_baseline' } {
  if (estimate.reason !== null) return { reason: estimate.reason };
  const size = 'relative' in margin ? margin.relative : margin.absolute;
  if (!(size >= 0 && Number.isFinite(size))) {
    throw new RangeError(`a margin must be finite and not negative, got ${size}`);
  }
  if (!(alpha > 0 && alpha < 0.5))
    throw new RangeError(`a one-sided level must lie in (0, 0.5), got ${alpha}`);
  if ('relative' in margin && estimate.baseline === 0) return { reason: 'zero_baseline' };

  const direction = better === 'higher' ? 1 : -1;
  const { distance, variance } =
    'relative' in margin
      ? toRelativeMargin(estimate, -direction * size)
      : { distance: estimate.lift + direction * size, variance: estimate.liftVariance };
  if (variance === 0) return { reason: 'no_variance' };
  const statistic = (direction * distance) / Math.sqrt(variance);
  if (!Number.isFinite(statistic)) return { reason: 'not_representable' };

  const { df } = estimate.reference;
  const { users } = estimate;
  const critical =
    tunedFor === undefined
      ? criticalValue(estimate.reference, 2 * alpha)
      : alwaysValidOneSidedCritical(users, { alpha, tunedFor });
  const p = (z: number) => {
    if (tunedFor !== undefined) return alwaysValidOneSidedP(z, users, { alpha, tunedFor });
    return df === null ? normalSurvival(z) : studentTSurvival(z, df);
  };
  const interval =
    'relative' in margin
      ? fiellerInterval(estimate, critical).interval
      : absoluteInterval(estimate, critical);
  return {
    reason: null,
    statistic,
    df,
    p: p(statistic),
    pBeyond: p(-statistic),
    bound: interval && (better === 'higher' ? interval[0] : interval[1]),
  };
}

/** lift - limit · |baseline| and its variance. */
function toRelativeMargin(estimate: LiftEstimate, limit: number): { distance: number; variance: number } {
  const { lift, liftVariance, baseline, baselineVariance, covariance } = estimate;
  const distance = lift - limit * Math.abs(baseline);
  const signedLimit = limit * Math.sign(baseline);
  const variance = liftVariance + limit ** 2 * baselineVariance - 2 * signedLimit * covariance;
  // A variance of the form Var(a - L b) is not negative; rounding may make it so.
  return { distance, variance: Math.max(variance, 0) };
}

function absoluteInterval({ lift, liftVariance }: LiftEstimate, critical: number): [number, number] {
  const halfWidth = critical * Math.sqrt(liftVariance);
  return [lift - halfWidth, lift + halfWidth];
}
