import type { Config } from '../experiment/config.ts';
import type { Measurements } from '../experiment/measurements.ts';
import type { Metric } from '../experiment/metrics.ts';
import { isEventColumn } from '../experiment/outcome-columns.ts';
import { nearest } from '../platform/nearest.ts';
import type { Arm } from './arm.ts';

type Parts = Pick<Metric, 'numerator' | 'denominator'>;

/** Why a metric says nothing about these users: none of them has an event that it counts. Null where some have. */
export function missingEvent(
  metric: Parts,
  arms: readonly Arm[],
  events: Config['events'],
  names: Measurements['eventNames'],
): string | null {
  const event = eventOfNobody(metric, arms, events);
  if (event === null) return null;
  return (
    absentEvent(metric, arms, events, names) ??
    `no analysed user has an event "${event}" in the outcome window`
  );
}

/** The same where not a single event of the data is called so, with the name that is nearest. */
export function absentEvent(
  metric: Parts,
  arms: readonly Arm[],
  events: Config['events'],
  names: Measurements['eventNames'],
): string | null {
  const event = eventOfNobody(metric, arms, events);
  if (event === null || names === undefined || names.includes(event)) return null;
  const near = nearest(event, names);
  return `no event is called "${event}"${near === undefined ? '' : `, the nearest name is "${near}"`}`;
}

function eventOfNobody(
  { numerator, denominator }: Parts,
  arms: readonly Arm[],
  events: Config['events'],
): string | null {
  if (arms.every(({ users }) => users === 0)) return null;
  for (const column of [numerator, denominator]) {
    if (column === undefined || !isEventColumn(column)) continue;
    const { of, event } = column.sum;
    if (event === null || (of !== 'any' && of !== 'count')) continue;
    if (arms.some(({ aggregates }) => aggregates.sum(column.column) !== 0n)) continue;
    return 'role' in event ? events[event.role] : event.name;
  }
  return null;
}
