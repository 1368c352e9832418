/**
 * Exact sufficient statistics. All fields are integers in the stored unit (counts, cents, milliseconds), so
 * merging is associative and exact: any partition of the users gives the same result. Means and variances
 * are derived once, at the end, by one correctly rounded division of integers.
 */

/** Users and their successes; a conversion metric's moments are assignable to it. */
export interface Counts {
  readonly n: bigint;
  readonly sum: bigint;
}

/** Power sums of one value per user. */
export interface Moments extends Counts {
  readonly sumSquares: bigint;
}

/** Power sums and cross product of two values per user, such as a ratio's numerator x and denominator y. */
export interface PairMoments {
  readonly n: bigint;
  readonly sumX: bigint;
  readonly sumY: bigint;
  readonly sumXX: bigint;
  readonly sumYY: bigint;
  readonly sumXY: bigint;
}

/** Power sums and all cross products of several values per user: products[i][j] = Σ xᵢ xⱼ, symmetric. */
export interface MomentMatrix {
  readonly n: bigint;
  readonly sums: readonly bigint[];
  readonly products: readonly (readonly bigint[])[];
}

/** A statistics record with every integer as a decimal string, for JSON. */
export type Serialized<T> = { readonly [K in keyof T]: string };

export const EMPTY_MOMENTS: Moments = { n: 0n, sum: 0n, sumSquares: 0n };

export const EMPTY_PAIR_MOMENTS: PairMoments = { n: 0n, sumX: 0n, sumY: 0n, sumXX: 0n, sumYY: 0n, sumXY: 0n };

export function momentsOf(values: Iterable<bigint>): Moments {
  let moments = EMPTY_MOMENTS;
  for (const value of values) {
    moments = mergeMoments(moments, { n: 1n, sum: value, sumSquares: value * value });
  }
  return moments;
}

export function pairMomentsOf(pairs: Iterable<readonly [x: bigint, y: bigint]>): PairMoments {
  let moments = EMPTY_PAIR_MOMENTS;
  for (const [x, y] of pairs) {
    const one = { n: 1n, sumX: x, sumY: y, sumXX: x * x, sumYY: y * y, sumXY: x * y };
    moments = mergePairMoments(moments, one);
  }
  return moments;
}

export function mergeMoments(a: Moments, b: Moments): Moments {
  return { n: a.n + b.n, sum: a.sum + b.sum, sumSquares: a.sumSquares + b.sumSquares };
}

export function mergePairMoments(a: PairMoments, b: PairMoments): PairMoments {
  return {
    n: a.n + b.n,
    sumX: a.sumX + b.sumX,
    sumY: a.sumY + b.sumY,
    sumXX: a.sumXX + b.sumXX,
    sumYY: a.sumYY + b.sumYY,
    sumXY: a.sumXY + b.sumXY,
  };
}

/** Moments of one row of values per user; all rows have as many values as the first. */
export function momentMatrixOf(rows: readonly (readonly bigint[])[]): MomentMatrix {
  const columns = (rows[0] ?? []).map((_, i) => i);
  const total = (term: (row: readonly bigint[]) => bigint) => rows.reduce((sum, row) => sum + term(row), 0n);
  const value = (row: readonly bigint[], i: number) => row[i] ?? 0n;
  return {
    n: BigInt(rows.length),
    sums: columns.map((i) => total((row) => value(row, i))),
    products: columns.map((i) => columns.map((j) => total((row) => value(row, i) * value(row, j)))),
  };
}

/** Adds moments of the same columns. */
export function mergeMomentMatrices(a: MomentMatrix, b: MomentMatrix): MomentMatrix {
  if (a.sums.length !== b.sums.length) {
    throw new RangeError(`moments of ${a.sums.length} and of ${b.sums.length} columns do not merge`);
  }
  return {
    n: a.n + b.n,
    sums: a.sums.map((sum, i) => sum + (b.sums[i] ?? 0n)),
    products: a.products.map((row, i) => row.map((product, j) => product + (b.products[i]?.[j] ?? 0n))),
  };
}

