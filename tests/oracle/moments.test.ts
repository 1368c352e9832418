import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  covariance,
  deserializeMoments,
  deserializePairMoments,
  divide,
  EMPTY_MOMENTS,
  mean,
  mergeMoments,
  mergePairMoments,
  momentsOf,
  momentsOfX,
  momentsOfY,
  pairMomentsOf,
  serialize,
  variance,
} from '../../layers/statistics/moments.ts';
import { expectClose } from './close.ts';
import fixtures from './fixtures/various.json';

const amounts = fc.array(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), { maxLength: 20 });

describe('exactness', () => {
  test('any partition of the users merges to the same moments', () => {
    fc.assert(
      fc.property(amounts, amounts, amounts, (a, b, c) => {
        const whole = momentsOf([...a, ...b, ...c]);
        const [x, y, z] = [momentsOf(a), momentsOf(b), momentsOf(c)];
        expect(mergeMoments(mergeMoments(x, y), z)).toEqual(whole);
        expect(mergeMoments(mergeMoments(z, EMPTY_MOMENTS), mergeMoments(y, x))).toEqual(whole);
      }),
    );
  });

  test('a huge offset common to all users leaves the variance as it is', () => {
    const values = [3n, 1n, 4n, 1n, 5n, 9n, 2n, 6n];
    const shifted = values.map((value) => value + 10n ** 18n);
    expect(variance(momentsOf(shifted))).toBe(variance(momentsOf(values)));
    expectClose(variance(momentsOf(values)), 423 / 56, 1e-15);
  });

  test('quotients are the correctly rounded ones, as Python computes them from exact fractions', () => {
    for (const { numerator, denominator, expected } of fixtures.division) {
      expect(divide(BigInt(numerator), BigInt(denominator))).toBe(expected);
    }
    expect(divide(0n, -7n)).toBe(0);
    expect(() => divide(1n, 0n)).toThrow(RangeError);
  });

  test('quotients of integers below 2^53 are those of the processor', () => {
    const safe = fc.maxSafeInteger();
    fc.assert(
      fc.property(
        safe,
        safe.filter((d) => d !== 0),
        (numerator, denominator) => {
          expect(divide(BigInt(numerator), BigInt(denominator)) + 0).toBe(numerator / denominator + 0);
        },
      ),
    );
  });
});

test('pairs keep their marginals, and the covariance of a value with itself is its variance', () => {
  const pairs: [bigint, bigint][] = [
    [100n, 1n],
    [0n, 0n],
    [350n, 2n],
    [120n, 1n],
  ];
  const pair = pairMomentsOf(pairs);
  expect(momentsOfX(pair)).toEqual(momentsOf(pairs.map(([x]) => x)));
  expect(momentsOfY(pair)).toEqual(momentsOf(pairs.map(([, y]) => y)));
  expect(covariance(pairMomentsOf(pairs.map(([x]) => [x, x])))).toBe(variance(momentsOfX(pair)));
  expect(mergePairMoments(pairMomentsOf(pairs.slice(0, 1)), pairMomentsOf(pairs.slice(1)))).toEqual(pair);
  expectClose(covariance(pair), 350 / 3, 1e-15);
});

test('without users there is no mean, with one there is no variance', () => {
  expect(mean(EMPTY_MOMENTS)).toBeNull();
  expect(variance(EMPTY_MOMENTS)).toBeNull();
  expect(mean(momentsOf([7n]))).toBe(7);
  expect(variance(momentsOf([7n]))).toBeNull();
  expect(covariance(pairMomentsOf([[1n, 2n]]))).toBeNull();
});

test('JSON keeps every digit and refuses anything but integers', () => {
  const moments = momentsOf([10n ** 30n + 1n, -5n]);
  const pair = pairMomentsOf([[10n ** 30n + 1n, -5n]]);
  expect(deserializeMoments(JSON.parse(JSON.stringify(serialize(moments))))).toEqual(moments);
  expect(deserializePairMoments(JSON.parse(JSON.stringify(serialize(pair))))).toEqual(pair);
  for (const sum of ['', '1.5', '0x10', ' 1', '1e3']) {
    expect(() => deserializeMoments({ n: '1', sum, sumSquares: '1' })).toThrow(SyntaxError);
  }
});
