/** A small dense matrix, by rows. */
export type Matrix = readonly (readonly number[])[];

/** The matrix times a column vector. */
export function multiply(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector));
}

/** A B A', the covariance of A x when B is that of x. */
export function sandwich(outer: Matrix, inner: Matrix): number[][] {
  return outer.map((row) => {
    const left = multiply(inner, row);
    return outer.map((other) => dot(other, left));
  });
}

/** Sum of products, over the length of the shorter vector. */
export function dot(a: readonly number[], b: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) total += at(a, i) * at(b, i);
  return total;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The element at an index that must exist. */
export function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`index ${index} outside a vector of ${values.length}`);
  return value;
}