/** The pair's x as column 0 and its y as column 1. */
export function momentMatrixOfPair({ n, sumX, sumY, sumXX, sumYY, sumXY }: PairMoments): MomentMatrix {
  return {
    n,
    sums: [sumX, sumY],
    products: [
      [sumXX, sumXY],
      [sumXY, sumYY],
    ],
  };
}

/** The marginal moments of x. */
export function momentsOfX(pair: PairMoments): Moments {
  return { n: pair.n, sum: pair.sumX, sumSquares: pair.sumXX };
}

/** The marginal moments of y. */
export function momentsOfY(pair: PairMoments): Moments {
  return { n: pair.n, sum: pair.sumY, sumSquares: pair.sumYY };
}

/** Arithmetic mean in stored units; null without users. */
export function mean({ n, sum }: Counts): number | null {
  return n === 0n ? null : divide(sum, n);
}

/** Sample variance (n - 1) in squared stored units; null below two users. */
export function variance({ n, sum, sumSquares }: Moments): number | null {
  return n < 2n ? null : divide(centred(n, sum, sum, sumSquares), n * (n - 1n));
}

/** Sample covariance (n - 1) of x and y in stored units; null below two users. */
export function covariance({ n, sumX, sumY, sumXY }: PairMoments): number | null {
  return n < 2n ? null : divide(centred(n, sumX, sumY, sumXY), n * (n - 1n));
}

/** n Σab - Σa Σb, that is n times the centred sum of products; exact. */
export function centred(n: bigint, sumA: bigint, sumB: bigint, sumAB: bigint): bigint {
  return n * sumAB - sumA * sumB;
}

/**
 * The quotient of two integers of any size, rounded once: correctly rounded wherever the result is a normal
 * double, ±Infinity beyond the largest.
 */
export function divide(numerator: bigint, denominator: bigint): number {
  if (denominator === 0n) throw new RangeError('division of sufficient statistics by zero');
  if (numerator === 0n) return 0;
  const negative = numerator < 0n !== denominator < 0n;
  const p = numerator < 0n ? -numerator : numerator;
  const q = denominator < 0n ? -denominator : denominator;

  // At least 64 bits of quotient, the last of them sticky, so that the one rounding is that of Number().
  const shift = 72 - (bitLength(p) - bitLength(q));
  const scaled = shift >= 0 ? p << BigInt(shift) : p;
  const divisor = shift >= 0 ? q : q << BigInt(-shift);
  const floor = scaled / divisor;
  const sticky = floor * divisor === scaled ? 0n : 1n;
  const magnitude = timesPowerOfTwo((floor << 1n) | sticky, -shift - 1);
  return negative ? -magnitude : magnitude;
}

function timesPowerOfTwo(value: bigint, power: number): number {
  if (power >= 0) return Number(value << BigInt(power));
  // In two steps, since 2 ** power itself may underflow where the product does not.
  const half = Math.trunc(power / 2);
  return Number(value) * 2 ** half * 2 ** (power - half);
}

/** Bits of a non-negative integer, rounded up to a multiple of four. */
function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}

/** Writes every integer as a decimal string. */
export function serialize<T extends { readonly [K in keyof T]: bigint }>(statistics: T): Serialized<T> {
  const entries = Object.entries<bigint>(statistics).map(([key, value]) => [key, value.toString()]);
  return Object.fromEntries(entries) as Serialized<T>;
}

/** Reads what {@link serialize} wrote; throws SyntaxError on anything but a decimal integer. */
export function deserializeMoments(json: Serialized<Moments>): Moments {
  return { n: integer(json.n), sum: integer(json.sum), sumSquares: integer(json.sumSquares) };
}

/** Reads what {@link serialize} wrote; throws SyntaxError on anything but a decimal integer. */
export function deserializePairMoments(json: Serialized<PairMoments>): PairMoments {
  return {
    n: integer(json.n),
    sumX: integer(json.sumX),
    sumY: integer(json.sumY),
    sumXX: integer(json.sumXX),
    sumYY: integer(json.sumYY),
    sumXY: integer(json.sumXY),
  };
}

function integer(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw new SyntaxError(`not a decimal integer: ${JSON.stringify(text)}`);
  return BigInt(text);
}
