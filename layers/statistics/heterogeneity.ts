import { chiSquareSurvival } from './distributions.ts';

/** The lift in one segment and its squared standard error. */
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

export type HeterogeneityReason =
  /** Fewer than two segments have a lift with a standard error. */
  'too_few_segments' | 'not_representable';

/**
 * Whether a treatment's lift differs between segments of disjoint users (interaction of treatment and segment), by
 * Cochran's Q with inverse-variance weights. Segments without a standard error are to be left out beforehand.
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
