import { chiSquareSurvival } from './distributions.ts';
import { type InestimableEffect, inestimable, type LiftEstimate } from './effect.ts';

/** The lift within one stratum of users, and the users that it stands for. */
export interface Stratum {
  readonly estimate: LiftEstimate | InestimableEffect;
  /** Share of the whole, on any scale. */
  readonly weight: number;
}

/**
 * The lift over strata within which users were randomised at different shares: the mean of the strata's lifts by their
 * weights W, with the variance Σ W² v of independent strata and, where a stratum's lift follows Student's t, Satterthwaite's
 * degrees of freedom (Σ W² v)² / Σ (W² v)² / df. The baseline is that of the strata likewise. (Imbens and Rubin 2015, chapter 9.)
 * Without an estimate where one of the strata has none.
 */
export function stratifiedLift(strata: readonly Stratum[]): LiftEstimate | InestimableEffect {
  const total = strata.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) return inestimable('too_few_users');
  const parts: Part[] = [];
  for (const { estimate, weight } of strata) {
    if (estimate.reason !== null) return inestimable(estimate.reason);
    parts.push({ share: weight / total, estimate });
  }
  const mean = (of: (estimate: LiftEstimate) => number) =>
    parts.reduce((sum, { share, estimate }) => sum + share * of(estimate), 0);
  const independent = (of: (estimate: LiftEstimate) => number) =>
    parts.reduce((sum, { share, estimate }) => sum + share ** 2 * of(estimate), 0);
  const liftVariance = independent((estimate) => estimate.liftVariance);
  return {
    reason: null,
    lift: mean(({ lift }) => lift),
    liftVariance,
    baseline: mean(({ baseline }) => baseline),
    baselineVariance: independent((estimate) => estimate.baselineVariance),
    covariance: independent(({ covariance }) => covariance),
    users: parts.reduce((sum, { estimate }) => sum + estimate.users, 0),
    reference: referenceOf(parts, liftVariance),
    ...skewnessOf(parts, liftVariance),
  };
}

interface Part {
  readonly share: number;
  readonly estimate: LiftEstimate;
}

/** Third moments of independent strata add up by the cubes of their shares. */
function skewnessOf(parts: readonly Part[], liftVariance: number): Pick<LiftEstimate, 'skewness'> {
  if (parts.every(({ estimate: { skewness } }) => skewness === undefined)) return {};
  const third = parts.reduce(
    (sum, { share, estimate: { skewness = 0, liftVariance: variance } }) =>
      sum + skewness * (share * Math.sqrt(variance / liftVariance)) ** 3,
    0,
  );
  return { skewness: third };
}

function referenceOf(parts: readonly Part[], liftVariance: number): LiftEstimate['reference'] {
  let spread = 0;
  for (const { share, estimate } of parts) {
    if (estimate.reference.df === null) return { name: 'z_unpooled', df: null };
    // Relative to the whole, so that squares neither overflow nor vanish.
    spread += ((share ** 2 * estimate.liftVariance) / liftVariance) ** 2 / estimate.reference.df;
  }
  return { name: 'welch_t', df: 1 / spread };
}

export interface ChiSquare {
  readonly chi2: number;
  readonly df: number;
}

/** Independent chi-square statistics, such as those of disjoint users, add up with their degrees of freedom. */
export function addedChiSquares(tests: readonly ChiSquare[]): ChiSquare & { readonly p: number } {
  const [chi2, df] = tests.reduce(([sum, all], test) => [sum + test.chi2, all + test.df], [0, 0]);
  return { chi2, df, p: chiSquareSurvival(chi2, df) };
}
