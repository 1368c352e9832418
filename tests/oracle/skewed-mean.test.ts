import { expect, test } from 'vitest';
import { skewnessCorrectedTest } from '../../layers/statistics/skewed-mean.ts';
import { describeAgainst, expectClose } from './close.ts';
import { momentsOf } from './sums.ts';

const skewed = (values: readonly bigint[]) => ({
  ...momentsOf(values),
  sumCubes: values.reduce((total, value) => total + value ** 3n, 0n),
});

const control = skewed([0n, 0n, 3n, 5n, 1n, 0n, 2n, 9n, 30n, 0n]);
const treatment = skewed([0n, 4n, 4n, 9n, 0n, 80n]);

describeAgainst('Mean, t corrected for skewness', 'scipy (kstat, ttest_ind, t)', () => {
  test('ten users against six', () => {
    const result = skewnessCorrectedTest(control, treatment);
    if (result.reason !== null) throw new Error(result.reason);
    expectClose(result.skewness, 0.8948849121301774);
    expectClose(result.welch, 0.848046914293261);
    expectClose(result.statistic, 1.2298128945097655);
    expectClose(result.df, 5.524262774260473);
    expectClose(result.p, 0.26855544254766595);
  });
});

test('swapped arms turn the statistic around, equal ones leave nothing to correct', () => {
  const [one, other] = [skewnessCorrectedTest(control, treatment), skewnessCorrectedTest(treatment, control)];
  if (one.reason !== null || other.reason !== null) throw new Error('there is no test');
  expectClose(other.statistic, -one.statistic, 1e-12);
  expect(skewnessCorrectedTest(control, control)).toMatchObject({ skewness: 0, statistic: 0, p: 1 });
});

test('what cannot be tested is named', () => {
  expect(skewnessCorrectedTest(control, skewed([1n, 2n]))).toEqual({ reason: 'too_few_users' });
  const flat = skewed([2n, 2n, 2n]);
  expect(skewnessCorrectedTest(flat, flat)).toEqual({ reason: 'no_variance' });
});
