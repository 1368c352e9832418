import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect } from 'vitest';
import { AGAINST, type Agreement } from './agreement-record.ts';

/** Comparisons of a method with another implementation of it, or with published numbers; see agreement.ts. */
export function describeAgainst(method: string, reference: string, comparisons: () => void): void {
  describe(`${method} ${AGAINST} ${reference}`, comparisons);
}

function collect(error: number | null, tolerance: number | null): void {
  const file = process.env.ORACLE_AGREEMENT;
  const test = expect.getState().currentTestName ?? '';
  if (file === undefined || !test.includes(AGAINST)) return;
  appendFileSync(file, `${JSON.stringify({ test, error, tolerance } satisfies Agreement)}\n`);
}

/** Asserts |actual - expected| <= tolerance · |expected|, and an exact zero for zero. */
export function expectClose(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  const error =
    actual === null || actual === undefined
      ? Number.NaN
      : Math.abs(actual - expected) / (Math.abs(expected) || 1);
  collect(error, tolerance);
  const within = expected === 0 ? actual === 0 : error <= tolerance;
  expect(within, `${actual} against ${expected}: relative error ${error} above ${tolerance}`).toBe(true);
}

/** Asserts agreement with a printed number: to half a unit of its last digit. */
export function expectRounds(actual: number | null | undefined, printed: string): void {
  collect(null, null);
  const decimals = printed.split('.')[1]?.length ?? 0;
  const error = actual === null || actual === undefined ? Number.NaN : Math.abs(actual - Number(printed));
  expect(error <= 0.5000001 * 10 ** -decimals, `${actual} does not round to ${printed}`).toBe(true);
}

/** A decimal as the integer it is in units of 10^-decimals; exact. */
export function scaled(decimal: string, decimals: number): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  if (fraction.length > decimals) throw new RangeError(`${decimal} has more than ${decimals} decimals`);
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}
