import { update } from './bayes.ts';
import { normalCritical } from './distributions.ts';
import type { Interval } from './effect.ts';

/** A relative lift and its squared standard error. */
export interface RelativeLift {
  readonly value: number;
  readonly variance: number;
}

export interface ShrunkenLift {
  readonly value: number;
  /** Equal-tailed, at 1 - alpha. */
  readonly interval: Interval;
}

/**
 * What is left of a lift when true lifts scatter around zero by `priorSd`: the posterior mean and its interval. An
 * estimate that was picked because it is significant is too large on average (the winner's curse), and the less sure
 * it is the more; this one is not, as far as the prior is right.
 */
export function shrunkenLift(
  { value, variance }: RelativeLift,
  { priorSd, alpha }: { readonly priorSd: number; readonly alpha: number },
): ShrunkenLift {
  if (!(priorSd > 0 && variance >= 0)) {
    throw new RangeError(
      `shrinking needs a positive prior sd and a variance, got ${priorSd} and ${variance}`,
    );
  }
  const { mean, sd } = update({ mean: 0, sd: priorSd }, value, variance);
  const halfWidth = normalCritical(alpha) * sd;
  return { value: mean, interval: [mean - halfWidth, mean + halfWidth] };
}
