/** Users and their successes; a conversion metric's moments are assignable to it. */
export interface Counts {
  readonly n: bigint;
  readonly sum: bigint;
}

/** Power sums of one value per user, exact integers in its stored unit (counts, cents, milliseconds). */
export interface Moments extends Counts {
  readonly sumSquares: bigint;
  /** Of amounts, where the arms are so unequal that their skews do not cancel. */
  readonly sumCubes?: bigint;
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
