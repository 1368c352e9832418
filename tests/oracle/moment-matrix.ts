import type { MomentMatrix } from '../../layers/statistics/moments.ts';

/** Reads the moments that the makers of fixtures write as decimal strings. */
export function matrix(json: { n: string; sums: string[]; products: string[][] }): MomentMatrix {
  return {
    n: BigInt(json.n),
    sums: json.sums.map(BigInt),
    products: json.products.map((row) => row.map(BigInt)),
  };
}

/** Columns i and j of a matrix, or column i alone, as the moments that the simpler methods take. */
export function pairOf({ n, sums, products }: MomentMatrix, i: number, j: number) {
  return {
    n,
    sumX: at(sums, i),
    sumY: at(sums, j),
    sumXX: at(at(products, i), i),
    sumYY: at(at(products, j), j),
    sumXY: at(at(products, i), j),
  };
}

export function columnOf({ n, sums, products }: MomentMatrix, i: number) {
  return { n, sum: at(sums, i), sumSquares: at(at(products, i), i) };
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no column ${index}`);
  return value;
}
