import type { CapMeasurement, ExperimentMeasurement } from '../../../../layers/experiment/measurements.ts';
import type { Metric } from '../../../../layers/experiment/metrics.ts';
import { normalCritical } from '../../../../layers/statistics/distributions.ts';
import { nearestRank, quantileRanks } from '../../../../layers/statistics/quantile.ts';
import type { Buyer } from '../history.ts';
import { analysedUsers, armOf, byVariant, type Look, sumOver } from './look.ts';
import { unknown } from './sums.ts';

/** Amounts of users as one sorted list: so many zeros, then the buyers'. */
function ranked(users: number, buyers: readonly Buyer[]): (rank: number) => number {
  const zeros = users - buyers.length;
  return (rank) => (rank <= zeros ? 0 : (buyers[rank - zeros - 1]?.cents ?? 0));
}

export function capOf(look: Look, { capped }: Metric): CapMeasurement[] {
  if (capped === undefined) return [];
  const { column, of, percentile, ignoreZeros } = capped;
  if ((look.sources.get(of.column) ?? of.column) !== 'revenue') unknown(column);
  const arms = look.truth.arms.map((_, arm) => arm);
  const users = ignoreZeros ? look.buyers.length : sumOver(arms, (arm) => analysedUsers(look, arm));
  const found = users === 0 ? 0 : ranked(users, look.buyers)(nearestRank(users, percentile / 100));
  const cut = byVariant(look, (arm, variant) => ({
    variant,
    users: found === 0 ? 0 : look.buyers.filter((buyer) => buyer.arm === arm && buyer.cents > found).length,
  }));
  return [
    {
      column,
      of: of.column,
      percentile,
      ignoreZeros,
      cap: found > 0 ? String(found) : null,
      capped: cut.filter(({ variant }) => analysedUsers(look, armOf(look, variant)) > 0),
    },
  ];
}

export function quantileOf(
  look: Look,
  { name, numerator, quantile }: Metric,
): ExperimentMeasurement['quantiles'] {
  if (quantile === undefined) return [];
  if ((look.sources.get(numerator.column) ?? numerator.column) !== 'revenue') unknown(name);
  const z = normalCritical(0.05);
  const arms = byVariant(look, (arm, variant) => {
    const n = analysedUsers(look, arm);
    const value = ranked(
      n,
      look.buyers.filter((buyer) => buyer.arm === arm),
    );
    const ranks = quantileRanks({ observations: n }, { quantile, z });
    return {
      variant,
      n,
      value: String(value(nearestRank(n, quantile))),
      lower: ranks && String(value(ranks.lower)),
      upper: ranks && String(value(ranks.upper)),
      clusters: null,
    };
  });
  return [{ metric: name, unit: numerator.unit, quantile, z, arms: arms.filter(({ n }) => n > 0) }];
}

/** Ends of bins in cents: 1, 2, 3, 5, 7, then 1, 1.5, 2, 3, 5 and 7 times each power of ten. */
const edges = [
  ...[1, 2, 3, 5, 7],
  ...Array.from({ length: 9 }, (_, power) =>
    [10, 15, 20, 30, 50, 70].map((edge) => edge * 10 ** power),
  ).flat(),
];

export function histogramOf(look: Look): ExperimentMeasurement['revenueHistogram'] {
  return byVariant(look, (arm, variant) => {
    const own = look.buyers.filter((buyer) => buyer.arm === arm);
    const users = new Map<number, number>();
    let bin = 0;
    for (const { cents } of own) {
      while ((edges[bin + 1] as number) <= cents) bin++;
      users.set(bin, (users.get(bin) ?? 0) + 1);
    }
    return {
      variant,
      negative: 0,
      zero: analysedUsers(look, arm) - own.length,
      bins: [...users].map(([index, count]) => ({
        from: String(edges[index]),
        to: String(edges[index + 1]),
        users: count,
      })),
    };
  }).filter(({ variant }) => analysedUsers(look, armOf(look, variant)) > 0);
}
