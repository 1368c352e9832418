import { z } from 'zod';
import { type EventColumn, otherColumns } from '../outcome-columns.ts';
import { type MetricKind, metricBase } from './metric-kind.ts';

const schema = z
  .strictObject({
    kind: z.literal('quantile'),
    value: z.enum(['revenue', 'session_duration']),
    quantile: z.number().min(0.5).max(0.99),
    ...metricBase,
  })
  .refine(({ value, window_days }) => value === 'revenue' || window_days === undefined, {
    message: 'window_days is for revenue: sessions are those of the outcome window',
    path: ['window_days'],
  });
type Declared = z.infer<typeof schema>;

/** Quantile of the users' revenue, or of the durations of their sessions. */
export const quantile = {
  kind: 'quantile',
  schema,
  canCap: false,
  canAdjust: false,
  isPart: false,
  columnOf,
  measure(name, declared) {
    const numerator = columnOf(name, declared);
    return numerator === undefined
      ? { numerator: otherColumns.session_ms, quantile: declared.quantile, needs: ['sessions'] }
      : { numerator, quantile: declared.quantile, needs: [] };
  },
} as const satisfies MetricKind<Declared>;

function columnOf(column: string, { value, window_days }: Declared): EventColumn | undefined {
  return value === 'session_duration'
    ? undefined
    : {
        column,
        unit: 'cents',
        sum: { of: 'net_revenue', event: null },
        fromDay: 0,
        toDay: window_days ?? null,
      };
}
