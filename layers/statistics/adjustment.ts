import type { Aggregates } from './aggregates.ts';
import {
  type Effect,
  effectOf,
  type InestimableEffect,
  inestimable,
  type LiftEstimate,
  welchLift,
} from './effect.ts';
import { determinant, independentRows } from './exact-algebra.ts';
import { divide } from './moments.ts';

/** The mean of a column per user, or the ratio of two columns' sums. */
export interface Quantity {
  readonly numerator: string;
  readonly denominator?: string;
}

/** Regression coefficients of the covariates over a common denominator, exact; in stored units. */
export interface Slopes {
  readonly numerators: readonly bigint[];
  readonly denominator: bigint;
}

export interface AdjustedArms {
  /** Sums and all products of the columns of the metric and of its covariates. */
  readonly control: Aggregates;
  readonly treatment: Aggregates;
  readonly metric: Quantity;
  /** From before exposure, so that no treatment can have changed them. */
  readonly covariates: readonly Quantity[];
  readonly slopes: Slopes;
  /** Stored units of the numerator in one reported unit: 100 for cents reported in euros. */
  readonly scale?: bigint;
  /** The same for the denominator. */
  readonly denominatorScale?: bigint;
}

export type AdjustedEffect = Effect & {
  /** One per covariate, in stored units of the metric per stored unit of the covariate. */
  readonly thetas: readonly number[];
  /** 1 - Var(adjusted lift) / Var(lift): the share of variance the covariates explain. Null without inference. */
  readonly varianceReduction: number | null;
};

/**
 * Ordinary least squares slopes of the metric on its covariates over all users of all arms, so that each arm is
 * adjusted alike in every comparison. A ratio enters by its users' linearised values (Deng et al. 2013, appendix B).
 * A covariate that is constant, collinear with those before it or without a denominator has slope zero.
 */
export function adjustmentSlopes(
  arms: readonly Aggregates[],
  metric: Quantity,
  covariates: readonly Quantity[],
): Slopes {
  const none = { numerators: covariates.map(() => 0n), denominator: 1n };
  const [first, ...rest] = arms;
  if (first === undefined || arms.some((arm) => !isDefined(arm, metric))) return none;
  const all = rest.reduce((sum, arm) => sum.add(arm), first);
  const y = linearise(all, metric);
  const candidates = covariates.flatMap((covariate, index) =>
    arms.every((arm) => isDefined(arm, covariate)) ? [{ index, ...linearise(all, covariate) }] : [],
  );
  const gram = candidates.map((a) => candidates.map((b) => codeviation(all, a.gradient, b.gradient)));
  const kept = independentRows(gram);
  if (kept.length === 0) return none;
  const matrix = kept.map((i) => kept.map((j) => gram[i]?.[j] ?? 0n));
  const target = kept.map((i) => codeviation(all, candidates[i]?.gradient ?? new Map(), y.gradient));

  // Cramer's rule; the gradients are integers over `over`, so the slopes take the two over against each other.
  const numerators = [...none.numerators];
  for (const [position, i] of kept.entries()) {
    const candidate = candidates[i];
    if (candidate === undefined) continue;
    const replaced = matrix.map((row, r) =>
      row.map((entry, c) => (c === position ? (target[r] ?? 0n) : entry)),
    );
    numerators[candidate.index] = determinant(replaced) * candidate.over;
  }
  return { numerators, denominator: determinant(matrix) * y.over };
}

/**
 * The one slope a covariate that adjusts both arms as a regression does in which the covariates interact with the arm (Lin 2013):
 * each arm's own least squares slope, weighted by the share of the users of the _other_ arm, since the smaller arm's mean
 * is the one that is off. With equal arms they are those of {@link adjustmentSlopes}; with unequal ones whose slopes differ
 * they leave the least variance.
 */
export function interactedSlopes(
  control: Aggregates,
  treatment: Aggregates,
  metric: Quantity,
  covariates: readonly Quantity[],
): Slopes {
  const c = adjustmentSlopes([control], metric, covariates);
  const t = adjustmentSlopes([treatment], metric, covariates);
  return {
    numerators: covariates.map(
      (_, i) =>
        treatment.n * (c.numerators[i] ?? 0n) * t.denominator +
        control.n * (t.numerators[i] ?? 0n) * c.denominator,
    ),
    denominator: (control.n + treatment.n) * c.denominator * t.denominator,
  };
}

/**
 * Lift of a mean or ratio adjusted by covariates from before exposure (CUPED; Deng, Xu, Kohavi and Walker 2013):
 * Welch's t on y - Σ θ x. The relative lift is that of the adjusted lift on the control's unadjusted value.
 */
