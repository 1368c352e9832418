import { Aggregates, type ColumnPair } from '../../layers/statistics/aggregates.ts';
import type { Moments, PairMoments } from '../../layers/statistics/moments.ts';

/** Names of the columns of tests, in order. */
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Sums over one row of values per user, and over the products of all columns. */
export function sumsOf(columns: readonly string[], rows: readonly (readonly bigint[])[]): Aggregates {
  const total = (value: (row: readonly bigint[]) => bigint) =>
    rows.reduce((sum, row) => sum + value(row), 0n);
  return aggregates(
    BigInt(rows.length),
    columns.map((_, i) => total((row) => row[i] ?? 0n)),
    columns.map((_, i) => columns.map((_, j) => total((row) => (row[i] ?? 0n) * (row[j] ?? 0n)))),
    columns,
  );
}

/** The same in columns a, b, c and so on. */
export function aggregatesOf(rows: readonly (readonly bigint[])[]): Aggregates {
  return sumsOf(letters.slice(0, rows[0]?.length), rows);
}

export function momentsOf(values: readonly bigint[]): Moments {
  return sumsOf(
    ['a'],
    values.map((value) => [value]),
  ).moments('a');
}

export function pairMomentsOf(pairs: readonly (readonly [x: bigint, y: bigint])[]): PairMoments {
  return sumsOf(['a', 'b'], pairs).pair('a', 'b');
}

/** Columns a and b, of which x and y are the sums. */
export function aggregatesOfPair({ n, sumX, sumY, sumXX, sumYY, sumXY }: PairMoments): Aggregates {
  return aggregates(
    n,
    [sumX, sumY],
    [
      [sumXX, sumXY],
      [sumXY, sumYY],
    ],
  );
}

/** Columns a, b, c and so on of which all sums and products are known. */
export function aggregates(
  n: bigint,
  sums: readonly bigint[],
  products: readonly (readonly bigint[])[],
  columns: readonly string[] = letters.slice(0, sums.length),
): Aggregates {
  const at = (column: string) => columns.indexOf(column);
  return Aggregates.from(
    n,
    { columns, pairs: columns.flatMap((a, i) => columns.slice(i).map((b): ColumnPair => [a, b])) },
    (column) => sums[at(column)] ?? 0n,
    (a, b) => products[at(a)]?.[at(b)] ?? 0n,
  );
}

interface Fixture {
  readonly n: string;
  readonly sums: readonly string[];
  readonly products: readonly (readonly string[])[];
}

/** Reads the sums that the makers of fixtures write as decimal strings. */
export function aggregatesIn({ n, sums, products }: Fixture): Aggregates {
  return aggregates(
    BigInt(n),
    sums.map(BigInt),
    products.map((row) => row.map(BigInt)),
  );
}

/** Reads a fixture whose every value is a decimal string. */
export function integersOf<Sums extends { readonly [Key in keyof Sums]: string }>(
  sums: Sums,
): { readonly [Key in keyof Sums]: bigint } {
  return Object.fromEntries(Object.entries<string>(sums).map(([name, text]) => [name, BigInt(text)])) as {
    readonly [Key in keyof Sums]: bigint;
  };
}
