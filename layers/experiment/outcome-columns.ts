/** Integer unit in which a column of user_outcomes is summed. */
export type Unit = 'count' | 'cents' | 'milliseconds';

/** A column of user_outcomes that metrics are built from. */
export interface OutcomeColumn {
  readonly column: string;
  readonly unit: Unit;
}

/** Parts that events play in the built-in metrics; the configuration names the event of each. */
export type EventRole = 'exposure' | 'add_to_cart' | 'begin_checkout' | 'purchase' | 'refund';

/** What a column adds up over some of a user's events: whether there is one, how many, or a value of each. */
export interface EventSum {
  readonly of: 'any' | 'count' | 'revenue' | 'net_revenue' | 'quantity';
  /** Events of a name, or of that which the configuration gives a role; null: all. */
  readonly event: { readonly name: string } | { readonly role: EventRole } | null;
}

/** A column whose value is a sum over the events in [exposed_at + fromDay, exposed_at + toDay). */
export interface EventColumn extends OutcomeColumn {
  readonly sum: EventSum;
  readonly fromDay: number;
  /** null: the end of the experiment's own window. */
  readonly toDay: number | null;
}

/** Whether the column is a sum over events. */
export function isEventColumn(column: OutcomeColumn): column is EventColumn {
  return 'sum' in column;
}

/** The value of an outcome column in [t0 - lookback, t0), t0 the earlier of assignment and exposure. */
export interface CovariateColumn extends OutcomeColumn {
  /** The outcome column of which this is the value before the exposure. */
  readonly of: OutcomeColumn;
  /** null: the experiment's own lookback. */
  readonly lookbackDays: number | null;
}

const inWindow = { fromDay: 0, toDay: null };
const flag = (column: string, role: EventRole): EventColumn => ({
  column,
  unit: 'count',
  sum: { of: 'any', event: { role } },
  ...inWindow,
});

/** Columns of built-in metrics that are sums over events of the window. */
export const eventColumns = {
  purchased: flag('purchased', 'purchase'),
  added_to_cart: flag('added_to_cart', 'add_to_cart'),
  began_checkout: flag('began_checkout', 'begin_checkout'),
  revenue: { column: 'revenue', unit: 'cents', sum: { of: 'net_revenue', event: null }, ...inWindow },
  events_in_window: {
    column: 'events_in_window',
    unit: 'count',
    sum: { of: 'count', event: null },
    ...inWindow,
  },
} as const satisfies Record<string, EventColumn>;

/** Columns of every user_outcomes that need more than a sum over events: orders and sessions. */
export const otherColumns = {
  orders: { column: 'orders', unit: 'count' },
  refunded_orders: { column: 'refunded_orders', unit: 'count' },
  exposure_sessions: { column: 'exposure_sessions', unit: 'count' },
  bounced_sessions: { column: 'bounced_sessions', unit: 'count' },
  sessions: { column: 'sessions', unit: 'count' },
  session_ms: { column: 'session_ms', unit: 'milliseconds' },
} as const satisfies Record<string, OutcomeColumn>;

/** Whether a user did anything at all: before the exposure, whether anything is known of one. */
export const active: EventColumn = {
  column: 'active',
  unit: 'count',
  sum: { of: 'any', event: null },
  ...inWindow,
};

/** The column with the value that `of` had before the exposure, `lookbackDays` where it differs from the experiment's. */
export function covariateOf(of: OutcomeColumn, lookbackDays: number | null): CovariateColumn {
  const name = of.column === 'events_in_window' ? 'events' : of.column;
  const column = lookbackDays === null ? `pre_${name}` : `pre${lookbackDays}_${name}`;
  return { column, unit: of.unit, of, lookbackDays };
}
