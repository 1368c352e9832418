import { normalCdf, normalCritical, normalDensity, studentTSurvival } from './distributions.ts';
import type { InestimableEffect, Interval, LiftEstimate, Reason } from './effect.ts';
import { straightened } from './skewness.ts';

/** Normal prior on the relative lift; null for a flat one. */
export type Prior = { readonly mean: number; readonly sd: number } | null;

export interface Posterior {
  readonly reason: null;
  /** Of the relative lift. */
  readonly mean: number;
  readonly sd: number;
  readonly credibleInterval: Interval;
  /**
   * P(treatment beats control), that is P(lift > 0), or P(lift < 0) where lower is better: with a flat prior one minus
   * the one-sided p. By the error of the absolute lift, which unlike that of the relative one is the same for luck on
   * either side: it may differ in the last per cent from what `mean` and `sd` alone would say.
   */
  readonly chanceToWin: number;
  /** Expected relative loss of choosing an arm that is in truth the worse one. */
  readonly expectedLoss: { readonly treatment: number; readonly control: number };
}

/** The relative lift by the delta method: lift / |baseline| and its variance. */
export function relativeEstimate(estimate: LiftEstimate): {
  readonly value: number;
  readonly variance: number;
} {
  const unit = Math.abs(estimate.baseline);
  const value = estimate.lift / unit;
  const covariance = Math.sign(estimate.baseline) * estimate.covariance;
  const variance = estimate.liftVariance + value ** 2 * estimate.baselineVariance - 2 * value * covariance;
  return { value, variance: Math.max(variance, 0) / unit ** 2 };
}

/** Posterior of the relative lift under a normal likelihood and a normal or flat prior. */
export function posteriorOf(
  estimate: LiftEstimate | InestimableEffect,
  plan: { readonly prior: Prior; readonly alpha: number; readonly better: 'higher' | 'lower' },
): Posterior | { readonly reason: Reason | 'zero_baseline' } {
  if (estimate.reason !== null) return { reason: estimate.reason };
  if (estimate.baseline === 0) return { reason: 'zero_baseline' };
  const { value, variance } = relativeEstimate(estimate);
  if (variance === 0 || estimate.liftVariance === 0) return { reason: 'no_variance' };
  const { prior } = plan;
  const { mean, sd } = update(prior, value, variance);
  const halfWidth = normalCritical(plan.alpha) * sd;
  const chance = chanceToWin(estimate, plan);
  if (!Number.isFinite(mean + halfWidth + chance) || sd === 0) return { reason: 'not_representable' };

  const gain = plan.better === 'higher' ? mean : -mean;
  return {
    reason: null,
    mean,
    sd,
    credibleInterval: [mean - halfWidth, mean + halfWidth],
    chanceToWin: chance,
    expectedLoss: { treatment: expectedLoss(gain, sd), control: expectedLoss(-gain, sd) },
  };
}

/** Mean and sd of what a normal estimate leaves of a normal prior. */
export function update(
  prior: Prior,
  value: number,
  variance: number,
): { readonly mean: number; readonly sd: number } {
  if (prior === null) return { mean: value, sd: Math.sqrt(variance) };
  const weight = prior.sd ** 2 / (prior.sd ** 2 + variance);
  return { mean: weight * value + (1 - weight) * prior.mean, sd: Math.sqrt(weight * variance) };
}

function chanceToWin(
  { lift, liftVariance, baseline, reference, skewness = 0 }: LiftEstimate,
  { prior, better }: { readonly prior: Prior; readonly better: 'higher' | 'lower' },
): number {
  const unit = Math.abs(baseline);
  const { mean, sd } = update(prior, lift / unit, liftVariance / unit ** 2);
  const straight = straightened(mean / sd, prior === null ? skewness : 0);
  const z = better === 'higher' ? straight : -straight;
  return prior === null && reference.df !== null ? studentTSurvival(-z, reference.df) : normalCdf(z);
}

/** E max(-G, 0) for a gain G ~ N(gain, sd²). */
function expectedLoss(gain: number, sd: number): number {
  const z = gain / sd;
  // Both terms underflow together in the far tail; their difference must not end up below zero.
  return Math.max(sd * normalDensity(z) - gain * normalCdf(-z), 0);
}
