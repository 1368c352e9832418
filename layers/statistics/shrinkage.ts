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

/**
 * The scatter of true lifts around zero that past experiments show: the τ with Σ dᵢ² / (vᵢ + τ²) = k (Paule and Mandel
 * 1982, about zero). Null without lifts, or where they scatter no more than their errors do.
 */
export function priorSdOf(past: readonly RelativeLift[]): number | null {
  if (past.some(({ variance }) => !(variance > 0))) throw new RangeError('a past lift needs a variance');
  const excess = (tau2: number) =>
    past.reduce((sum, { value, variance }) => sum + value ** 2 / (variance + tau2), 0) - past.length;
  if (past.length === 0 || excess(0) <= 0) return null;
  let low = 0;
  // At the largest square no term exceeds one.
  let high = Math.max(...past.map(({ value }) => value ** 2));
  for (let i = 0; i < 200 && low < high; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return Math.sqrt(high);
}
