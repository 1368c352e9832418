import { normalTwoSided } from './distributions.ts';

/** An effect at x, and its squared standard error. */
export interface TrendPoint {
  readonly x: number;
  readonly value: number;
  readonly variance: number;
}

export interface Trend {
  readonly reason: null;
  /** Change of the effect per unit of x. */
  readonly slope: number;
  readonly se: number;
  readonly z: number;
  /** Two-sided, against no change. */
  readonly p: number;
}

/**
 * Linear trend of effects along x by weighted least squares with known variances: slope Σ (x - x̄) d / v over
 * Σ (x - x̄)² / v. Takes the estimates for independent.
 */
export function linearTrend(points: readonly TrendPoint[]): Trend | { readonly reason: 'too_few_points' } {
  const invalid = points.find(({ variance }) => !(variance > 0));
  if (invalid !== undefined)
    throw new RangeError(`a point needs a positive variance, got ${invalid.variance}`);
  if (new Set(points.map(({ x }) => x)).size < 3) return { reason: 'too_few_points' };
  const weights = sum(points.map(({ variance }) => 1 / variance));
  const centre = sum(points.map(({ x, variance }) => x / variance)) / weights;
  const spread = sum(points.map(({ x, variance }) => (x - centre) ** 2 / variance));
  const slope = sum(points.map(({ x, value, variance }) => ((x - centre) * value) / variance)) / spread;
  const se = Math.sqrt(1 / spread);
  return { reason: null, slope, se, z: slope / se, p: normalTwoSided(slope / se) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
