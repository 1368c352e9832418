import { describe, expect, test } from 'vitest';
import { normalCritical } from '../../layers/statistics/distributions.ts';
import {
  compareQuantiles,
  nearestRank,
  type QuantileSample,
  quantileEstimate,
  quantileRanks,
} from '../../layers/statistics/quantile.ts';
import { describeAgainst, expectClose, expectRounds, scaled } from './close.ts';
import fixtures from './fixtures/quantiles.json';
import { aggregatesIn } from './sums.ts';

type Arm = (typeof fixtures.cases)[number]['control'];

const sampleOf = ({ users, sample }: Arm, z: number): QuantileSample => ({
  users,
  z,
  value: BigInt(sample.value),
  lower: BigInt(sample.lower),
  upper: BigInt(sample.upper),
});

describeAgainst('Quantiles of users and of sessions', 'numpy and scipy on rows', () => {
  test.each(fixtures.cases.map((row, index) => ({ row, index })))('case $index', ({ row }) => {
    for (const arm of [row.control, row.treatment]) {
      const clusters = arm.clusters === null ? {} : { clusters: aggregatesIn(arm.clusters).pair('a', 'b') };
      expect(quantileRanks({ observations: arm.observations, ...clusters }, row)).toEqual(arm.ranks);
      expectClose(Math.sqrt(quantileEstimate(sampleOf(arm, row.z)).variance), arm.se);
    }
    const effect = compareQuantiles({
      control: sampleOf(row.control, row.z),
      treatment: sampleOf(row.treatment, row.z),
      alpha: 0.05,
    });
    expectClose(effect.absolute, row.absolute);
    expectClose(effect.absoluteCi?.[0], row.absoluteCi[0] ?? Number.NaN);
    expectClose(effect.absoluteCi?.[1], row.absoluteCi[1] ?? Number.NaN);
    expectClose(effect.test?.p, row.p);
  });
});

describeAgainst('Quantiles of users and of sessions', 'GrowthBook, printed', () => {
  test('90th percentile', () => {
    const z = normalCritical(0.05);
    const sample = (users: number, [value, lower, upper]: [string, string, string]): QuantileSample => ({
      users,
      z,
      value: scaled(value, 15),
      lower: scaled(lower, 15),
      upper: scaled(upper, 15),
    });
    const effect = compareQuantiles({
      control: sample(11_054, ['7.157987489967789', '7.098780136176828', '7.217194843758751']),
      treatment: sample(10_861, ['7.694499927525767', '7.64180598628119', '7.747193868770344']),
      alpha: 0.05,
      scale: 10n ** 15n,
    });
    expectRounds(effect.absolute, '0.5365124376');
    // GrowthBook takes var (n - 1) / n of each arm: 4.6e-5 less of each error.
    expectClose(effect.absoluteCi?.[0], 0.4572559589, 1e-5);
    expectClose(effect.absoluteCi?.[1], 0.6157689162, 1e-5);
  });
});

describe('ranks', () => {
  test('the nearest rank is the smallest with the share at or below it, also where q has no exact double', () => {
    expect([nearestRank(100, 0.55), nearestRank(10, 0.9), nearestRank(11, 0.5), nearestRank(1, 0.1)]).toEqual(
      [55, 9, 6, 1],
    );
  });

  test('a sample too small for ranks so far out has none', () => {
    const plan = { quantile: 0.99, z: 1.96 };
    expect(quantileRanks({ observations: 300 }, plan)).toBeNull();
    expect(quantileRanks({ observations: 400 }, plan)).not.toBeNull();
    expect(quantileRanks({ observations: 0 }, plan)).toBeNull();
    const one = { n: 1n, sumX: 9n, sumY: 10n, sumXX: 81n, sumYY: 100n, sumXY: 90n };
    expect(quantileRanks({ observations: 10, clusters: one }, { quantile: 0.5, z: 1.96 })).toBeNull();
  });

  test('quantiles outside (0, 1) are refused', () => {
    for (const quantile of [0, 1, Number.NaN]) expect(() => nearestRank(10, quantile)).toThrow(RangeError);
  });
});

describe('what cannot be estimated has a name', () => {
  const sample = { users: 100, value: 5n, lower: 4n, upper: 7n, z: 1.96 };

  test('ranks outside the sample', () => {
    expect(compareQuantiles({ control: null, treatment: sample, alpha: 0.05 }).reason).toBe('too_few_users');
  });

  test('equal values around the quantile in one arm, with the lift that is known', () => {
    const tied = { ...sample, lower: 5n, upper: 5n };
    expect(
      compareQuantiles({ control: tied, treatment: { ...sample, value: 6n }, alpha: 0.05 }),
    ).toMatchObject({
      reason: 'tied_quantile',
      absolute: 1,
      relative: 0.2,
      absoluteCi: null,
    });
  });

  test.each([
    ['the quantile is the lower bound', { lower: 5n, upper: 7n }],
    ['the quantile is the upper bound', { lower: 3n, upper: 5n }],
    ['one bound is more than five times as far as the other', { lower: 4n, upper: 11n }],
    ['the same on the other side', { lower: -1n, upper: 6n }],
  ])('%s: lumps have no density', (_, bounds) => {
    const [lumpy, smooth] = [
      { ...sample, ...bounds },
      { ...sample, upper: 10n },
    ];
    expect(compareQuantiles({ control: smooth, treatment: lumpy, alpha: 0.05 }).reason).toBe('tied_quantile');
    expect(compareQuantiles({ control: lumpy, treatment: smooth, alpha: 0.05 }).reason).toBe('tied_quantile');
    expect(compareQuantiles({ control: smooth, treatment: smooth, alpha: 0.05 }).reason).toBeNull();
  });

  test('bounds on the wrong side are refused', () => {
    expect(() => quantileEstimate({ ...sample, lower: 6n })).toThrow(RangeError);
  });
});
