import {
  type ArmEstimate,
  type Effect,
  effectOf,
  type InestimableEffect,
  inestimable,
  type LiftEstimate,
  normalLift,
} from './effect.ts';
import { divide, type PairMoments } from './moments.ts';
import { ratioEstimate } from './ratio.ts';

/** 1-based ranks of the order statistics that a quantile's estimate and its standard error are made of. */
export interface QuantileRanks {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Values of one arm in stored units: order statistics at {@link QuantileRanks}. */
export interface QuantileSample {
  /** Randomised users behind the values. */
  readonly users: number;
  readonly value: bigint;
  readonly lower: bigint;
  readonly upper: bigint;
  /** Standard deviations of the share of values up to `value` that `lower` and `upper` lie away from it. */
  readonly z: number;
}

export interface QuantileArms {
  /** Null where the ranks lie outside the sample. */
  readonly control: QuantileSample | null;
  readonly treatment: QuantileSample | null;
  /** Stored units in one reported unit. */
  readonly scale?: bigint;
}

/** Rank of a quantile by the nearest-rank definition: the smallest value with a share of at least q at or below it. */
export function nearestRank(observations: number, quantile: number): number {
  requireQuantile(quantile);
  // 100 values at q = 0.55 must not give rank 56 for the last bit of 0.55 * 100.
  return Math.max(1, Math.ceil(observations * quantile - 1e-9));
}

/**
 * Ranks `z` standard deviations around the quantile of so many values. Values are independent users, or sessions
 * clustered in users: `clusters` then holds per user x the values at or below the quantile and y all values (Deng,
 * Knoblich and Lu 2018). Null when the sample is too small for ranks so far out.
 */
export function quantileRanks(
  sample: { readonly observations: number; readonly clusters?: PairMoments },
  { quantile, z }: { readonly quantile: number; readonly z: number },
): QuantileRanks | null {
  const { observations, clusters } = sample;
  if (observations === 0 || (clusters !== undefined && clusters.n < 2n)) return null;
  const value = nearestRank(observations, quantile);
  const shareVariance =
    clusters === undefined ? (quantile * (1 - quantile)) / observations : ratioEstimate(clusters).variance;
  const reach = z * observations * Math.sqrt(shareVariance);
  // The quantile lies half a rank above n q.
  const centre = observations * quantile + 0.5;
  const lower = Math.round(centre - reach);
  const upper = Math.round(centre + reach);
  return lower < 1 || upper > observations || lower === upper ? null : { value, lower, upper };
}

/** Lift of a quantile: normal test with the standard errors of the order statistics, Fieller's relative interval. */
export function compareQuantiles(comparison: QuantileArms & { readonly alpha: number }): Effect {
  return effectOf(quantileLift(comparison), comparison.alpha);
}

/** The lift of a quantile as any inference takes it. */
export function quantileLift({
  control,
  treatment,
  scale = 1n,
}: QuantileArms): LiftEstimate | InestimableEffect {
  if (control === null || treatment === null) return inestimable('too_few_users');
  const c = quantileEstimate(control, scale);
  const t = quantileEstimate(treatment, scale);
  // Lumps around the quantile say nothing of its error, whatever the other arm says.
  if (isLumpy(control) || isLumpy(treatment)) {
    return inestimable('tied_quantile', { lift: t.value - c.value, baseline: c.value });
  }
  return normalLift(c, t);
}

/** How many times as far from the quantile one bound may be as the other. */
const mostLopsided = 5n;

/**
 * Whether the values around a quantile are lumps, such as few price points, rather than a density: it equals a bound, or
 * the bounds lie too unevenly. Between two lumps a quantile jumps by more than the bounds can know.
 */
function isLumpy({ value, lower, upper }: QuantileSample): boolean {
  const [below, above] = [value - lower, upper - value];
  const [near, far] = below < above ? [below, above] : [above, below];
  return near <= 0n || far > mostLopsided * near;
}

/** Q and its squared standard error ((Q_upper - Q_lower) / 2z)²: the share's error over the density at Q. */
export function quantileEstimate(sample: QuantileSample, scale = 1n): ArmEstimate {
  const { users, value, lower, upper, z } = sample;
  if (!(lower <= value && value <= upper && z > 0)) {
    throw new RangeError(
      `a quantile must lie between its bounds, got ${value} in [${lower}, ${upper}] at ${z}`,
    );
  }
  return {
    n: users,
    value: divide(value, scale),
    variance: (divide(upper - lower, scale) / (2 * z)) ** 2,
  };
}

function requireQuantile(quantile: number): void {
  if (!(quantile > 0 && quantile < 1)) {
    throw new RangeError(`a quantile must lie strictly between 0 and 1, got ${quantile}`);
  }
}
