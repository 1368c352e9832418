import { literal } from '../platform/sql.ts';
import type { ExperimentReport, MetricPart, MetricReport } from './schema.ts';

/**
 * The PostgreSQL query that recomputes a metric's values from the loaded users, one row an arm: `users`, `sum`,
 * `denominator` of a ratio, `value`, and `capped` where large values are cut.
 * Null for what is not computed, for what PostgreSQL lacks (single sessions), and for reports of earlier versions.
 * @param rows which rows of `user_outcomes` are the run's, as a condition in SQL
 */
export function metricQuery(
  { definition, quantile, metric, unavailable }: MetricReport,
  { experimentId, settings, caps }: Pick<ExperimentReport, 'experimentId' | 'settings' | 'caps'>,
  rows: string,
): string | null {
  if (definition === undefined || unavailable !== null || isOfSingleSessions({ definition, quantile }))
    return null;
  const { numerator, denominator } = definition;
  const value = perUser(numerator);
  const per = denominator && perUser(denominator);
  const mean = (of: string) =>
    per === undefined ? `avg(${of})` : `sum(${of})::numeric / nullif(sum(${per}), 0)`;
  const cap = caps.find((own) => own.metric === metric)?.cap ?? null;
  const columns = [
    'variant',
    'count(*) as users',
    `sum(${value}) as sum`,
    ...(per === undefined ? [] : [`sum(${per}) as denominator`]),
    quantile === undefined
      ? `${mean(value)} as value`
      : `(array_agg(${value} order by ${value}))[ceil(count(*) * ${quantile})::integer] as value`,
    ...(cap === null ? [] : [`${mean(`least(${value}, ${cap})`)} as capped`]),
  ];
  return [
    `select ${columns.join(', ')}`,
    'from user_outcomes',
    `where ${rows} and experiment_id = ${literal(experimentId)}${settings.immature === 'exclude' ? ' and is_mature' : ''}`,
    'group by variant order by variant',
  ].join('\n');
}

/** The rows of one run, also where a later one is published. */
export function rowsOfRun(runId: string): string {
  return `run_id = ${literal(runId)}`;
}

/** Whether a metric ranks sessions, which the marts have per user only. */
export function isOfSingleSessions({ definition, quantile }: Pick<MetricReport, 'definition' | 'quantile'>) {
  return quantile !== undefined && definition?.numerator.adds === null;
}

/** What the table user_outcomes has a column of its own for, among all that metrics are made of. */
export const tableColumns: readonly string[] = [
  ...['purchased', 'added_to_cart', 'began_checkout', 'orders', 'refunded_orders', 'revenue'],
  ...['events_in_window', 'exposure_sessions', 'bounced_sessions', 'sessions', 'session_ms', 'retained_d7'],
];

/** A user's value in the metric's unit. What is no column of the table is in its object of metrics. */
function perUser({ column, unit }: MetricPart): string {
  const value = tableColumns.includes(column) ? column : `(metrics->>${literal(column)})::numeric`;
  return unit === 'seconds' ? `${value} / 1000.0` : value;
}