export function compareAdjusted(comparison: AdjustedArms & { readonly alpha: number }): AdjustedEffect {
  const { slopes, alpha } = comparison;
  const estimate = adjustedLift(comparison);
  const effect = effectOf(estimate, alpha);
  const thetas = slopes.numerators.map((numerator) => divide(numerator, slopes.denominator));
  if (effect.reason !== null || estimate.reason !== null)
    return { ...effect, thetas, varianceReduction: null };
  const plain = adjustedLift({ ...comparison, slopes: { numerators: [], denominator: 1n } });
  const varianceReduction = plain.reason === null ? 1 - estimate.liftVariance / plain.liftVariance : null;
  return { ...effect, thetas, varianceReduction };
}

/** The adjusted lift as any inference takes it. */
export function adjustedLift(arms: AdjustedArms): LiftEstimate | InestimableEffect {
  const { control, treatment, metric } = arms;
  if (control.n < 2n || treatment.n < 2n) return inestimable('too_few_users');
  if (!isDefined(control, metric) || !isDefined(treatment, metric)) return inestimable('zero_denominator');
  const c = adjust(control, arms);
  const t = adjust(treatment, arms);
  const estimate = welchLift(estimateOf(control, c, arms), estimateOf(treatment, t, arms));
  if (estimate.reason !== null) return estimate;
  const plain = linearise(control, metric);
  const baseline = estimateOf(control, plain, arms);
  return {
    ...estimate,
    baseline: baseline.value,
    baselineVariance: baseline.variance,
    covariance: -covarianceOf(control, c, plain, arms),
  };
}

/** Factors of columns. */
type Combination = ReadonlyMap<string, bigint>;

/** value / valueOver, and a user's influence on it: gradient · (x - mean) / over. */
interface Linearised {
  readonly value: bigint;
  readonly valueOver: bigint;
  readonly gradient: Combination;
  readonly over: bigint;
}

function isDefined(arm: Aggregates, { denominator }: Quantity): boolean {
  return arm.n > 0n && (denominator === undefined || arm.sum(denominator) !== 0n);
}

/** A mean is linear; a ratio N / D has the gradient (1, -N / D) / mean(d), here over D². */
function linearise(arm: Aggregates, { numerator, denominator }: Quantity): Linearised {
  const { n } = arm;
  const value = arm.sum(numerator);
  if (denominator === undefined) {
    return { value, valueOver: n, gradient: new Map([[numerator, 1n]]), over: 1n };
  }
  const under = arm.sum(denominator);
  const gradient = plus(new Map([[numerator, n * under]]), new Map([[denominator, -n * value]]));
  return { value, valueOver: under, gradient, over: under * under };
}

/** The metric less θ times each covariate, as one linearised quantity. */
function adjust(arm: Aggregates, { metric, covariates, slopes }: AdjustedArms): Linearised {
  return covariates.reduce(
    (adjusted: Linearised, covariate, index) => {
      const theta = slopes.numerators[index] ?? 0n;
      if (theta === 0n) return adjusted;
      const x = linearise(arm, covariate);
      const over = x.over * slopes.denominator;
      const valueOver = x.valueOver * slopes.denominator;
      return {
        value: adjusted.value * valueOver - theta * x.value * adjusted.valueOver,
        valueOver: adjusted.valueOver * valueOver,
        gradient: plus(times(adjusted.gradient, over), times(x.gradient, -theta * adjusted.over)),
        over: adjusted.over * over,
      };
    },
    linearise(arm, metric),
  );
}

function estimateOf(arm: Aggregates, quantity: Linearised, units: AdjustedArms) {
  const { scale = 1n, denominatorScale = 1n } = units;
  return {
    n: Number(arm.n),
    value: divide(quantity.value * denominatorScale, quantity.valueOver * scale),
    variance: covarianceOf(arm, quantity, quantity, units),
  };
}

/** Sample covariance of the users' influences over n; exact until the division. */
function covarianceOf(arm: Aggregates, a: Linearised, b: Linearised, units: AdjustedArms): number {
  const { n } = arm;
  const { scale = 1n, denominatorScale = 1n } = units;
  return divide(
    codeviation(arm, a.gradient, b.gradient) * denominatorScale ** 2n,
    n ** 2n * (n - 1n) * a.over * b.over * scale ** 2n,
  );
}

/** n times the centred sum of products of two linear combinations of the columns. */
function codeviation(arm: Aggregates, a: Combination, b: Combination): bigint {
  let total = 0n;
  for (const [column, u] of a) {
    for (const [other, v] of b) total += u * v * arm.codeviation(column, other);
  }
  return total;
}

function times(combination: Combination, factor: bigint): Combination {
  return new Map([...combination].map(([column, value]) => [column, value * factor]));
}

function plus(a: Combination, b: Combination): Combination {
  const sum = new Map(a);
  for (const [column, value] of b) sum.set(column, (sum.get(column) ?? 0n) + value);
  return sum;
}
