import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import type { Cap, Distribution } from '../report/schema.ts';
import { divide } from '../statistics/moments.ts';
import type { Arm } from './arm.ts';
import type { RoleOfMetric } from './compare-metrics.ts';
import { columnUnit, scales } from './sample.ts';

/** The histogram of revenue per user in units of money, arms in the order given. */
export function distributionsOf(
  { revenueHistogram }: Pick<ExperimentMeasurement, 'revenueHistogram'>,
  arms: readonly Arm[],
): Distribution[] {
  if (revenueHistogram.length === 0) return [];
  const money = (cents: string) => divide(BigInt(cents), scales.cents);
  return [
    {
      column: 'revenue',
      unit: 'currency',
      arms: arms.flatMap(({ variant }) => {
        const own = revenueHistogram.find((arm) => arm.variant === variant);
        if (own === undefined) return [];
        const bins = own.bins.map(({ from, to, users }) => ({ from: money(from), to: money(to), users }));
        return [{ variant, negative: own.negative, zero: own.zero, bins }];
      }),
    },
  ];
}

/** How each capped metric was capped. */
export function capsOf({ caps }: Pick<ExperimentMeasurement, 'caps'>, roles: readonly RoleOfMetric[]): Cap[] {
  return roles.flatMap(({ metric, unavailable }) => {
    const measured = caps.find(({ column }) => column === metric.capped?.column);
    if (measured === undefined || unavailable !== null) return [];
    const { unit } = metric.numerator;
    return [
      {
        metric: metric.name,
        unit: columnUnit(unit),
        percentile: measured.percentile,
        ignoreZeros: measured.ignoreZeros,
        cap: measured.cap === null ? null : divide(BigInt(measured.cap), scales[unit]),
        arms: measured.capped.map(({ variant, users }) => ({ variant, users })),
      },
    ];
  });
}
