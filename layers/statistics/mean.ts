import {
  type ArmEstimate,
  type Effect,
  effectOf,
  type InestimableEffect,
  inestimable,
  type LiftEstimate,
  welchLift,
} from './effect.ts';
import { centred, divide, type Moments } from './moments.ts';
import { skewnessOfLift } from './skewness.ts';

export interface MeanArms {
  readonly control: Moments;
  readonly treatment: Moments;
  /** Stored units in one reported unit: 100 for cents reported in euros. */
  readonly scale?: bigint;
}

/** Lift of the mean per user: Welch's t-test, Welch interval, Fieller's relative interval. */
export function compareMeans(comparison: MeanArms & { readonly alpha: number }): Effect {
  return effectOf(meanLift(comparison), comparison.alpha);
}

/** The lift of the mean per user as any inference takes it. */
export function meanLift({ control, treatment, scale = 1n }: MeanArms): LiftEstimate | InestimableEffect {
  if (control.n === 0n || treatment.n === 0n) return inestimable('too_few_users');
  if (control.n === 1n || treatment.n === 1n) {
    const baseline = divide(control.sum, control.n * scale);
    const lift = divide(treatment.sum, treatment.n * scale) - baseline;
    return inestimable('too_few_users', { lift, baseline });
  }
  const lift = welchLift(meanEstimate(control, scale), meanEstimate(treatment, scale));
  const skewness = skewnessOfLift(control, treatment);
  return lift.reason !== null || skewness === null ? lift : { ...lift, skewness };
}

/** Mean and its squared standard error s²/n, from at least two users. */
export function meanEstimate({ n, sum, sumSquares }: Moments, scale = 1n): ArmEstimate {
  return {
    n: Number(n),
    value: divide(sum, n * scale),
    variance: divide(centred(n, sum, sum, sumSquares), n * n * (n - 1n) * scale * scale),
  };
}
