import type { OutcomeColumn } from '../../experiment/metrics.ts';
import type { Aggregates } from '../../statistics/aggregates.ts';
import { divide, type Moments, type PairMoments } from '../../statistics/moments.ts';
import { ratioLift } from '../../statistics/ratio.ts';
import { columnUnit, scales } from '../sample.ts';
import type { Measured, MetricAnalysis } from './metric-analysis.ts';

/** A ratio of two sums: the delta method on users, Welch's t. */
export const ratio: MetricAnalysis = {
  isOfSums: true,
  unit: ({ numerator, isShare }) => (isShare === true ? 'share' : columnUnit(numerator.unit)),
  lift(measured, treatment) {
    const { sample, numerator } = measured;
    const denominator = denominatorOf(measured);
    return ratioLift({
      control: sample.control.aggregates.pair(numerator.column, denominator.column),
      treatment: treatment.aggregates.pair(numerator.column, denominator.column),
      scale: scales[numerator.unit],
      denominatorScale: scales[denominator.unit],
    });
  },
  /** Numerator and denominator, and what a share leaves of the whole. */
  quantities(measured, treatment) {
    const { metric, numerator, sample } = measured;
    const denominator = denominatorOf(measured);
    const [control, other] = [sample.control.aggregates, treatment.aggregates];
    const rest = (arm: Aggregates) => difference(arm.pair(numerator.column, denominator.column));
    return [
      [control.moments(numerator.column), other.moments(numerator.column)],
      [control.moments(denominator.column), other.moments(denominator.column)],
      ...(metric.isShare === true ? [[rest(control), rest(other)] as const] : []),
    ];
  },
  summary(measured, { users, aggregates }) {
    const { numerator } = measured;
    const denominator = denominatorOf(measured);
    const [scale, denominatorScale] = [scales[numerator.unit], scales[denominator.unit]];
    const total = aggregates.sum(numerator.column);
    const under = aggregates.sum(denominator.column);
    return {
      n: users,
      sum: divide(total, scale),
      mean: under === 0n ? null : divide(total * denominatorScale, under * scale),
      denominator: divide(under, denominatorScale),
    };
  },
};

function denominatorOf({ metric }: Measured): OutcomeColumn {
  if (metric.denominator === undefined) throw new Error(`the ratio "${metric.name}" has no denominator`);
  return metric.denominator;
}

/** y - x. */
function difference({ n, sumX, sumY, sumXX, sumYY, sumXY }: PairMoments): Moments {
  return { n, sum: sumY - sumX, sumSquares: sumYY - 2n * sumXY + sumXX };
}
