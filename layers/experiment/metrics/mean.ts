import { z } from 'zod';
import type { EventColumn } from '../outcome-columns.ts';
import { eventName, type MetricKind, metricBase } from './metric-kind.ts';

const schema = z.strictObject({
  kind: z.literal('mean'),
  event: eventName.optional(),
  value: z.enum(['revenue', 'quantity']).optional(),
  ...metricBase,
});
type Declared = z.infer<typeof schema>;

/** Such events per user (all without `event`), or the sum of their value. */
export const mean = {
  kind: 'mean',
  schema,
  canCap: true,
  canAdjust: true,
  isPart: true,
  columnOf,
  measure: (name, declared) => ({ numerator: columnOf(name, declared), needs: [] }),
  problems: (name, { value, event }, { purchaseEvent }) =>
    value === 'quantity' && event === undefined
      ? [
          {
            what: `the metric "${name}" adds up quantities without saying of which event`,
            remedy: `Add event: ${purchaseEvent}`,
          },
        ]
      : [],
} as const satisfies MetricKind<Declared>;

function columnOf(column: string, { event, value, window_days }: Declared): EventColumn {
  return {
    column,
    unit: value === 'revenue' ? 'cents' : 'count',
    sum: {
      // Without an event, revenue is what the built-in metric takes it for: purchases less refunds.
      of: value === 'revenue' && event === undefined ? 'net_revenue' : (value ?? 'count'),
      event: event === undefined ? null : { name: event },
    },
    fromDay: 0,
    toDay: window_days ?? null,
  };
}
