import {
  type ArmEstimate,
  type Effect,
  effectOf,
  type InestimableEffect,
  inestimable,
  type LiftEstimate,
  welchLift,
} from './effect.ts';
import { divide, type PairMoments } from './moments.ts';

export interface RatioArms {
  /** x is the numerator, y the denominator, one pair per user. */
  readonly control: PairMoments;
  readonly treatment: PairMoments;
  /** Stored units of the numerator in one reported unit: 100 for cents reported in euros. */
  readonly scale?: bigint;
  /** The same for the denominator: 1000 for milliseconds reported in seconds. */
  readonly denominatorScale?: bigint;
}

/**
 * Lift of a ratio of sums Σx / Σy, such as revenue per order, where users rather than orders were randomised:
 * delta method on the per-user pairs, Welch's t, Fieller's relative interval.
 */
export function compareRatios(comparison: RatioArms & { readonly alpha: number }): Effect {
  return effectOf(ratioLift(comparison), comparison.alpha);
}

/** The lift of a ratio as any inference takes it. */
export function ratioLift(arms: RatioArms): LiftEstimate | InestimableEffect {
  const { control, treatment, scale = 1n, denominatorScale = 1n } = arms;
  if (control.n === 0n || treatment.n === 0n) return inestimable('too_few_users');
  if (control.sumY === 0n || treatment.sumY === 0n) return inestimable('zero_denominator');
  if (control.n === 1n || treatment.n === 1n) {
    const baseline = divide(control.sumX * denominatorScale, control.sumY * scale);
    const lift = divide(treatment.sumX * denominatorScale, treatment.sumY * scale) - baseline;
    return inestimable('too_few_users', { lift, baseline });
  }
  return welchLift(
    ratioEstimate(control, scale, denominatorScale),
    ratioEstimate(treatment, scale, denominatorScale),
  );
}

/**
 * R = Σx / Σy and its delta-method variance Σ(x - R y)² / ((n - 1) n ȳ²), from at least two users and a non-zero Σy.
 * With everything over Σy⁴ the variance is one quotient of integers: exact until the division.
 */
export function ratioEstimate(
  { n, sumX, sumY, sumXX, sumYY, sumXY }: PairMoments,
  scale = 1n,
  denominatorScale = 1n,
): ArmEstimate {
  const residuals = sumY ** 2n * sumXX - 2n * sumX * sumY * sumXY + sumX ** 2n * sumYY;
  return {
    n: Number(n),
    value: divide(sumX * denominatorScale, sumY * scale),
    variance: divide(n * residuals * denominatorScale ** 2n, (n - 1n) * sumY ** 4n * scale ** 2n),
  };
}
