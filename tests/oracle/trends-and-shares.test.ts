import { describe, expect, test } from 'vitest';
import { testHomogeneity } from '../../layers/statistics/homogeneity.ts';
import { linearTrend } from '../../layers/statistics/trend.ts';

describe('homogeneity of shares', () => {
  test("is scipy's chi2_contingency without correction", () => {
    const test = testHomogeneity([120, 160, 131].map((hits) => ({ total: 1000, hits })));
    if (test.reason !== null) throw new Error(test.reason);
    expect(test.chi2).toBeCloseTo(7.223147905371688, 12);
    expect(test.p).toBeCloseTo(0.027009302029881013, 12);
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

describe('linear trend', () => {
  test('is the weighted least squares fit with known variances (numpy)', () => {
    const values = [0.2, 0.15, 0.12, 0.1, 0.02];
    const variances = [0.01, 0.02, 0.01, 0.03, 0.02];
    const points = [0, 1, 2, 3, 5].map((x, i) => ({ x, value: values[i] ?? 0, variance: variances[i] ?? 1 }));
    const trend = linearTrend(points);
    if (trend.reason !== null) throw new Error(trend.reason);
    expect(trend.slope).toBeCloseTo(-0.03521739130434783, 14);
    expect(trend.se).toBeCloseTo(0.032969023669789356, 14);
    expect(trend.p).toBeCloseTo(0.2854319432628728, 12);
  });

  test('needs three points', () => {
    expect(linearTrend([0, 1].map((x) => ({ x, value: x, variance: 1 })))).toEqual({
      reason: 'too_few_points',
    });
  });
});
