import type { Metric } from '../experiment/metrics.ts';
import { centred, divide, type Moments, type PairMoments } from '../statistics/moments.ts';

/**
 * Users who make up a sum, whom each of two equal arms is to be expected to have before anything is inferred from them;
 * so many times more as the larger arm is larger, up to `mostUnequal` times (docs/statistics.md, too few users).
 */
const leastExpected = 5;
const mostUnequal = 4;

type Parts = Pick<Metric, 'kind' | 'denominator' | 'isShare'>;

/** Whether two arms have enough users for a test of a metric and its interval to be evidence. */
export function enoughForMetric(metric: Parts, control: PairMoments, treatment: PairMoments): boolean {
  return partsOf(metric, [control, treatment]).every(([c, t]) => enoughUsers(c, t));
}

/**
 * The same of one quantity x. Of N users in both arms, (Σx)² / Σx² make up its sum (Kish's effective number; for a
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

type ArmPair = readonly [control: Moments, treatment: Moments];

/** The quantities that a metric is made of, and what is left to the whole of a share. */
function partsOf(
  { kind, denominator, isShare }: Parts,
  arms: readonly [PairMoments, PairMoments],
): ArmPair[] {
  const both = (of: (arm: PairMoments) => Moments): ArmPair => [of(arms[0]), of(arms[1])];
  const x = both(({ n, sumX, sumXX }) => ({ n, sum: sumX, sumSquares: sumXX }));
  if (kind === 'conversion') return [x, both((arm) => less(arm, 1n))];
  if (denominator === undefined) {
    const constant = x.find(isConstant);
    return constant === undefined ? [x] : [x, both((arm) => less(arm, constant.sum / constant.n))];
  }
  const y = both(({ n, sumY, sumYY }) => ({ n, sum: sumY, sumSquares: sumYY }));
  const rest = both(({ n, sumX, sumY, sumXX, sumYY, sumXY }) => ({
    n,
    sum: sumY - sumX,
    sumSquares: sumYY - 2n * sumXY + sumXX,
  }));
  return isShare === true ? [x, y, rest] : [x, y];
}

/** x less a constant. */
function less({ n, sumX, sumXX }: PairMoments, constant: bigint): Moments {
  return {
    n,
    sum: sumX - constant * n,
    sumSquares: sumXX - 2n * constant * sumX + constant * constant * n,
  };
}

function isConstant({ n, sum, sumSquares }: Moments): boolean {
  return n > 0n && sum !== 0n && centred(n, sum, sum, sumSquares) === 0n;
}
