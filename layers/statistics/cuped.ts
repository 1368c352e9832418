import {
  type AdjustedArms,
  adjustedLift as adjust,
  adjustmentSlopes,
  compareAdjusted,
} from './adjustment.ts';
import type { Effect, InestimableEffect, LiftEstimate } from './effect.ts';
import { momentMatrixOfPair, type PairMoments } from './moments.ts';

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

const metric = { numerator: 0 };
const covariates = [{ numerator: 1 }];

/**
 * Regression slope Cov(x, y) / Var(y) over all users of all arms, so that each arm is adjusted alike in every
 * comparison; zero when the covariate does not vary.
 */
export function cupedSlope(arms: readonly PairMoments[]): Slope {
  const { numerators, denominator } = adjustmentSlopes(arms.map(momentMatrixOfPair), metric, covariates);
  return { numerator: numerators[0] ?? 0n, denominator };
}

/**
 * Lift of a mean adjusted by one pre-exposure covariate (CUPED): Welch's t on x - theta y. The relative lift is that
 * of the adjusted lift on the control's unadjusted mean.
 */
export function compareAdjustedMeans(comparison: CupedArms & { readonly alpha: number }): CupedEffect {
  const { thetas, ...effect } = compareAdjusted({ ...general(comparison), alpha: comparison.alpha });
  return { ...effect, theta: thetas[0] ?? 0 };
}

/** The adjusted lift as any inference takes it. */
export function adjustedLift(arms: CupedArms): LiftEstimate | InestimableEffect {
  return adjust(general(arms));
}

function general({ control, treatment, slope, scale = 1n }: CupedArms): AdjustedArms {
  return {
    control: momentMatrixOfPair(control),
    treatment: momentMatrixOfPair(treatment),
    metric,
    covariates,
    slopes: { numerators: [slope.numerator], denominator: slope.denominator },
    scale,
  };
}
