import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { divide } from '../../layers/statistics/moments.ts';
import fixtures from './fixtures/various.json';

describe('quotients', () => {
  test('are the correctly rounded ones, as Python computes them from exact fractions', () => {
    for (const { numerator, denominator, expected } of fixtures.division) {
      expect(divide(BigInt(numerator), BigInt(denominator))).toBe(expected);
    }
    expect(divide(0n, -7n)).toBe(0);
    expect(() => divide(1n, 0n)).toThrow(RangeError);
  });

  test('of integers below 2^53 are those of the processor', () => {
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
