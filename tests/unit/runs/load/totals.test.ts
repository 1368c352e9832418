import { expect, test } from 'vitest';
import { totalOf } from '../../../../layers/runs/load/totals.ts';

const part = (
  rows: number,
  revenue: string | null,
  arms: readonly (readonly [string, string, number])[],
) => ({
  tables: [{ table: 't', rows, revenue }],
  variants: arms.map(([experimentId, variant, users]) => ({ experimentId, variant, users })),
});

test('rows, money and users of the parts add up, cent by cent, and arms stand in the order of their names', () => {
  const total = totalOf([
    part(2, '9007199254740993.10', [['b', 'x', 1]]),
    part(3, '0.95', [
      ['b', 'x', 2],
      ['a', 'y', 3],
    ]),
  ]);
  expect(total).toEqual(
    part(5, '9007199254740994.05', [
      ['a', 'y', 3],
      ['b', 'x', 3],
    ]),
  );
});

test.each([
  ['-0.05', '0.01', '-0.04'],
  ['-1.00', '0.97', '-0.03'],
  ['-5.00', '5.00', '0.00'],
])('refunds beyond what was paid are negative: %s and %s are %s', (a, b, sum) => {
  expect(totalOf([part(1, a, []), part(1, b, [])])).toEqual(part(2, sum, []));
});

test('of a table without money none is told', () => {
  expect(totalOf([part(1, null, []), part(2, null, [])])).toEqual(part(3, null, []));
});
