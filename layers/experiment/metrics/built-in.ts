import {
  type EventColumn,
  eventColumns,
  isEventColumn,
  type OutcomeColumn,
  otherColumns,
} from '../outcome-columns.ts';
import type { MetricKindName } from './kinds.ts';
import type { MeasuredMetric } from './metric-kind.ts';

/** A metric as it is defined, apart from what an experiment sets about it. */
export interface MetricDefinition extends MeasuredMetric {
  readonly name: string;
  readonly kind: MetricKindName;
  readonly better: 'higher' | 'lower';
}

const { purchased, added_to_cart, began_checkout, revenue, events_in_window } = eventColumns;
const { orders, refunded_orders, bounced_sessions, exposure_sessions, session_ms, sessions } = otherColumns;

const conversion = (name: string, numerator: EventColumn): MetricDefinition => ({
  name,
  kind: 'conversion',
  numerator,
  better: 'higher',
  needs: [],
});
const ratio = (
  name: string,
  numerator: OutcomeColumn,
  denominator: OutcomeColumn,
  rest: Partial<Pick<MetricDefinition, 'better' | 'needs' | 'isShare'>> = {},
): MetricDefinition => ({
  name,
  kind: 'ratio',
  numerator,
  denominator,
  better: 'higher',
  needs: [],
  ...rest,
});

/**
 * The built-in metrics. Each is the whole definition of itself: its columns are those that marts writes for every run, those
 * that are sums over events by what is said here.
 */
export const builtInMetrics: readonly MetricDefinition[] = [
  conversion('purchase_conversion', purchased),
  conversion('add_to_cart_rate', added_to_cart),
  conversion('begin_checkout_rate', began_checkout),
  { name: 'revenue_per_user', kind: 'mean', numerator: revenue, better: 'higher', needs: [] },
  { name: 'events_in_window', kind: 'mean', numerator: events_in_window, better: 'higher', needs: [] },
  ratio('average_order_value', revenue, orders),
  ratio('refund_rate', refunded_orders, orders, { better: 'lower', isShare: true }),
  ratio('bounce_rate', bounced_sessions, exposure_sessions, { better: 'lower', isShare: true }),
  ratio('session_duration', session_ms, sessions, { needs: ['sessions'] }),
  conversion('retention_d7', {
    column: 'retained_d7',
    unit: 'count',
    sum: { of: 'any', event: null },
    fromDay: 7,
    toDay: 8,
  }),
];

/** The columns of the built-in metrics that are sums over events, of every user_outcomes. */
export const builtInEventColumns: readonly EventColumn[] = [
  ...new Map(
    builtInMetrics
      .flatMap(({ numerator, denominator = numerator }) => [numerator, denominator])
      .filter(isEventColumn)
      .map((column) => [column.column, column]),
  ).values(),
];

/** Columns of every user_outcomes, whose names no declared metric may have. */
export const fixedColumns: readonly string[] = [
  ...['run_id', 'experiment_id', 'user_id', 'variant', 'exposed_at', 'window_end', 'is_mature'],
  ...['purchase_value', 'refunds'],
  ...builtInEventColumns.map(({ column }) => column),
  ...Object.keys(otherColumns),
];
