import { expect, test } from 'vitest';
import { normalLift } from '../../layers/statistics/effect.ts';
import { liftsOfSegments, testHeterogeneity } from '../../layers/statistics/heterogeneity.ts';
import { benjaminiYekutieli } from '../../layers/statistics/multiplicity.ts';
import { proportionLift } from '../../layers/statistics/proportion.ts';
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

const rates = (control: bigint, treatment: bigint) => {
  const lift = proportionLift({
    control: { n: 900n, sum: control },
    treatment: { n: 1000n, sum: treatment },
  });
  if (lift.reason !== null) throw new Error(lift.reason);
  return lift;
};

describeAgainst('Interaction, log ratios of segments', 'scipy', () => {
  test("are those of scipy's relative_risk and its interval", () => {
    const { scale, segments } = liftsOfSegments([rates(100n, 130n)]);
    expect(scale).toBe('log_ratio');
    expectClose(segments[0]?.lift, 0.1570037488096649, 1e-12);
    expectClose(Math.sqrt(segments[0]?.variance ?? 0), 0.1248246633530272, 1e-12);
  });
});

test('the same ratio in segments of different rates is the same lift, which differences are not', () => {
  const arm = (value: number) => ({ value, variance: 1e-8, n: 1000 });
  const { segments } = liftsOfSegments([0.02, 0.06].map((rate) => normalLift(arm(rate), arm(1.2 * rate))));
  for (const { lift } of segments) expectClose(lift, Math.log(1.2), 1e-12);
});

test.each([
  ['of three in an arm', rates(50n, 3n)],
  ['of none in an arm', rates(50n, 0n)],
  ['of loss', normalLift({ value: -5, variance: 1, n: 9 }, { value: -6, variance: 1, n: 9 })],
])('a segment %s makes all of them differences', (_, estimate) => {
  const { scale, segments } = liftsOfSegments([rates(100n, 130n), estimate]);
  expect(scale).toBe('difference');
  expect(segments[1]).toEqual({ lift: estimate.lift, variance: estimate.liftVariance });
});

test('a segment without a variance is left out', () => {
  expect(liftsOfSegments([rates(0n, 0n)])).toEqual({ scale: 'log_ratio', segments: [] });
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
