import { divide, type Moments } from '../statistics/moments.ts';

/**
 * Users who make up a sum, whom each of two equal arms is to be expected to have before anything is inferred from them;
 * so many times more as the larger arm is larger, up to `mostUnequal` times (docs/statistics.md, too few users).
 */
const leastExpected = 5;
const mostUnequal = 4;

/** Whether two arms have enough {@link expectedUsers} of a quantity for a test of it and its interval to be evidence. */
export function enoughUsers(control: Moments, treatment: Moments): boolean {
  const [small, large] = smallerFirst(control, treatment);
  if (small === 0n) return true;
  return expectedUsers(control, treatment) >= leastExpected * Math.min(divide(large, small), mostUnequal);
}

/**
 * Users who make up a quantity x that the smaller of two arms is to be expected to have. Of N users in both arms, (Σx)² / Σx² make
 * up its sum (Kish's effective number; for a conversion those who converted), of whom an arm of n is to be expected to have n / N.
 * Infinite without users, or where nobody has any of it: the estimate itself then has a reason.
 */
export function expectedUsers(control: Moments, treatment: Moments): number {
  const n = control.n + treatment.n;
  const sum = control.sum + treatment.sum;
  const sumSquares = control.sumSquares + treatment.sumSquares;
  const [small] = smallerFirst(control, treatment);
  if (small === 0n || sumSquares === 0n) return Number.POSITIVE_INFINITY;
  return divide(small * sum * sum, n * sumSquares);
}

function smallerFirst(a: Moments, b: Moments): readonly [small: bigint, large: bigint] {
  return a.n < b.n ? [a.n, b.n] : [b.n, a.n];
}

/** x less a constant. */
export function shifted({ n, sum, sumSquares }: Moments, constant: bigint): Moments {
  return {
    n,
    sum: sum - constant * n,
    sumSquares: sumSquares - 2n * constant * sum + constant * constant * n,
  };
}
