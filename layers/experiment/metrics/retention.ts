import { z } from 'zod';
import type { EventColumn } from '../outcome-columns.ts';
import { days, eventName, type MetricKind, metricBase } from './metric-kind.ts';

const schema = z.strictObject({
  kind: z.literal('retention'),
  event: eventName.nullable().optional(),
  day: days,
  ...metricBase,
});
type Declared = z.infer<typeof schema>;

/** Share of the users with an event (any without `event`) `day` days after the exposure, for `window_days` days: a conversion. */
export const retention = {
  kind: 'conversion',
  schema,
  canCap: false,
  canAdjust: true,
  isPart: true,
  columnOf,
  measure: (name, declared) => ({ numerator: columnOf(name, declared), needs: [] }),
} as const satisfies MetricKind<Declared>;

function columnOf(column: string, { event, day, window_days = 1 }: Declared): EventColumn {
  return {
    column,
    unit: 'count',
    sum: { of: 'any', event: event == null ? null : { name: event } },
    fromDay: day,
    toDay: day + window_days,
  };
}
