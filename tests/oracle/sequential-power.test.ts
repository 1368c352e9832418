import { describe, expect, test } from 'vitest';
import { relativeEstimate } from '../../layers/statistics/bayes.ts';
import { normalCritical, normalUpperQuantile } from '../../layers/statistics/distributions.ts';
import { normalLift } from '../../layers/statistics/effect.ts';
import { meanEstimate } from '../../layers/statistics/mean.ts';
import { growthToDetect, powerOfTest, sampleSizeForMean } from '../../layers/statistics/power.ts';
import {
  alwaysValidCritical,
  alwaysValidOneSidedCritical,
  crossingProbability,
  groupSequentialLooks,
  obrienFlemingSpending,
  pocockSpending,
} from '../../layers/statistics/sequential.ts';
import { alwaysValidInflation, groupSequentialInflation } from '../../layers/statistics/sequential-power.ts';
import { describeAgainst, expectClose, expectRounds, scaled } from './close.ts';
import fixtures from './fixtures/sequential.json';

describeAgainst('Always valid intervals', 'mpmath at 40 digits', () => {
  test.each(fixtures.multiples)('$users users at $alpha, tuned for $tunedFor', (row) => {
    expectClose(alwaysValidCritical(row.users, row), row.twoSided);
    expectClose(alwaysValidOneSidedCritical(row.users, row), row.oneSided);
  });
});

describeAgainst('Always valid one-sided bound', 'GrowthBook, printed', () => {
  test('lower bound of a relative lift of means', () => {
    const moments = (n: bigint, sum: string, squares: string) => ({
      n,
      sum: scaled(sum, 2),
      sumSquares: scaled(squares, 4),
    });
    const lift = normalLift(
      meanEstimate(moments(3000n, '1396.87', '52377.9767'), 100n),
      meanEstimate(moments(3461n, '2422.7', '134698.29'), 100n),
    );
    const { value, variance } = relativeEstimate(lift);
    const critical = alwaysValidOneSidedCritical(6461, { alpha: 0.05, tunedFor: 5000 });
    expectClose(value - critical * Math.sqrt(variance), -0.423564546027909, 1e-12);
  });
});

describeAgainst('Users of sequential tests', 'numerical integration', () => {
  test.each(fixtures.groupSequential)('looks at $information, power $power', (plan) => {
    expectClose(groupSequentialInflation(plan), plan.inflation);
  });

  test.each(fixtures.alwaysValid)('always valid at $alpha, power $power', (plan) => {
    expectClose(alwaysValidInflation(plan), plan.inflation);
  });
});

describeAgainst('Power of a running experiment', 'GrowthBook, printed', () => {
  const variance = 3909.9997749994377;
  const users = 400_000 / 3;
  /** GrowthBook tests the relative lift; its error depends on the lift there. */
  const relativeError = (lift: number) =>
    Math.sqrt((variance / users) * (1 / 100 + (10 * (1 + lift)) ** 2 / 1e4));

  test('power at a relative lift of 5 %, and the lift that 80 % detect', () => {
    const power = (lift: number) =>
      powerOfTest({ lift, standardError: relativeError(lift), critical: normalCritical(0.05) });
    expectRounds(power(0.05), '0.52144');
    expectClose(power(0.07027), 0.8, 2e-4);
  });

  test('by how much a running experiment must grow', () => {
    const arm = (n: bigint, sum: bigint, squares: string) => ({
      n,
      sum: sum * 100n,
      sumSquares: scaled(squares, 4),
    });
    const lift = normalLift(
      meanEstimate(arm(500n, 500n, '1500'), 100n),
      meanEstimate(arm(500n, 525n, '1551.25'), 100n),
    );
    const standardError = Math.sqrt(relativeEstimate(lift).variance);
    const growth = growthToDetect({ lift: 0.05, standardError, alpha: 0.05, power: 0.8 });
    // Printed as the users to add, 25.45648; the exact root counts significance in the wrong direction too.
    expectClose(growth - 1, 25.45648, 1e-5);
  });
});

describe('sequential plans', () => {
  test('under no effect the looks spend alpha, under the planned one they have the power', () => {
    for (const spending of [undefined, obrienFlemingSpending, pocockSpending]) {
      const information = [0.3, 0.6, 1];
      const looks = groupSequentialLooks(information, 0.05, spending);
      expectClose(crossingProbability(looks, 0), 0.05, 1e-9);
      const plan = { information, alpha: 0.05, power: 0.9, ...(spending && { spending }) };
      const drift =
        Math.sqrt(groupSequentialInflation(plan)) * (normalCritical(0.05) + normalUpperQuantile(0.1));
      expectClose(crossingProbability(looks, drift), 0.9, 1e-9);
    }
  });

  test('a sample size takes the inflation as it is', () => {
    const plan = { alpha: 0.05, power: 0.8, variance: 100, lift: 0.3 };
    const inflation = alwaysValidInflation(plan);
    const fixed = sampleSizeForMean(plan).control;
    expectClose(sampleSizeForMean({ ...plan, inflation }).control, fixed * inflation, 1e-4);
  });

  test('looks so early that they can spend nothing are never significant', () => {
    const [first] = groupSequentialLooks([0.0005, 1], 0.05, obrienFlemingSpending);
    expect(first?.z).toBeGreaterThan(37);
    expect(Number.isFinite(first?.z)).toBe(true);
  });

  test('plans that cannot be are refused', () => {
    expect(() => groupSequentialInflation({ information: [0.5], alpha: 0.05, power: 0.8 })).toThrow(
      RangeError,
    );
    expect(() => alwaysValidInflation({ alpha: 0.05, power: 0.01 })).toThrow(RangeError);
    expect(() => alwaysValidOneSidedCritical(100, { alpha: 0.5, tunedFor: 100 })).toThrow(RangeError);
    expect(() =>
      sampleSizeForMean({ alpha: 0.05, power: 0.8, variance: 1, lift: 1, inflation: 0.9 }),
    ).toThrow(RangeError);
    expect(() => powerOfTest({ lift: 1, standardError: 0, critical: 2 })).toThrow(RangeError);
    expect(() => growthToDetect({ lift: 0, standardError: 1, alpha: 0.05, power: 0.8 })).toThrow(RangeError);
  });
});
