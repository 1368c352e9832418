import { meanLift } from '../../statistics/mean.ts';
import { centred, divide, type Moments } from '../../statistics/moments.ts';
import { shifted } from '../enough-users.ts';
import { columnUnit, scales } from '../sample.ts';
import type { MetricAnalysis } from './metric-analysis.ts';

/** A mean per user: Welch's t-test. */
export const mean: MetricAnalysis = {
  isOfSums: true,
  unit: ({ numerator }) => columnUnit(numerator.unit),
  lift: ({ numerator, sample }, treatment) =>
    meanLift({
      control: sample.control.aggregates.moments(numerator.column),
      treatment: treatment.aggregates.moments(numerator.column),
      scale: scales[numerator.unit],
    }),
  /** The values, and where those of an arm are all the same, how far each lies from it. */
  quantities({ numerator, sample }, treatment) {
    const control = sample.control.aggregates.moments(numerator.column);
    const other = treatment.aggregates.moments(numerator.column);
    const constant = [control, other].find(isConstant);
    if (constant === undefined) return [[control, other]];
    const value = constant.sum / constant.n;
    return [
      [control, other],
      [shifted(control, value), shifted(other, value)],
    ];
  },
  summary({ numerator }, { users, aggregates }) {
    const scale = scales[numerator.unit];
    const { n } = aggregates;
    const total = aggregates.sum(numerator.column);
    return { n: users, sum: divide(total, scale), mean: n === 0n ? null : divide(total, n * scale) };
  },
};

function isConstant({ n, sum, sumSquares }: Moments): boolean {
  return n > 0n && sum !== 0n && centred(n, sum, sum, sumSquares) === 0n;
}
