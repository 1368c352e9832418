import type { Config, DeclaredMetric } from './config.ts';

/** Integer unit in which a column of user_outcomes is summed. */
export type Unit = 'count' | 'cents' | 'milliseconds';

/** A column of user_outcomes that metrics are built from. */
export interface OutcomeColumn {
  readonly column: string;
  readonly unit: Unit;
}

/** A metric over the exposed users: a mean of `numerator`, or the ratio of two sums. */
export interface Metric {
  readonly name: string;
  readonly kind: 'conversion' | 'mean' | 'ratio';
  readonly numerator: OutcomeColumn;
  readonly denominator?: OutcomeColumn;
  readonly better: 'higher' | 'lower';
  /** Optional datasets without which the metric is unavailable. */
  readonly needs: readonly ('sessions' | 'users' | 'products')[];
}

const count = (column: string): OutcomeColumn => ({ column, unit: 'count' });
const cents = (column: string): OutcomeColumn => ({ column, unit: 'cents' });
const milliseconds = (column: string): OutcomeColumn => ({ column, unit: 'milliseconds' });

/** The built-in metrics; their columns are those that lambdas/marts writes for every run. */
export const builtInMetrics: readonly Metric[] = [
  {
    name: 'purchase_conversion',
    kind: 'conversion',
    numerator: count('purchased'),
    better: 'higher',
    needs: [],
  },
  {
    name: 'add_to_cart_rate',
    kind: 'conversion',
    numerator: count('added_to_cart'),
    better: 'higher',
    needs: [],
  },
  {
    name: 'begin_checkout_rate',
    kind: 'conversion',
    numerator: count('began_checkout'),
    better: 'higher',
    needs: [],
  },
  { name: 'revenue_per_user', kind: 'mean', numerator: cents('revenue'), better: 'higher', needs: [] },
  {
    name: 'events_in_window',
    kind: 'mean',
    numerator: count('events_in_window'),
    better: 'higher',
    needs: [],
  },
  {
    name: 'average_order_value',
    kind: 'ratio',
    numerator: cents('revenue'),
    denominator: count('orders'),
    better: 'higher',
    needs: [],
  },
  {
    name: 'refund_rate',
    kind: 'ratio',
    numerator: count('refunded_orders'),
    denominator: count('orders'),
    better: 'lower',
    needs: [],
  },
  {
    name: 'bounce_rate',
    kind: 'ratio',
    numerator: count('bounced_sessions'),
    denominator: count('exposure_sessions'),
    better: 'lower',
    needs: [],
  },
  {
    name: 'session_duration',
    kind: 'ratio',
    numerator: milliseconds('session_ms'),
    denominator: count('sessions'),
    better: 'higher',
    needs: ['sessions'],
  },
  { name: 'retention_d7', kind: 'conversion', numerator: count('retained_d7'), better: 'higher', needs: [] },
];

/** The metric a configuration means by `name`: one it declares, else a built-in one. */
export function metricNames(config: Pick<Config, 'metrics'>): string[] {
  return [...new Set([...Object.keys(config.metrics), ...builtInMetrics.map((metric) => metric.name)])];
}

export type { DeclaredMetric };
