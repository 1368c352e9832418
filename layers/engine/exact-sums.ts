import { type AggregatedColumns, Aggregates } from '../statistics/aggregates.ts';

/** Names of the sums of columns, of products of two, and of cubes, in a query's rows: of what is summed by place, whatever it is called. */
export interface ExactSums {
  /** The sums as columns of a SELECT. */
  select(
    sumOf: (column: string) => string,
    productOf: (a: string, b: string) => string,
    cubeOf?: (column: string) => string,
  ): string[];
  /** Those of a row, over so many users; NULL is nothing. */
  aggregates(users: bigint, row: Readonly<Record<string, unknown>>): Aggregates;
}

export function exactSums(shape: AggregatedColumns): ExactSums {
  const { columns, pairs, cubes = [] } = shape;
  const place = new Map(columns.map((column, index) => [column, index]));
  const sumName = (column: string) => `s${place.get(column)}`;
  const productName = (a: string, b: string) => `p${place.get(a)}_${place.get(b)}`;
  const cubeName = (column: string) => `c${place.get(column)}`;
  const exact = (value: unknown) => BigInt((value ?? 0) as string | number);
  return {
    select: (sumOf, productOf, cubeOf = sumOf) => [
      ...columns.map((column) => `${sumOf(column)} AS ${sumName(column)}`),
      ...pairs.map(([a, b]) => `${productOf(a, b)} AS ${productName(a, b)}`),
      ...cubes.map((column) => `${cubeOf(column)} AS ${cubeName(column)}`),
    ],
    aggregates: (users, row) =>
      Aggregates.from(
        users,
        shape,
        (column) => exact(row[sumName(column)]),
        (a, b) => exact(row[productName(a, b)]),
        (column) => exact(row[cubeName(column)]),
      ),
  };
}
