import { invertSurvival, normalCritical, normalUpperQuantile } from './distributions.ts';
import { powerOfTest } from './power.ts';
import {
  alwaysValidCritical,
  alwaysValidOneSidedCritical,
  crossingProbability,
  groupSequentialLooks,
  quadraticSpending,
  type Spending,
} from './sequential.ts';

interface Goal {
  /** Level over all looks together, two-sided unless it says otherwise. */
  readonly alpha: number;
  readonly power: number;
}

/** How an experiment may be looked at: once at its end, at any time, or at looks with shares of the information. */
export type Looking =
  | { readonly method: 'none' }
  | { readonly method: 'always_valid' }
  | {
      readonly method: 'group_sequential';
      readonly information: readonly number[];
      readonly spending: Spending;
    };

/** How many times the users of a test with a single look the way of looking takes at its end. */
export function inflationOf(looking: Looking, goal: Goal): number {
  switch (looking.method) {
    case 'none':
      return 1;
    case 'always_valid':
      return alwaysValidInflation(goal);
    case 'group_sequential':
      return groupSequentialInflation({
        ...goal,
        information: looking.information,
        spending: looking.spending,
      });
  }
}

/** The same for a test of one side, at a one-sided level, such as a guardrail's. */
export function oneSidedInflationOf(looking: Looking, { alpha, power }: Goal): number {
  return looking.method === 'always_valid'
    ? alwaysValidOneSidedInflation({ alpha, power })
    : inflationOf(looking, { alpha: 2 * alpha, power });
}

/**
 * How many times the users of a fixed test an always valid one needs for the same power, tuned for its planned end and
 * judged there. Looks before the end may stop it sooner and only add to the power.
 */
export function alwaysValidInflation({ alpha, power }: Goal): number {
  const critical = alwaysValidCritical(1, { alpha, tunedFor: 1 });
  return inflation({ alpha, power }, (drift) => powerOfTest({ lift: drift, standardError: 1, critical }));
}

/** The same for a test of one side, at a one-sided level. */
export function alwaysValidOneSidedInflation({ alpha, power }: Goal): number {
  const margin = normalUpperQuantile(1 - power);
  const critical = alwaysValidOneSidedCritical(1, { alpha, tunedFor: 1 });
  return ((critical + margin) / (normalUpperQuantile(alpha) + margin)) ** 2;
}

/** How many times the users of a fixed test a group sequential one needs for the same power, at its last look. */
export function groupSequentialInflation(
  plan: Goal & { readonly information: readonly number[]; readonly spending?: Spending },
): number {
  const { information, spending = quadraticSpending } = plan;
  if (information.at(-1) !== 1) throw new RangeError('the last look must have all of the information');
  const key = JSON.stringify([plan.alpha, plan.power, information]);
  const known = inflations.get(spending)?.get(key);
  if (known !== undefined) return known;
  const looks = groupSequentialLooks(information, plan.alpha, spending);
  const found = inflation(plan, (drift) => crossingProbability(looks, drift));
  inflations.set(spending, new Map(inflations.get(spending)).set(key, found));
  return found;
}

/** By spending and plan: each takes an integration for every drift that is tried. */
const inflations = new Map<Spending, Map<string, number>>();

/** Users grow with the square of the drift, the z-statistic expected at the end. */
function inflation({ alpha, power }: Goal, powerAt: (drift: number) => number): number {
  if (!(power > alpha && power < 1)) throw new RangeError(`power must lie in (alpha, 1), got ${power}`);
  const fixed = normalCritical(alpha) + normalUpperQuantile(1 - power);
  const drift = invertSurvival((sought) => 1 - powerAt(sought), 1 - power, fixed / 2);
  return (drift / fixed) ** 2;
}
