import { newcombeInterval, proportionLift } from '../../statistics/proportion.ts';
import { shifted } from '../enough-users.ts';
import { mean } from './mean.ts';
import type { MetricAnalysis } from './metric-analysis.ts';

/** A share of users: z-test with the unpooled error, Newcombe's interval beside it. */
export const conversion: MetricAnalysis = {
  isOfSums: true,
  unit: () => 'share',
  lift: ({ numerator, sample }, treatment) =>
    proportionLift({
      control: sample.control.aggregates.moments(numerator.column),
      treatment: treatment.aggregates.moments(numerator.column),
    }),
  /** Those who converted, and those who did not. */
  quantities({ numerator, sample }, treatment) {
    const control = sample.control.aggregates.moments(numerator.column);
    const other = treatment.aggregates.moments(numerator.column);
    return [
      [control, other],
      [shifted(control, 1n), shifted(other, 1n)],
    ];
  },
  summary: mean.summary,
  beside({ metric, sample }, treatment, alpha) {
    const { column } = metric.numerator;
    const interval = newcombeInterval({
      control: sample.control.aggregates.moments(column),
      treatment: treatment.aggregates.moments(column),
      alpha,
    });
    return { newcombeCi: interval && [...interval] };
  },
};
