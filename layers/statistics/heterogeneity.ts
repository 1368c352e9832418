import { chiSquareSurvival } from './distributions.ts';
import type { LiftEstimate } from './effect.ts';

/** The lift in one segment and its squared standard error, on the scale on which all segments are compared. */
export interface SegmentLift {
  readonly lift: number;
  readonly variance: number;
}

export interface HeterogeneityTest {
  readonly reason: null;
  /** Cochran's Q: squared distances from the common lift in units of their errors. */
  readonly q: number;
  readonly df: number;
  readonly p: number;
  /** Share of the lifts' variation that exceeds chance, max(0, (Q - df) / Q). */
  readonly iSquared: number;
  /** The common lift: mean of the lifts weighted by 1 / variance. */
  readonly commonLift: number;
}

/** What is the same in all segments when there is no interaction: the ratio of both arms, or their difference. */
export type LiftScale = 'log_ratio' | 'difference';

/**
 * The lifts of segments as logarithms of treatment / control, with delta-method variances: +20 % of 2 % and of 6 % are
 * the same lift. As differences where a ratio is not to be had, since in some segment an arm's value is not above zero
 * by two standard errors. Segments without a variance are left out.
 */
export function liftsOfSegments(estimates: readonly LiftEstimate[]): {
  readonly scale: LiftScale;
  readonly segments: readonly SegmentLift[];
} {
  const varying = estimates.filter(({ liftVariance }) => liftVariance > 0);
  const ratios = varying.flatMap((estimate) => logRatio(estimate) ?? []);
  if (ratios.length === varying.length) return { scale: 'log_ratio', segments: ratios };
  return {
    scale: 'difference',
    segments: varying.map(({ lift, liftVariance }) => ({ lift, variance: liftVariance })),
  };
}

/** ln(treatment / control) by the delta method; null where an arm is not above zero by two standard errors. */
function logRatio(estimate: LiftEstimate): SegmentLift | null {
  const { lift, liftVariance, baseline, baselineVariance, covariance } = estimate;
  const treated = baseline + lift;
  const treatedVariance = liftVariance + baselineVariance + 2 * covariance;
  if (!(isAboveZero(baseline, baselineVariance) && isAboveZero(treated, treatedVariance))) return null;
  // d ln(treated / baseline) = d lift / treated - lift / (treated baseline) d baseline.
  const slope = lift / baseline;
  const variance = (liftVariance + slope ** 2 * baselineVariance - 2 * slope * covariance) / treated ** 2;
  return variance > 0 ? { lift: Math.log(treated / baseline), variance } : null;
}

function isAboveZero(value: number, variance: number): boolean {
  return value > 2 * Math.sqrt(Math.max(variance, 0));
}

export type HeterogeneityReason =
  /** Fewer than two segments have a lift with a standard error. */
  'too_few_segments' | 'not_representable';

/**
 * Whether a treatment's lift differs between segments of disjoint users (interaction of treatment and segment), by
 * Cochran's Q with inverse-variance weights, on the scale of the lifts given ({@link liftsOfSegments}).
 */
export function testHeterogeneity(
  segments: readonly SegmentLift[],
): HeterogeneityTest | { readonly reason: HeterogeneityReason } {
  const invalid = segments.find(({ lift, variance }) => !(variance > 0 && Number.isFinite(lift + variance)));
  if (invalid !== undefined) {
    throw new RangeError(`a segment needs a finite lift with a positive variance, got ${invalid.variance}`);
  }
  if (segments.length < 2) return { reason: 'too_few_segments' };
  // Relative to the smallest variance, so that weights neither overflow nor vanish together.
  const smallest = Math.min(...segments.map(({ variance }) => variance));
  const weighted = segments.map(({ lift, variance }) => ({ lift, weight: smallest / variance }));
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const commonLift = weighted.reduce((sum, { lift, weight }) => sum + lift * (weight / total), 0);
  const q = segments.reduce(
    (sum, { lift, variance }) => sum + ((lift - commonLift) / Math.sqrt(variance)) ** 2,
    0,
  );
  const df = segments.length - 1;
  if (!Number.isFinite(q) || !Number.isFinite(commonLift)) return { reason: 'not_representable' };
  const iSquared = q > df ? (q - df) / q : 0;
  return { reason: null, q, df, p: chiSquareSurvival(q, df), iSquared, commonLift };
}
