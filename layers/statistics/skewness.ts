import { divide, type Moments } from './moments.ts';

/** How many times the users of the smallest arm the largest has, from where on the skews of amounts do not cancel. */
export const unequalArms = 1.5;

/** Skewness of a lift beyond which its correction is not enough (docs/statistics.md, few buyers). */
export const mostSkewed = 0.35;

/**
 * Skewness of the difference of two means, λ = μ₃ (1/n_T² - 1/n_C²) / (s² (1/n_T + 1/n_C))^(3/2), with the third moment μ₃ and
 * the variance s² of all users of both arms: that of the larger arm is known where the smaller one's is not, and without an effect
 * it is the same. Zero for equal arms. Null where there are no cubes.
 */
export function skewnessOfLift(control: Moments, treatment: Moments): number | null {
  if (control.sumCubes === undefined || treatment.sumCubes === undefined) return null;
  const n = control.n + treatment.n;
  const [sum, squares, cubes] = [
    control.sum + treatment.sum,
    control.sumSquares + treatment.sumSquares,
    control.sumCubes + treatment.sumCubes,
  ];
  // n³ μ₃ and n² σ², exact.
  const third = n * n * cubes - 3n * n * sum * squares + 2n * sum ** 3n;
  const second = n * squares - sum * sum;
  if (second === 0n) return null;
  const standardised = divide(third, second) / Math.sqrt(Number(second));
  const [c, t] = [Number(control.n), Number(treatment.n)];
  const skewness = (standardised * (1 / t ** 2 - 1 / c ** 2)) / (1 / t + 1 / c) ** 1.5;
  return Number.isFinite(skewness) ? skewness : null;
}

/**
 * Hall's (1992) monotone transformation T + λ T² / 3 + λ² T³ / 27 + λ / 6, after which a t of skewness λ follows the distribution of
 * one without.
 */
export function straightened(statistic: number, skewness: number): number {
  return statistic + (skewness * statistic ** 2) / 3 + (skewness ** 2 * statistic ** 3) / 27 + skewness / 6;
}

/** The statistic that {@link straightened} makes of it. */
export function skewed(straight: number, skewness: number): number {
  if (Math.abs(skewness) < 1e-9) return straight;
  return (3 / skewness) * (Math.cbrt(1 + skewness * (straight - skewness / 6)) - 1);
}
