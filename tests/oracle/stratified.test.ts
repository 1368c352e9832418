import { expect, test } from 'vitest';
import { checkPeriods } from '../../layers/analysis/trust/split.ts';
import { effectOf } from '../../layers/statistics/effect.ts';
import { meanLift } from '../../layers/statistics/mean.ts';
import { proportionLift } from '../../layers/statistics/proportion.ts';
import { stratifiedLift } from '../../layers/statistics/stratified.ts';
import { describeAgainst, expectClose } from './close.ts';
import fixtures from './fixtures/strata.json';
import { aggregatesIn } from './sums.ts';

describeAgainst('Lift over strata', 'statsmodels, OLS on arm and strata, HC2', () => {
  test.each(fixtures.lifts)('$strata.length strata', (row) => {
    const lift = stratifiedLift(
      row.strata.map((stratum) => {
        const [control, treatment] = [stratum.control, stratum.treatment].map((arm) =>
          aggregatesIn(arm).moments('a'),
        );
        if (control === undefined || treatment === undefined) throw new Error('two arms');
        return {
          estimate: meanLift({ control, treatment }),
          weight: Number(control.n + treatment.n),
        };
      }),
    );
    if (lift.reason !== null) throw new Error(lift.reason);
    expectClose(lift.lift, row.lift);
    expectClose(Math.sqrt(lift.liftVariance), row.se);
    expectClose(lift.baseline, row.baseline);
    expectClose(Math.sqrt(lift.baselineVariance), row.baselineSe);
    expectClose(lift.covariance, row.covariance);
    const { test: found } = effectOf(lift, 0.05);
    expectClose(found?.df, row.df);
    expectClose(found?.p, row.p);
  });
});

describeAgainst('Sample ratio within periods', 'scipy', () => {
  test.each(fixtures.splits)('$users', ({ users, weights, chi2, p }) => {
    const shares = ([control = 0, treatment = 0]: readonly number[]) => ({ control, treatment });
    const found = checkPeriods(
      users.map((own, k) => ({
        arms: Object.entries(shares(own)).map(([variant, count]) => ({ variant, users: count })),
        weights: shares(weights[k] ?? []),
      })),
    );
    expectClose(found.chi2, chi2);
    expectClose(found.p, p);
    expect(found.df).toBe(users.length);
  });
});

const counts = (n: bigint, sum: bigint) => ({ n, sum });

test('one stratum is the plain lift, whatever its weight', () => {
  const plain = proportionLift({ control: counts(900n, 80n), treatment: counts(1000n, 120n) });
  expect(stratifiedLift([{ estimate: plain, weight: 17 }])).toEqual(plain);
});

test('strata without an estimate, or without weight, have none together', () => {
  const plain = proportionLift({ control: counts(900n, 80n), treatment: counts(1000n, 120n) });
  const none = proportionLift({ control: counts(0n, 0n), treatment: counts(1000n, 120n) });
  const strata = [plain, none].map((estimate) => ({ estimate, weight: 1 }));
  expect(stratifiedLift(strata).reason).toBe('too_few_users');
  expect(stratifiedLift([]).reason).toBe('too_few_users');
});
