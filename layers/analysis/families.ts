import type { ExperimentSettings } from '../experiment/config.ts';
import { dunnett, dunnettLevel } from '../statistics/dunnett.ts';
import type { ArmEstimate } from '../statistics/effect.ts';
import { benjaminiHochberg, holm } from '../statistics/multiplicity.ts';

export type Correction = ExperimentSettings['correction'];

/** A comparison's corrected p, and the level for its own interval: p < level exactly when pAdjusted < alpha. */
export interface Corrected {
  readonly pAdjusted: number;
  readonly level: number;
}

/**
 * Corrects the p-values of a family, in the order given.
 * Holm's level is that of the step which judged the comparison: alpha over the number of hypotheses then left.
 * Benjamini and Hochberg's is alpha R / m for R of m found significant, whose intervals keep the false coverage rate.
 */
export function correct(pValues: readonly number[], alpha: number, correction: Correction): Corrected[] {
  const m = pValues.length;
  switch (correction) {
    case 'none':
      return pValues.map((p) => ({ pAdjusted: p, level: alpha }));
    case 'holm': {
      const adjusted = holm(pValues);
      const found = adjusted.filter((p) => p < alpha).length;
      const ranks = ranksOf(pValues);
      return adjusted.map((pAdjusted, i) => ({
        pAdjusted,
        level: alpha / (m - (pAdjusted < alpha ? (ranks[i] ?? 0) : found)),
      }));
    }
    case 'benjamini_hochberg': {
      const adjusted = benjaminiHochberg(pValues);
      const found = adjusted.filter((p) => p < alpha).length;
      return adjusted.map((pAdjusted) => ({ pAdjusted, level: alpha * (Math.max(found, 1) / m) }));
    }
  }
}

/** The treatments of one metric: p-values and estimates in the same order. */
export interface ManyToOne {
  readonly control: ArmEstimate;
  readonly treatments: readonly ArmEstimate[];
  readonly pValues: readonly number[];
}

/** Dunnett's correction within each metric, and the number of metrics as a factor unless there is no correction. */
export function correctManyToOne(
  metrics: readonly ManyToOne[],
  alpha: number,
  correction: Correction,
): Corrected[][] {
  const factor = correction === 'none' ? 1 : metrics.length;
  return metrics.map(({ control, treatments, pValues }) => {
    const level = dunnettLevel(control, treatments, alpha / factor);
    return dunnett(control, treatments, pValues).map((p) => ({ pAdjusted: Math.min(1, p * factor), level }));
  });
}

/** The position of each value in ascending order, from zero; ties in the order given. */
function ranksOf(values: readonly number[]): number[] {
  const ranks = new Array<number>(values.length).fill(0);
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  for (const [rank, { index }] of order.entries()) ranks[index] = rank;
  return ranks;
}
