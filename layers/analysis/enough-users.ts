import { divide, type Moments } from '../statistics/moments.ts';

/**
 * Users who make up a sum, whom each of two equal arms is to be expected to have before anything is inferred from them;
 * so many times more as the larger arm is larger, up to `mostUnequal` times (docs/statistics.md, too few users).
 */
const leastExpected = 5;
const mostUnequal = 4;

/**
 * Whether two arms have enough users who make up a quantity x for a test of it and its interval to be evidence. Of N users in both arms, (Σx)² / Σx² make up its sum (Kish's effective number; for a
 * conversion those who converted), of whom an arm of n is to be expected to have n / N.
 */
export function enoughUsers(control: Moments, treatment: Moments): boolean {
  const n = control.n + treatment.n;
  const sum = control.sum + treatment.sum;
  const sumSquares = control.sumSquares + treatment.sumSquares;
  const [small, large] = control.n < treatment.n ? [control.n, treatment.n] : [treatment.n, control.n];
  // Without users, or where nobody has any of it, the estimate itself has a reason.
  if (small === 0n || sumSquares === 0n) return true;
  const expected = divide(small * sum * sum, n * sumSquares);
  return expected >= leastExpected * Math.min(divide(large, small), mostUnequal);
}

/** x less a constant. */
export function shifted({ n, sum, sumSquares }: Moments, constant: bigint): Moments {
  return {
    n,
    sum: sum - constant * n,
    sumSquares: sumSquares - 2n * constant * sum + constant * constant * n,
  };
}
