import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Aggregates, type ColumnPair } from '../../layers/statistics/aggregates.ts';
import { describeAgainst, expectClose } from './close.ts';
import adjustment from './fixtures/adjustment.json';
import welch from './fixtures/welch.json';
import { aggregatesIn, aggregatesOf, momentsOf, sumsOf } from './sums.ts';

const columns = ['a', 'b', 'c'];
const squares: ColumnPair[] = columns.map((column) => [column, column]);
const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const users = fc.array(fc.tuple(amount, amount, amount), { maxLength: 20 });
const sumsOfAll = (rows: readonly (readonly bigint[])[]) => sumsOf(columns, rows);

describe('adding', () => {
  test('gives the same sums in any order and grouping, and nothing is changed by nobody', () => {
    fc.assert(
      fc.property(users, users, users, (a, b, c) => {
        const [x, y, z] = [sumsOfAll(a), sumsOfAll(b), sumsOfAll(c)];
        expect(x.add(y)).toEqual(y.add(x));
        expect(x.add(y).add(z)).toEqual(x.add(y.add(z)));
        expect(x.add(Aggregates.none(x.shape))).toEqual(x);
      }),
    );
  });

  test('gives the sums of all users, wherever they are cut into parts', () => {
    fc.assert(
      fc.property(users, fc.array(fc.nat(20), { maxLength: 4 }), (rows, cuts) => {
        const ends = [
          0,
          ...cuts.map((cut) => Math.min(cut, rows.length)).toSorted((a, b) => a - b),
          rows.length,
        ];
        const parts = ends.slice(1).map((end, i) => sumsOfAll(rows.slice(ends[i], end)));
        expect(parts.reduce((sum, part) => sum.add(part))).toEqual(sumsOfAll(rows));
      }),
    );
  });

  test('is refused where the columns or the pairs are others', () => {
    const all = sumsOfAll([[1n, 2n, 3n]]);
    const others = [
      all.restrict({ columns: ['a'], pairs: [['a', 'a']] }),
      all.restrict({ columns, pairs: squares }),
      sumsOf(['a', 'b', 'd'], [[1n, 2n, 3n]]),
    ];
    for (const other of others) {
      expect(() => all.add(other)).toThrow(RangeError);
      expect(() => other.add(all)).toThrow(RangeError);
    }
  });

  test('changes neither of the two', () => {
    const [x, y] = [sumsOfAll([[1n, 2n, 3n]]), sumsOfAll([[4n, 5n, 6n]])];
    x.add(y);
    expect([x, y]).toEqual([sumsOfAll([[1n, 2n, 3n]]), sumsOfAll([[4n, 5n, 6n]])]);
  });
});

test('restricting before or after adding is the same, and leaves the rest unknown', () => {
  const wanted = { columns: ['c', 'a'], pairs: [['a', 'c']] as const };
  fc.assert(
    fc.property(users, users, (a, b) => {
      const [x, y] = [sumsOfAll(a), sumsOfAll(b)];
      expect(x.add(y).restrict(wanted)).toEqual(x.restrict(wanted).add(y.restrict(wanted)));
    }),
  );
  const some = sumsOfAll([[1n, 2n, 3n]]).restrict(wanted);
  expect([some.sum('c'), some.product('c', 'a'), some.product('a', 'c')]).toEqual([3n, 3n, 3n]);
  expect(() => some.sum('b')).toThrow('there is no sum of b');
  expect(() => some.product('a', 'a')).toThrow('there is no sum of a x a');
});

test('JSON keeps every digit and the order, and refuses anything but integers', () => {
  fc.assert(
    fc.property(users, (rows) => {
      const sums = sumsOfAll(rows);
      const text = JSON.stringify(sums);
      const read = Aggregates.parse(rows.length, JSON.parse(text));
      expect(read).toEqual(sums);
      expect(JSON.stringify(read)).toBe(text);
    }),
  );
  expect(sumsOf(['a', 'b'], [[10n ** 30n + 1n, -5n]]).toJSON()).toEqual({
    sums: { a: '1000000000000000000000000000001', b: '-5' },
    products: {
      a: {
        a: '1000000000000000000000000000002000000000000000000000000000001',
        b: '-5000000000000000000000000000005',
      },
      b: { b: '25' },
    },
  });
  for (const a of ['', '1.5', '0x10', ' 1', '1e3']) {
    expect(() => Aggregates.parse(1, { sums: { a }, products: {} })).toThrow(SyntaxError);
    expect(() => Aggregates.parse(1, { sums: {}, products: { a: { a } } })).toThrow(SyntaxError);
  }
});

test('a part is what its columns alone would give', () => {
  const sums = aggregatesOf([
    [100n, 1n],
    [0n, 0n],
    [350n, 2n],
    [120n, 1n],
  ]);
  expect(sums.moments('a')).toEqual(momentsOf([100n, 0n, 350n, 120n]));
  expect(sums.moments('b')).toEqual(momentsOf([1n, 0n, 2n, 1n]));
  expect(sums.pair('a', 'b')).toEqual({
    n: 4n,
    sumX: 570n,
    sumY: 4n,
    sumXX: 146_900n,
    sumYY: 6n,
    sumXY: 920n,
  });
  expect(sums.pair('b', 'a')).toMatchObject({ sumX: 4n, sumY: 570n, sumXY: 920n });
  expectClose(sums.covariance('a', 'b'), 350 / 3, 1e-15);
});

test('a huge offset common to all users leaves the variance as it is', () => {
  const values = [3n, 1n, 4n, 1n, 5n, 9n, 2n, 6n];
  const shifted = aggregatesOf(values.map((value) => [value, value + 10n ** 18n]));
  expect(shifted.variance('b')).toBe(shifted.variance('a'));
  expectClose(shifted.variance('a'), 423 / 56, 1e-15);
});

test('without users there is no mean, with one there is no variance', () => {
  const nobody = Aggregates.none({ columns: ['a'], pairs: [['a', 'a']] });
  expect([nobody.mean('a'), nobody.variance('a')]).toEqual([null, null]);
  const one = aggregatesOf([[7n, 2n]]);
  expect([one.mean('a'), one.variance('a'), one.covariance('a', 'b')]).toEqual([7, null, null]);
});

describeAgainst('Welch test of means', 'scipy', () => {
  test.each(welch.map((row, index) => ({ row, index })))('means and variances, case $index', ({ row }) => {
    const read = ({ n, sum, sumSquares }: (typeof row)['control']) =>
      Aggregates.parse(BigInt(n), { sums: { a: sum }, products: { a: { a: sumSquares } } });
    const [c, t] = [read(row.control), read(row.treatment)];
    const difference = (t.mean('a') ?? Number.NaN) - (c.mean('a') ?? Number.NaN);
    expectClose(difference, row.absolute);
    const error = (arm: Aggregates) => (arm.variance('a') ?? Number.NaN) / Number(arm.n);
    expectClose(difference / Math.sqrt(error(c) + error(t)), row.statistic);
  });
});

describeAgainst('CUPED, several covariates', 'statsmodels OLS, then scipy', () => {
  test('the slope of one covariate is its covariance over its variance, among the users of both arms', () => {
    const [row] = adjustment.means.filter(({ covariates }) => covariates === 1);
    if (row === undefined) throw new Error('no fixture');
    const all = aggregatesIn(row.control).add(aggregatesIn(row.treatment));
    const slope = (all.covariance('a', 'b') ?? Number.NaN) / (all.variance('b') ?? Number.NaN);
    expectClose(slope, row.thetas[0] ?? Number.NaN);
  });
});
