import { formatPercent } from '../../report/format.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import { addedChiSquares } from '../../statistics/stratified.ts';
import type { Period } from '../ramp.ts';
import {
  type Check,
  counted,
  type Finding,
  nobodyExposed,
  notChecked,
  type Trust,
  type TrustInput,
} from './check.ts';

/** Whether the same share of each arm's users was exposed. Where not, only everyone assigned can be compared. */
export const exposureRate: Check = {
  name: 'exposure_rate',
  label: 'Exposed share of the assigned',
  evaluate({ arms, periods, settings }: Pick<TrustInput, 'arms' | 'periods' | 'settings'>) {
    const exposureRates = arms.map(({ variant, assigned, exposed }) => ({
      variant,
      assigned,
      exposed,
      share: assigned === 0 ? null : exposed / assigned,
    }));
    const found =
      settings.exposure === 'assignment'
        ? counted(false, 'Every assigned user counts as exposed.')
        : compare(exposureRates, periods);
    return { ...found, evidence: { exposureRates } };
  },
};

function compare(rates: Trust['exposureRates'], periods: readonly Period[]): Finding {
  if (rates.every(({ exposed }) => exposed === 0)) return nobodyExposed;
  const test = testWithin(periods);
  const list = rates.map(({ variant, share }) => `${variant} ${formatPercent(share)}`).join(', ');
  if (test.reason === 'no_variation') {
    return counted(false, `The same share of each arm's users was exposed: ${list}.`);
  }
  if (test.reason !== null) {
    return notChecked(`Too few users to compare the shares of exposed users: ${list}.`);
  }
  const isApart = test.p < srmAlpha;
  return {
    status: isApart ? 'fail' : 'pass',
    chiSquare: test,
    p: test.p,
    explanation: isApart
      ? `The arms differ in the share of their users who were exposed: ${list}. The treatment may change who is counted, so that exposed users are not comparable. Everyone assigned is: read the effects on them, and to decide by these put exposure: assignment into experiment.yaml and run the same files again.`
      : `The arms hardly differ in the share of their users who were exposed: ${list}.`,
  };
}

/** Whether the arms differ in the share of exposed users, among those who were assigned in the same period. */
function testWithin(periods: readonly Period[]): ReturnType<typeof testHomogeneity> {
  const tests = periods.map(({ assigned, exposed }) =>
    testHomogeneity(
      assigned.map(({ variant, users }) => ({
        total: users,
        hits: exposed.find((arm) => arm.variant === variant)?.users ?? 0,
      })),
    ),
  );
  const tested = tests.flatMap((test) => (test.reason === null ? [test] : []));
  const [first] = tests;
  if (first === undefined || tested.length === 0) return first ?? { reason: 'single_group' };
  return { reason: null, ...addedChiSquares(tested) };
}
