import { expect, test } from 'vitest';
import { daysOfIntake, daysUntil } from '../../../layers/report/intake.ts';

const days = (...names: string[]) => names.map((day) => ({ day }));

test('intake takes the days from the first exposure to the last, both counted, also those on which nobody came', () => {
  expect(daysOfIntake(days('2026-01-01'))).toBe(1);
  expect(daysOfIntake(days('2026-01-01', '2026-01-03', '2026-01-10'))).toBe(10);
  expect(daysOfIntake([])).toBeNull();
});

test('the days that are left are those that the missing users take at the same traffic', () => {
  expect(daysUntil(3000, 2000, 10)).toBe(5);
  expect(daysUntil(2001, 2000, 10)).toBe(1);
  expect(daysUntil(2000, 2000, null)).toBe(0);
  expect(daysUntil(3000, 2000, null)).toBeNull();
  expect(daysUntil(3000, 0, 10)).toBeNull();
});
