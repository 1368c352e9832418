import { expect, test } from 'vitest';
import {
  chiSquareSurvival,
  chiSquareUpperQuantile,
  noncentralTSurvival,
  normalCdf,
  normalDensity,
  normalSurvival,
  normalTwoSided,
  normalUpperQuantile,
  studentTCritical,
  studentTSurvival,
  studentTTwoSided,
  studentTUpperQuantile,
} from '../../layers/statistics/distributions.ts';
import { describeAgainst, expectClose } from './close.ts';
import fixtures from './fixtures/distributions.json';

type Distribution = (...args: number[]) => number;

function agrees(
  distribution: Distribution,
  cases: { args: number[]; expected: number }[],
  tolerance: number,
): void {
  for (const { args, expected } of cases) {
    expectClose(distribution(...args), expected, tolerance);
  }
}

describeAgainst('Normal, t, chi-square: tails and quantiles', 'mpmath at 40 digits', () => {
  test('normal tails hold to p = 1e-300', () => {
    // z²/2 in the exponent multiplies the rounding of z/√2: 700 ulps at z = 37.
    agrees(normalTwoSided, fixtures.normalTwoSided, 5e-13);
  });

  test('one tail is half of both, the other the rest, and the density is their slope', () => {
    for (const { args, expected } of fixtures.normalTwoSided) {
      const [z = 0] = args;
      expectClose(normalSurvival(z), expected / 2, 5e-13);
      expectClose(normalCdf(-z), expected / 2, 5e-13);
      expectClose(normalCdf(z), 1 - expected / 2, 1e-15);
    }
    expectClose(normalDensity(0), 0.3989422804014327, 1e-15);
    expectClose(normalDensity(-1.5), 0.12951759566589174, 1e-15);
  });

  test('normal quantiles hold from the centre to p = 1e-300', () => {
    agrees(normalUpperQuantile, fixtures.normalUpperQuantile, 1e-13);
  });

  test('t tails hold for 1 to 1e9 degrees of freedom', () => {
    agrees(studentTTwoSided as Distribution, fixtures.studentTTwoSided, 1e-9);
  });

  test('t critical values hold for levels down to 1e-100', () => {
    for (const { args, expected } of fixtures.studentTCritical) {
      const [alpha = 0, df = 0] = args;
      // Towards alpha = 1 the quantile depends on 1 - alpha, of which a double keeps fewer digits.
      expectClose(studentTCritical(alpha, df), expected, alpha > 0.9 ? 1e-10 : 1e-12);
    }
  });

  test('chi-square tails hold to p = 1e-300', () => {
    agrees(chiSquareSurvival as Distribution, fixtures.chiSquareSurvival, 1e-11);
  });

  test('chi-square quantiles hold for levels down to 1e-100', () => {
    agrees(chiSquareUpperQuantile as Distribution, fixtures.chiSquareUpperQuantile, 1e-12);
  });

  test('noncentral t tails hold to eight decimals', () => {
    // jStat's series starts from its normal cdf, which has eight to nine decimals; power needs no more.
    for (const { args, expected } of fixtures.noncentralTSurvival) {
      const [t = 0, df = 0, noncentrality = 0] = args;
      expect(Math.abs(noncentralTSurvival(t, df, noncentrality) - expected)).toBeLessThan(1e-8);
    }
  });
});

test('survival and quantile of t are inverse to each other on both sides', () => {
  for (const t of [-8, -1, -0.01, 0.01, 1, 8]) {
    expectClose(studentTUpperQuantile(studentTSurvival(t, 7), 7), t, 1e-9);
  }
  expect(studentTUpperQuantile(0.5, 7)).toBe(0);
});

test('levels outside (0, 1) and degrees of freedom that are not positive are refused', () => {
  for (const alpha of [0, 1, -0.1, Number.NaN]) expect(() => studentTCritical(alpha, 5)).toThrow(RangeError);
  for (const df of [0, -1, Number.NaN]) expect(() => studentTTwoSided(1, df)).toThrow(RangeError);
});
