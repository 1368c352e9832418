import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatDifference,
  formatMoment,
  formatP,
  formatPercent,
  formatValue,
} from '../../../layers/report/format.ts';

describe('numbers', () => {
  it('have a comma before each three digits, which every terminal shows and every spreadsheet reads', () => {
    expect([0, 999, 1000, 18_393, 1_234_567].map(formatCount)).toEqual([
      '0',
      '999',
      '1,000',
      '18,393',
      '1,234,567',
    ]);
  });

  it('are grouped in every unit, and in their whole part only', () => {
    expect(formatValue('currency', 1_234_567.891)).toBe('1,234,567.89');
    expect(formatValue('count', 1234.5678)).toBe('1,234.568');
    expect(formatValue('seconds', 12_345.67)).toBe('12,345.7 s');
    expect(formatDifference('currency', -12_345.6)).toBe('−12,345.60');
  });

  it('say that they are missing', () => {
    expect([formatValue('share', null), formatPercent(null), formatP(null)]).toEqual(['n/a', 'n/a', 'n/a']);
  });

  it('write a p-value that is too small for a number as one that is below it', () => {
    expect(formatP(0)).toBe('< 1e−300');
  });
});

describe('formatMoment', () => {
  it('is a moment of UTC, without what it does not say', () => {
    expect(formatMoment('2024-01-31T00:00:00.000Z')).toBe('2024-01-31 00:00 UTC');
    expect(formatMoment('2024-01-31T23:59:59+02:00')).toBe('2024-01-31 21:59:59 UTC');
    expect(formatMoment('2024-01-31')).toBe('2024-01-31');
  });
});
