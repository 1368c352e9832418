import type { SampleRatio } from '../../report/schema.ts';
import { holm } from '../../statistics/multiplicity.ts';
import { sampleRatioTest, srmAlpha } from '../../statistics/srm.ts';
import { addedChiSquares } from '../../statistics/stratified.ts';

/** A split of fewer users than this says nothing by a chi-square test: expected counts must be at least five. */
const minimumExpected = 5;

/** A level or a day with fewer users is left out of the checks of parts. */
const minimumUsersOfPart = 100;

export type Weights = Readonly<Record<string, number>>;

export interface ArmUsers {
  readonly variant: string;
  readonly users: number;
}

/** Sample ratio mismatch of `arms` against `weights` (shares that sum to one). */
export function checkSampleRatio(arms: readonly ArmUsers[], weights: Weights): SampleRatio {
  const total = usersOf(arms);
  const expected = arms.map(({ variant, users }) => ({
    variant,
    users,
    expected: (weights[variant] ?? 0) * total,
  }));
  const notChecked = (reason: string): SampleRatio => ({
    chi2: null,
    df: null,
    p: null,
    status: 'not_checked',
    reason,
    arms: expected,
  });
  const test = sampleRatioTest(
    arms.map(({ variant, users }) => ({ variant, users, weight: weights[variant] ?? 0 })),
  );
  if (test.reason !== null) return notChecked(test.reason);
  if (expected.some((arm) => arm.expected < minimumExpected)) return notChecked('too_few_users');
  const { chi2, df, p } = test;
  return { chi2, df, p, status: p < srmAlpha ? 'fail' : 'pass', reason: null, arms: expected };
}

/** Users of one period, and the shares that held in it. */
export interface SplitOfPeriod {
  readonly arms: readonly ArmUsers[];
  readonly weights: Weights;
}

/** Sample ratio mismatch within periods of other weights, judged over all of them: their statistics add up. */
export function checkPeriods(periods: readonly SplitOfPeriod[]): SampleRatio {
  const checks = periods.map(({ arms, weights }) => checkSampleRatio(arms, weights));
  const [first, ...others] = checks;
  if (first === undefined) throw new Error('there is a period');
  if (others.length === 0) return first;
  const tested = checks.flatMap(({ chi2, df }) => (chi2 === null || df === null ? [] : [{ chi2, df }]));
  const arms = first.arms.map(({ variant }) => {
    const own = checks.flatMap((check) => check.arms.filter((arm) => arm.variant === variant));
    return {
      variant,
      users: own.reduce((sum, { users }) => sum + users, 0),
      expected: own.reduce((sum, { expected }) => sum + expected, 0),
    };
  });
  if (tested.length === 0) return { ...first, arms };
  const { chi2, df, p } = addedChiSquares(tested);
  return { chi2, df, p, status: p < srmAlpha ? 'fail' : 'pass', reason: null, arms };
}

/** Parts large enough to be checked; a part fails by its p corrected by Holm over the parts. */
export function checkParts<Part extends object>(
  parts: readonly { readonly part: Part; readonly periods: readonly SplitOfPeriod[] }[],
  all: readonly { readonly variant: string }[],
): (Part & SampleRatio & { pAdjusted: number | null })[] {
  const checked = parts
    .filter(({ periods }) => usersOf(periods.flatMap(({ arms }) => arms)) >= minimumUsersOfPart)
    .map(({ part, periods }) => ({
      ...part,
      ...checkPeriods(
        periods.map(({ arms, weights }) => ({
          weights,
          arms: all.map(({ variant }) => ({
            variant,
            users: arms.find((arm) => arm.variant === variant)?.users ?? 0,
          })),
        })),
      ),
    }));
  const tested = checked.filter(({ p }) => p !== null);
  const adjusted = holm(tested.map(({ p }) => p ?? 1));
  return checked.map((check) => {
    const pAdjusted = adjusted[tested.indexOf(check)] ?? null;
    const status = pAdjusted === null ? 'not_checked' : pAdjusted < srmAlpha ? 'fail' : 'pass';
    return { ...check, status, pAdjusted };
  });
}

function usersOf(arms: readonly ArmUsers[]): number {
  return arms.reduce((sum, arm) => sum + arm.users, 0);
}
