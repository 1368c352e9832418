import { type ArmEstimate, type Effect, effectOf, inestimable, liftOfArms, welchDf } from './effect.ts';
import { centred, divide, type Moments } from './moments.ts';

export interface MeanComparison {
  readonly control: Moments;
  readonly treatment: Moments;
  readonly alpha: number;
  /** Stored units in one reported unit: 100 for cents reported in euros. */
  readonly scale?: bigint;
}

/** Lift of the mean per user: Welch's t-test, Welch interval, Fieller's relative interval. */
export function compareMeans({ control, treatment, alpha, scale = 1n }: MeanComparison): Effect {
  if (control.n === 0n || treatment.n === 0n) return inestimable('too_few_users');
  if (control.n === 1n || treatment.n === 1n) {
    const baseline = divide(control.sum, control.n * scale);
    return inestimable('too_few_users', {
      lift: divide(treatment.sum, treatment.n * scale) - baseline,
      baseline,
    });
  }
  const c = meanEstimate(control, scale);
  const t = meanEstimate(treatment, scale);
  return effectOf(liftOfArms(c, t), { name: 'welch_t', df: welchDf(c, t), alpha });
}

/** Mean and its squared standard error s²/n, from at least two users. */
export function meanEstimate(
  { n, sum, sumSquares }: Moments,
  scale = 1n,
): ArmEstimate & { readonly n: number } {
  return {
    n: Number(n),
    value: divide(sum, n * scale),
    variance: divide(centred(n, sum, sum, sumSquares), n * n * (n - 1n) * scale * scale),
  };
}
