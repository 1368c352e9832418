import { z } from 'zod';
import type { EventColumn } from '../outcome-columns.ts';
import { eventName, type MetricKind, metricBase } from './metric-kind.ts';

const schema = z.strictObject({ kind: z.literal('conversion'), event: eventName, ...metricBase });
type Declared = z.infer<typeof schema>;

/** Share of the users with such an event. */
export const conversion = {
  kind: 'conversion',
  schema,
  canCap: false,
  canAdjust: true,
  isPart: true,
  columnOf,
  measure: (name, declared) => ({ numerator: columnOf(name, declared), needs: [] }),
} as const satisfies MetricKind<Declared>;

function columnOf(column: string, { event, window_days }: Declared): EventColumn {
  return {
    column,
    unit: 'count',
    sum: { of: 'any', event: { name: event } },
    fromDay: 0,
    toDay: window_days ?? null,
  };
}
