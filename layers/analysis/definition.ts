import type { Config } from '../experiment/config.ts';
import type { Metric, OutcomeColumn } from '../experiment/metrics.ts';
import { isEventColumn } from '../experiment/outcome-columns.ts';
import type { MetricPart, MetricReport } from '../report/schema.ts';
import { columnUnit } from './sample.ts';

type EventNames = Pick<Config, 'events' | 'event_aliases'>;

/** What a metric is made of, with the names that its events have in the clean data. */
export function definitionOf(
  { numerator, denominator }: Pick<Metric, 'numerator' | 'denominator'>,
  names: EventNames,
): NonNullable<MetricReport['definition']> {
  return {
    numerator: partOf(numerator, names),
    ...(denominator === undefined ? {} : { denominator: partOf(denominator, names) }),
  };
}

function partOf(column: OutcomeColumn, { events, event_aliases }: EventNames): MetricPart {
  const part = { column: column.column, unit: columnUnit(column.unit) };
  if (!isEventColumn(column)) {
    const ofOrders = column.column === 'orders' || column.column === 'refunded_orders';
    const names = ofOrders ? [events.purchase, events.refund] : [];
    return { ...part, adds: null, events: names, fromDay: 0, toDay: null };
  }
  const { sum, fromDay, toDay } = column;
  const window = { fromDay, toDay };
  if (sum.of === 'net_revenue')
    return { ...part, adds: sum.of, events: [events.purchase, events.refund], ...window };
  if (sum.event === null) return { ...part, adds: sum.of, events: [], ...window };
  const name =
    'role' in sum.event ? events[sum.event.role] : (event_aliases[sum.event.name] ?? sum.event.name);
  return { ...part, adds: sum.of, events: [name], ...window };
}
