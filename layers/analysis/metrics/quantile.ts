import type { QuantileMeasurement } from '../../experiment/measurements.ts';
import type { Metric } from '../../experiment/metrics.ts';
import { divide } from '../../statistics/moments.ts';
import { type QuantileSample, quantileLift } from '../../statistics/quantile.ts';
import type { Arm } from '../arm.ts';
import { columnUnit, scales } from '../sample.ts';
import type { MetricAnalysis } from './metric-analysis.ts';

/** A quantile of users' or of sessions' values: normal test with the errors of the order statistics. */
export const quantile: MetricAnalysis = {
  isOfSums: false,
  unit: ({ numerator }) => columnUnit(numerator.unit),
  lift: ({ metric, sample }, treatment) =>
    quantileLift({
      control: quantileSample(metric, sample.quantiles, sample.control),
      treatment: quantileSample(metric, sample.quantiles, treatment),
      scale: scales[metric.numerator.unit],
    }),
  /** The order statistics exist only where there are enough. */
  quantities: () => [],
  summary({ metric, numerator, sample }, arm) {
    const scale = scales[numerator.unit];
    const value = quantileSample(metric, sample.quantiles, arm)?.value;
    return {
      n: arm.users,
      sum: divide(arm.aggregates.sum(numerator.column), scale),
      mean: value === undefined ? null : divide(value, scale),
    };
  },
};

/** The order statistics of a quantile metric in one arm; null where the arm has too few values for them. */
function quantileSample(
  { name }: Metric,
  quantiles: readonly QuantileMeasurement[],
  { variant }: Arm,
): QuantileSample | null {
  const measured = quantiles.find(({ metric }) => metric === name);
  const arm = measured?.arms.find((candidate) => candidate.variant === variant);
  if (measured === undefined || arm === undefined) return null;
  const { value, lower, upper, n, clusters } = arm;
  if (value === null || lower === null || upper === null) return null;
  return {
    users: clusters?.users ?? n,
    value: BigInt(value),
    lower: BigInt(lower),
    upper: BigInt(upper),
    z: measured.z,
  };
}
