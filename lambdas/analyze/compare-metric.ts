import type { ExperimentMeasurement } from '../../layers/contracts/measurements.ts';
import type { Metric, Unit } from '../../layers/contracts/metrics.ts';
import type { Comparison, MetricReport } from '../../layers/report/schema.ts';
import { effectOf, type InestimableEffect, type LiftEstimate } from '../../layers/statistics/effect.ts';
import { meanLift } from '../../layers/statistics/mean.ts';
import { divide, momentsOfX, type PairMoments } from '../../layers/statistics/moments.ts';
import { newcombeInterval, proportionLift } from '../../layers/statistics/proportion.ts';
import { ratioLift } from '../../layers/statistics/ratio.ts';

type Arm = ExperimentMeasurement['arms'][number];

/** Stored integers in one reported unit: cents in a unit of money, milliseconds in a second. */
const scales: Record<Unit, bigint> = { count: 1n, cents: 100n, milliseconds: 1000n };

/** The unit in which a metric is reported. */
export function reportedUnit({ kind, numerator }: Metric): MetricReport['unit'] {
  if (kind === 'conversion') return 'share';
  return ({ count: 'count', cents: 'currency', milliseconds: 'seconds' } as const)[numerator.unit];
}

/** The metric's sums and lift of one treatment against the control; `pAdjusted` is left for the family to set. */
export function compareMetric(
  metric: Metric,
  control: Arm,
  treatment: Arm,
  alpha: number,
): Omit<Comparison, 'verdict'> {
  const effect = effectOf(estimateLift(metric, control, treatment), alpha);
  return {
    variant: treatment.variant,
    control: summarise(metric, control),
    treatment: summarise(metric, treatment),
    effect: {
      absolute: effect.absolute,
      absoluteCi: effect.absoluteCi && [...effect.absoluteCi],
      relative: effect.relative,
      relativeCi: effect.relativeCi && [...effect.relativeCi],
      relativeReason: effect.relativeReason,
    },
    test: effect.test && { ...effect.test, pAdjusted: null },
    ...(metric.kind === 'conversion' ? { newcombeCi: newcombe(metric, control, treatment, alpha) } : {}),
    reason: effect.reason,
  };
}

/** Exact sums of the metric's columns in one arm: x the numerator, y the denominator (the numerator where there is none). */
export function momentsOfArm({ numerator, denominator = numerator }: Metric, arm: Arm): PairMoments {
  const sum = (column: string) => BigInt(arm.sums[column] ?? missing(column));
  const product = (a: string, b: string) =>
    BigInt(arm.products[a]?.[b] ?? arm.products[b]?.[a] ?? missing(`${a} x ${b}`));
  const [x, y] = [numerator.column, denominator.column];
  return {
    n: BigInt(arm.users),
    sumX: sum(x),
    sumY: sum(y),
    sumXX: product(x, x),
    sumYY: product(y, y),
    sumXY: product(x, y),
  };
}

function missing(what: string): never {
  throw new Error(`the measurements lack the sum of ${what}`);
}

/** The lift of one treatment over the control, from which every inference about the metric starts. */
export function estimateLift(metric: Metric, control: Arm, treatment: Arm): LiftEstimate | InestimableEffect {
  const [c, t] = [momentsOfArm(metric, control), momentsOfArm(metric, treatment)];
  const scale = scales[metric.numerator.unit];
  if (metric.kind === 'conversion') {
    return proportionLift({ control: { n: c.n, sum: c.sumX }, treatment: { n: t.n, sum: t.sumX } });
  }
  if (metric.denominator !== undefined) {
    const denominatorScale = scales[metric.denominator.unit];
    return ratioLift({ control: c, treatment: t, scale, denominatorScale });
  }
  return meanLift({ control: momentsOfX(c), treatment: momentsOfX(t), scale });
}

function newcombe(metric: Metric, control: Arm, treatment: Arm, alpha: number): [number, number] | null {
  const counts = (arm: Arm) => ({ n: BigInt(arm.users), sum: momentsOfArm(metric, arm).sumX });
  const interval = newcombeInterval({ control: counts(control), treatment: counts(treatment), alpha });
  return interval && [...interval];
}

function summarise(metric: Metric, arm: Arm): Comparison['control'] {
  const { n, sumX, sumY } = momentsOfArm(metric, arm);
  const scale = scales[metric.numerator.unit];
  const sum = divide(sumX, scale);
  if (metric.denominator === undefined) {
    return { n: arm.users, sum, mean: n === 0n ? null : divide(sumX, n * scale) };
  }
  const denominatorScale = scales[metric.denominator.unit];
  return {
    n: arm.users,
    sum,
    mean: sumY === 0n ? null : divide(sumX * denominatorScale, sumY * scale),
    denominator: divide(sumY, denominatorScale),
  };
}
