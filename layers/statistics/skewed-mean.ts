import { studentTTwoSided } from './distributions.ts';
import { type ArmEstimate, welchDf } from './effect.ts';
import { meanEstimate } from './mean.ts';
import { divide, type Moments } from './moments.ts';

/** Power sums of one value per user up to the third, in stored units. */
export interface SkewedMoments extends Moments {
  readonly sumCubes: bigint;
}

export interface SkewedMeanTest {
  readonly reason: null;
  /** Skewness of the difference of the means: zero for equal arms of equal shape, whatever their own. */
  readonly skewness: number;
  /** Welch's t, and what Hall's transformation makes of it. */
  readonly welch: number;
  readonly statistic: number;
  readonly df: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * Welch's t corrected for the skewness of the difference by Hall's (1992) monotone cubic transformation
 * T + λ T² / 3 + λ² T³ / 27 + λ / 6, λ = (μ₃T / n_T² - μ₃C / n_C²) / V^(3/2): for unequal arms of a skewed amount, where
 * Welch's own t finds too much on the side of the smaller arm's tail.
 */
export function skewnessCorrectedTest(
  control: SkewedMoments,
  treatment: SkewedMoments,
): SkewedMeanTest | { readonly reason: 'too_few_users' | 'no_variance' } {
  if (control.n < 3n || treatment.n < 3n) return { reason: 'too_few_users' };
  const [c, t]: readonly ArmEstimate[] = [meanEstimate(control), meanEstimate(treatment)];
  if (c === undefined || t === undefined) return { reason: 'too_few_users' };
  const variance = c.variance + t.variance;
  if (variance === 0) return { reason: 'no_variance' };
  const standardError = Math.sqrt(variance);
  const welch = (t.value - c.value) / standardError;
  const skewness = (thirdMomentOfMean(treatment) - thirdMomentOfMean(control)) / (variance * standardError);
  const statistic = welch + (skewness * welch ** 2) / 3 + (skewness ** 2 * welch ** 3) / 27 + skewness / 6;
  const df = welchDf(c, t);
  return { reason: null, skewness, welch, statistic, df, p: studentTTwoSided(statistic, df) };
}

/** Third central moment of the mean, μ₃ / n², with the unbiased μ₃ = n Σ (x - x̄)³ / ((n - 1)(n - 2)). */
function thirdMomentOfMean({ n, sum, sumSquares, sumCubes }: SkewedMoments): number {
  // n² Σ (x - x̄)³, exact.
  const centred = n * n * sumCubes - 3n * n * sum * sumSquares + 2n * sum ** 3n;
  return divide(centred, n ** 3n * (n - 1n) * (n - 2n));
}
