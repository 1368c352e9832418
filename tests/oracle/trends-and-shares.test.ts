import { expect, test } from 'vitest';
import { testHomogeneity } from '../../layers/statistics/homogeneity.ts';
import { effectOverPooled, linearTrend } from '../../layers/statistics/trend.ts';
import { describeAgainst, expectClose } from './close.ts';
import { momentsOf } from './sums.ts';

describeAgainst('Homogeneity of shares', 'scipy', () => {
  test("is scipy's chi2_contingency without correction", () => {
    const test = testHomogeneity([120, 160, 131].map((hits) => ({ total: 1000, hits })));
    if (test.reason !== null) throw new Error(test.reason);
    expectClose(test.chi2, 7.223147905371688, 1e-12);
    expectClose(test.p, 0.027009302029881013, 1e-12);
    expect(test.df).toBe(2);
  });

  test.each([
    ['single_group', [{ total: 10, hits: 3 }]],
    ['no_variation', [10, 20].map((total) => ({ total, hits: 0 }))],
    ['too_few_users', [10, 20].map((total) => ({ total, hits: 1 }))],
  ])('says %s instead of testing', (reason, groups) => {
    expect(testHomogeneity(groups)).toEqual({ reason });
  });
});

describeAgainst('Linear trend of effects', 'numpy', () => {
  test('is the weighted least squares fit with known variances (numpy)', () => {
    const values = [0.2, 0.15, 0.12, 0.1, 0.02];
    const variances = [0.01, 0.02, 0.01, 0.03, 0.02];
    const points = [0, 1, 2, 3, 5].map((x, i) => ({ x, value: values[i] ?? 0, variance: variances[i] ?? 1 }));
    const trend = linearTrend(points);
    if (trend.reason !== null) throw new Error(trend.reason);
    expectClose(trend.slope, -0.03521739130434783, 1e-12);
    expectClose(trend.se, 0.032969023669789356, 1e-12);
    expectClose(trend.p, 0.2854319432628728, 1e-12);
  });

  test('the effect of a day is over the mean, and with the variance, of both arms together (numpy)', () => {
    const control = momentsOf([0n, 0n, 3n, 5n, 1n, 0n, 2n]);
    const treatment = momentsOf([0n, 4n, 4n, 9n, 0n]);
    const effect = effectOverPooled({ control, treatment });
    expectClose(effect?.value, 0.783673469387755, 1e-12);
    expectClose(effect?.variance, 0.4961569043201695, 1e-12);
    const swapped = effectOverPooled({ control: treatment, treatment: control });
    expect(swapped).toEqual({ value: -(effect?.value ?? 0), variance: effect?.variance });
  });

  test.each([
    ['an arm without users', [], [1n, 2n]],
    ['a mean of zero', [-1n, 1n], [0n]],
    ['no variance', [2n, 2n], [2n]],
  ])('%s makes no effect of a day', (_, control, treatment) => {
    expect(effectOverPooled({ control: momentsOf(control), treatment: momentsOf(treatment) })).toBeNull();
  });

  test('needs three points', () => {
    expect(linearTrend([0, 1].map((x) => ({ x, value: x, variance: 1 })))).toEqual({
      reason: 'too_few_points',
    });
  });
});
