import { expect, test } from 'vitest';
import { testHeterogeneity } from '../../layers/statistics/heterogeneity.ts';
import { benjaminiYekutieli } from '../../layers/statistics/multiplicity.ts';
import { describeAgainst, expectClose } from './close.ts';
import fixtures from './fixtures/families.json';

describeAgainst("Interaction, Cochran's Q", 'statsmodels', () => {
  test.each(fixtures.interactions)('$segments.length segments', (row) => {
    const result = testHeterogeneity(row.segments);
    if (result.reason !== null) throw new Error(result.reason);
    expectClose(result.q, row.q);
    expectClose(result.p, row.p);
    expectClose(result.iSquared, row.iSquared);
    expectClose(result.commonLift, row.commonLift);
  });
});

describeAgainst('Benjamini-Yekutieli', 'statsmodels', () => {
  test.each(fixtures.yekutieli)('family of $p.length', ({ p, adjusted }) => {
    for (const [i, value] of benjaminiYekutieli(p).entries())
      expectClose(value, adjusted[i] ?? Number.NaN, 1e-12);
  });
});

test('two segments are the z-test of their difference', () => {
  const result = testHeterogeneity([
    { lift: 1, variance: 0.3 },
    { lift: 2.5, variance: 0.2 },
  ]);
  expectClose(result.reason === null ? result.q : null, 1.5 ** 2 / 0.5, 1e-12);
});

test('what cannot be tested is named, a segment without an error refused', () => {
  expect(testHeterogeneity([{ lift: 1, variance: 1 }])).toEqual({ reason: 'too_few_segments' });
  expect(() => testHeterogeneity([{ lift: 1, variance: 0 }])).toThrow(RangeError);
  expect(() => testHeterogeneity([{ lift: Number.NaN, variance: 1 }])).toThrow(RangeError);
  const huge = [
    { lift: 1e300, variance: 1e-300 },
    { lift: -1e300, variance: 1e-300 },
  ];
  expect(testHeterogeneity(huge)).toEqual({ reason: 'not_representable' });
});

test('variances of any size keep finite results', () => {
  const result = testHeterogeneity([
    { lift: 1e-160, variance: 1e-320 },
    { lift: 2e-160, variance: 1e-300 },
    { lift: 5, variance: 1e300 },
  ]);
  expect(result.reason).toBeNull();
  if (result.reason === null)
    expect([result.q, result.p, result.commonLift].every(Number.isFinite)).toBe(true);
});
