import betainc from '@stdlib/math-base-special-betainc';
import erfc from '@stdlib/math-base-special-erfc';
import erfcinv from '@stdlib/math-base-special-erfcinv';
import gammainc from '@stdlib/math-base-special-gammainc';
import jStat from 'jstat';

/** P(Z > z) of the standard normal, accurate in both tails. */
export function normalSurvival(z: number): number {
  return erfc(z / Math.SQRT2) / 2;
}

/** P(Z <= z) of the standard normal, accurate in both tails. */
export function normalCdf(z: number): number {
  return normalSurvival(-z);
}

/** P(|Z| >= |z|), the two-sided p-value of a z statistic. */
export function normalTwoSided(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2);
}

export function normalDensity(z: number): number {
  return Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** The z with P(Z > z) = p, for p in (0, 1). */
export function normalUpperQuantile(p: number): number {
  requireProbability(p);
  return Math.SQRT2 * erfcinv(2 * p);
}

/** The z with P(|Z| > z) = alpha: half-width multiplier of a (1 - alpha) interval. */
export function normalCritical(alpha: number): number {
  requireProbability(alpha);
  return Math.SQRT2 * erfcinv(alpha);
}

/** P(|T| >= |t|), the two-sided p-value of a t statistic. `df` may be fractional. */
export function studentTTwoSided(t: number, df: number): number {
  requirePositive('df', df);
  const ratio = (t / Math.sqrt(df)) ** 2;
  // The smaller of the two complementary arguments carries the precision.
  return ratio < 1
    ? betainc(ratio / (1 + ratio), 0.5, df / 2, true, true)
    : betainc(1 / (1 + ratio), df / 2, 0.5, true, false);
}

/** P(T > t) of Student's t. */
export function studentTSurvival(t: number, df: number): number {
  const tail = studentTTwoSided(t, df) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/** The t with P(T > t) = p, for p in (0, 1). */
export function studentTUpperQuantile(p: number, df: number): number {
  requireProbability(p);
  if (p > 0.5) return -studentTUpperQuantile(1 - p, df);
  return p === 0.5 ? 0 : studentTCritical(2 * p, df);
}

/** The t with P(|T| > t) = alpha: half-width multiplier of a (1 - alpha) interval. */
export function studentTCritical(alpha: number, df: number): number {
  requireProbability(alpha);
  requirePositive('df', df);
  // Student's tails are heavier than the normal's, so the normal quantile bounds from below.
  return invertSurvival((t) => studentTTwoSided(t, df), alpha, normalCritical(alpha));
}

/** P(X > x) of chi-square; `df` may be fractional. */
export function chiSquareSurvival(x: number, df: number): number {
  requirePositive('df', df);
  if (x <= 0) return 1;
  return df === 1 ? erfc(Math.sqrt(x / 2)) : gammainc(x / 2, df / 2, true, true);
}

/** The x with P(X > x) = p of chi-square. */
export function chiSquareUpperQuantile(p: number, df: number): number {
  requireProbability(p);
  let lower = df;
  while (chiSquareSurvival(lower, df) < p) lower /= 4;
  return invertSurvival((x) => chiSquareSurvival(x, df), p, lower);
}

/** Largest noncentrality for which {@link noncentralTSurvival} holds; jStat's series ends too early beyond. */
export const MAX_NONCENTRALITY = 15;

/** P(T > t) of the noncentral t distribution to eight decimals, for power analysis. */
export function noncentralTSurvival(t: number, df: number, noncentrality: number): number {
  requirePositive('df', df);
  if (!(Math.abs(noncentrality) <= MAX_NONCENTRALITY)) {
    throw new RangeError(`noncentrality must be within ±${MAX_NONCENTRALITY}, got ${noncentrality}`);
  }
  return 1 - jStat.noncentralt.cdf(t, df, noncentrality);
}

/**
 * The x > 0 at which a decreasing survival function equals `target`, by Chandrupatla's bracketing method on
 * log survival against log x, where tails are close to straight. `lower` must not lie above the root.
 */
export function invertSurvival(survival: (x: number) => number, target: number, lower: number): number {
  const excess = (logX: number) => Math.log(survival(Math.exp(logX)) / target);
  let a = Math.log(lower);
  let fa = excess(a);
  if (fa <= 0) return lower;

  let step = Math.LN2;
  let b = a + step;
  let fb = excess(b);
  while (fb > 0) {
    a = b;
    fa = fb;
    step *= 2;
    b += step;
    fb = excess(b);
  }
  if (fb === Number.NEGATIVE_INFINITY) fb = -Number.MAX_VALUE;

  let fraction = 0.5;
  for (let i = 0; i < 200; i++) {
    const x = a + fraction * (b - a);
    const fx = Math.max(excess(x), -Number.MAX_VALUE);
    let c = b;
    let fc = fb;
    if (Math.sign(fx) === Math.sign(fa)) {
      c = a;
      fc = fa;
    } else {
      b = a;
      fb = fa;
    }
    a = x;
    fa = fx;
    const best = Math.abs(fa) < Math.abs(fb) ? a : b;
    const tolerance = (2 * Number.EPSILON * Math.max(Math.abs(best), 1)) / Math.abs(b - a);
    if (fx === 0 || tolerance > 0.5) return Math.exp(best);

    const xi = (a - b) / (c - b);
    const phi = (fa - fb) / (fc - fb);
    const interpolates = phi ** 2 < xi && (1 - phi) ** 2 < 1 - xi;
    fraction = interpolates
      ? (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb))
      : 0.5;
    fraction = Math.min(Math.max(fraction, tolerance), 1 - tolerance);
  }
  return Math.exp(a);
}

function requireProbability(p: number): void {
  if (!(p > 0 && p < 1)) throw new RangeError(`a probability must lie strictly between 0 and 1, got ${p}`);
}

function requirePositive(name: string, value: number): void {
  if (!(value > 0)) throw new RangeError(`${name} must be positive, got ${value}`);
}
