import { normalCritical, normalUpperQuantile } from './distributions.ts';
import { powerOfTest } from './power.ts';
import {
  alwaysValidCritical,
  crossingProbability,
  groupSequentialLooks,
  quadraticSpending,
  type Spending,
} from './sequential.ts';

interface Goal {
  /** Two-sided level over all looks together. */
  readonly alpha: number;
  readonly power: number;
}

/**
 * How many times the users of a fixed test an always valid one needs for the same power, tuned for its planned end and
 * judged there. Looks before the end may stop it sooner and only add to the power.
 */
export function alwaysValidInflation({ alpha, power }: Goal): number {
  const critical = alwaysValidCritical(1, { alpha, tunedFor: 1 });
  return inflation({ alpha, power }, (drift) => powerOfTest({ lift: drift, standardError: 1, critical }));
}

/** How many times the users of a fixed test a group sequential one needs for the same power, at its last look. */
export function groupSequentialInflation(
  plan: Goal & { readonly information: readonly number[]; readonly spending?: Spending },
): number {
  const { information, spending = quadraticSpending } = plan;
  if (information.at(-1) !== 1) throw new RangeError('the last look must have all of the information');
  const looks = groupSequentialLooks(information, plan.alpha, spending);
  return inflation(plan, (drift) => crossingProbability(looks, drift));
}

/** Users grow with the square of the drift, the z-statistic expected at the end. */
function inflation({ alpha, power }: Goal, powerAt: (drift: number) => number): number {
  if (!(power > alpha && power < 1)) throw new RangeError(`power must lie in (alpha, 1), got ${power}`);
  const fixed = normalCritical(alpha) + normalUpperQuantile(1 - power);
  let low = 0;
  let high = 2 * fixed + 2;
  while (powerAt(high) < power) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (powerAt(middle) < power) low = middle;
    else high = middle;
  }
  return ((low + high) / 2 / fixed) ** 2;
}
