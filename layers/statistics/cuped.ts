import {
  type ArmEstimate,
  type Effect,
  effectOf,
  type InestimableEffect,
  inestimable,
  type LiftEstimate,
  welchLift,
} from './effect.ts';
import { meanEstimate } from './mean.ts';
import {
  centred,
  divide,
  EMPTY_PAIR_MOMENTS,
  mergePairMoments,
  momentsOfX,
  type PairMoments,
} from './moments.ts';

/** theta = numerator / denominator, exact; in stored units of the metric per stored unit of the covariate. */
export interface Slope {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export interface CupedArms {
  /** x is the metric, y its covariate from before exposure, one pair per user. */
  readonly control: PairMoments;
  readonly treatment: PairMoments;
  readonly slope: Slope;
  /** Stored units of the metric in one reported unit: 100 for cents reported in euros. */
  readonly scale?: bigint;
}

export type CupedEffect = Effect & {
  readonly theta: number;
  /** 1 - Var(adjusted lift) / Var(lift): the share of variance the covariate explains. Null without inference. */
  readonly varianceReduction: number | null;
};

/**
 * Regression slope Cov(x, y) / Var(y) over all users of all arms, so that each arm is adjusted alike in every
 * comparison; zero when the covariate does not vary.
 */
export function cupedSlope(arms: readonly PairMoments[]): Slope {
  const { n, sumX, sumY, sumYY, sumXY } = arms.reduce(mergePairMoments, EMPTY_PAIR_MOMENTS);
  const denominator = centred(n, sumY, sumY, sumYY);
  if (denominator === 0n) return { numerator: 0n, denominator: 1n };
  return { numerator: centred(n, sumX, sumY, sumXY), denominator };
}

/**
 * Lift of a mean adjusted by a pre-exposure covariate (CUPED): Welch's t on x - theta y. The relative lift is that
 * of the adjusted lift on the control's unadjusted mean.
 */
export function compareAdjustedMeans(comparison: CupedArms & { readonly alpha: number }): CupedEffect {
  const { control, treatment, slope, scale = 1n, alpha } = comparison;
  const estimate = adjustedLift(comparison);
  const effect = effectOf(estimate, alpha);
  const theta = divide(slope.numerator, slope.denominator);
  if (effect.reason !== null || estimate.reason !== null)
    return { ...effect, theta, varianceReduction: null };
  const unadjusted =
    meanEstimate(momentsOfX(control), scale).variance + meanEstimate(momentsOfX(treatment), scale).variance;
  return {
    ...effect,
    theta,
    varianceReduction: unadjusted === 0 ? null : 1 - estimate.liftVariance / unadjusted,
  };
}

/** The adjusted lift as any inference takes it. */
export function adjustedLift(arms: CupedArms): LiftEstimate | InestimableEffect {
  const { control, treatment, slope, scale = 1n } = arms;
  if (control.n < 2n || treatment.n < 2n) return inestimable('too_few_users');
  const c = adjustedEstimate(control, slope, scale);
  const t = adjustedEstimate(treatment, slope, scale);
  const estimate = welchLift(c, t);
  if (estimate.reason !== null) return estimate;
  const baseline = meanEstimate(momentsOfX(control), scale);
  return {
    ...estimate,
    baseline: baseline.value,
    baselineVariance: baseline.variance,
    covariance: -covarianceWithBaseline(control, slope, scale),
  };
}

/** Mean of x - theta y and its squared standard error; exact until the division. */
function adjustedEstimate(
  { n, sumX, sumY, sumXX, sumYY, sumXY }: PairMoments,
  { numerator, denominator }: Slope,
  scale: bigint,
): ArmEstimate {
  // With theta = a / b: n Σ(bx - ay)² - (Σ(bx - ay))², over b².
  const squares =
    denominator ** 2n * centred(n, sumX, sumX, sumXX) -
    2n * numerator * denominator * centred(n, sumX, sumY, sumXY) +
    numerator ** 2n * centred(n, sumY, sumY, sumYY);
  return {
    n: Number(n),
    value: divide(denominator * sumX - numerator * sumY, n * denominator * scale),
    variance: divide(squares, n ** 2n * (n - 1n) * (denominator * scale) ** 2n),
  };
}

/** Cov of the control's adjusted mean with its unadjusted one: (s²_x - theta s_xy) / n. */
function covarianceWithBaseline(
  { n, sumX, sumY, sumXX, sumXY }: PairMoments,
  { numerator, denominator }: Slope,
  scale: bigint,
): number {
  const products = denominator * centred(n, sumX, sumX, sumXX) - numerator * centred(n, sumX, sumY, sumXY);
  return divide(products, n ** 2n * (n - 1n) * denominator * scale ** 2n);
}
