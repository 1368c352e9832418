import { normalTwoSided } from './distributions.ts';
import { centred, divide, type Moments } from './moments.ts';

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
 * The difference of two means over the mean of all users, with the variance of all users: (m_T - m_C) / |m| and
 * s² (1/n_C + 1/n_T) / m², as a trend weighs it. Neither the mean that it is divided by nor the variance knows which arm
 * a value came from, so a day that makes the treatment look good weighs no more than one that makes it look bad; with
 * the control's mean and each arm's own variance a trend of nothing falls far too often, most where days get scarcer.
 * Null without users in both arms, without a variance, or with a mean of zero.
 */
export function effectOverPooled(arms: {
  readonly control: Moments;
  readonly treatment: Moments;
}): { readonly value: number; readonly variance: number } | null {
  const { control, treatment } = arms;
  const n = control.n + treatment.n;
  const sum = control.sum + treatment.sum;
  const deviations = centred(n, sum, sum, control.sumSquares + treatment.sumSquares);
  const each = control.n * treatment.n;
  if (each === 0n || sum === 0n || deviations === 0n) return null;
  const difference = treatment.sum * control.n - control.sum * treatment.n;
  const value = divide(difference * n, each * (sum < 0n ? -sum : sum));
  const variance = divide(deviations * n * n, (n - 1n) * each * sum * sum);
  return Number.isFinite(value + variance) && variance > 0 ? { value, variance } : null;
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
