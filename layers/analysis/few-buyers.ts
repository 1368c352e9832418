import type { Metric } from '../experiment/metrics.ts';
import { eventColumns, isEventColumn } from '../experiment/outcome-columns.ts';
import type { Comparison } from '../report/schema.ts';
import type { Arm } from './arm.ts';
import { analyses } from './metrics/kinds.ts';

/**
 * Buyers that each arm should have before the interval of a skewed amount is taken at its word: with fewer of two arms its
 * error is hardly known (docs/statistics.md, few buyers).
 */
export const buyersForMoney = 100;

/** Buyers of both arms, where the metric is an amount of purchases and an arm has too few of them; else null. */
export function fewBuyers(
  { kind, numerator }: Metric,
  control: Arm,
  treatment: Arm,
): NonNullable<Comparison['fewBuyers']> | null {
  if (!analyses[kind].isOfSums || !isEventColumn(numerator) || numerator.sum.of !== 'net_revenue')
    return null;
  const buyers = ({ aggregates }: Arm) => Number(aggregates.sum(eventColumns.purchased.column));
  const counts = { control: buyers(control), treatment: buyers(treatment) };
  return Math.min(counts.control, counts.treatment) < buyersForMoney
    ? { ...counts, minimum: buyersForMoney }
    : null;
}
