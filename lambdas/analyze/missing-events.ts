import type { Config } from '../../layers/contracts/config.ts';
import type { Metric } from '../../layers/contracts/metrics.ts';
import { isEventColumn } from '../../layers/contracts/outcome-columns.ts';
import { type Arm, sumOf } from './estimate.ts';

/** Why a metric says nothing about these users: none of them has an event that it counts. Null where some have. */
export function missingEvent(
  { numerator, denominator }: Pick<Metric, 'numerator' | 'denominator'>,
  arms: readonly Arm[],
  events: Config['events'],
): string | null {
  for (const column of [numerator, denominator]) {
    if (column === undefined || !isEventColumn(column)) continue;
    const { of, event } = column.sum;
    if (event === null || (of !== 'any' && of !== 'count')) continue;
    if (arms.some((arm) => sumOf(arm, column.column) !== 0n)) continue;
    const name = 'role' in event ? events[event.role] : event.name;
    return `no analysed user has an event "${name}" in the outcome window`;
  }
  return null;
}
