import type { MartsConfig } from '../../experiment/config-slices.ts';
import { builtInEventColumns } from '../../experiment/metrics/built-in.ts';
import { assignedColumns, columnsOfRun, columnsSinceExposure } from '../../experiment/metrics.ts';
import {
  type CovariateColumn,
  type EventColumn,
  type EventSum,
  isEventColumn,
  type OutcomeColumn,
  type Unit,
} from '../../experiment/outcome-columns.ts';
import { identifier, literal } from '../../platform/sql.ts';

/** The places of outcomes.sql and user-outcomes.sql that the configuration's metrics fill. */
export interface OutcomeSql {
  /** Sums of one user and day. */
  readonly dailySums: string;
  /** Sums of one user, from those of the days. */
  readonly eventColumns: string;
  readonly orderCovariates: string;
  readonly sessionCovariates: string;
  /** The columns of user_outcomes that metrics define. */
  readonly metricColumns: string;
  /** Σ and Σ of squares by day since exposure. */
  readonly sinceExposure: string;
  /** What an assigned user did, by column, in the columns' whole units. */
  readonly assignedColumns: string;
  /** Days before and after the exposure that some column looks at, besides the outcome windows. */
  readonly lookbackDays: number;
  readonly horizonDays: number;
}

const types: Readonly<Record<Unit, string>> = {
  count: 'BIGINT',
  cents: 'DECIMAL(18,2)',
  milliseconds: 'BIGINT',
};

/** SQL of every column that is a sum over events, orders or sessions, in the window or before the exposure. */
export function outcomeSql(config: MartsConfig): OutcomeSql {
  const { declared, covariates } = columnsOfRun(config);
  const inWindow: EventColumn[] = [...builtInEventColumns, ...declared];
  const before = covariates.flatMap((covariate) =>
    isEventColumn(covariate.of) ? [{ ...covariate, of: covariate.of }] : [],
  );
  const daily = new DailySums(config);
  const columns = [
    ...inWindow.map((column) => daily.total(column, windowOf(column))),
    ...before.map(({ column, of, lookbackDays }) =>
      daily.total({ ...of, column }, lookback('d', lookbackDays)),
    ),
    ...covariates
      .filter(({ of }) => of.column === 'orders')
      .map(
        ({ column, lookbackDays }) =>
          `sum(d.unnamed_orders) FILTER (${lookback('d', lookbackDays)}) AS ${identifier(`unnamed_${column}`)}`,
      ),
  ];
  const since = new Map(
    Object.values(config.experiments)
      .flatMap((settings) => columnsSinceExposure(config, settings))
      .map((column) => [column.column, daily.moments(column)]),
  );
  return {
    dailySums: daily.sums(),
    eventColumns: columns.join(',\n  '),
    orderCovariates: covariatesOf(
      covariates,
      'orders',
      (name, when) => `, count(*) FILTER (${when('o')}) AS ${name}`,
    ),
    sessionCovariates:
      covariatesOf(covariates, 'sessions', (name, when) => `, count(*) FILTER (${when('t')}) AS ${name}`) +
      covariatesOf(covariates, 'session_ms', (name, when) => `, sum(t.ms) FILTER (${when('t')}) AS ${name}`),
    metricColumns: [
      ...builtInEventColumns.map(builtInColumn),
      ...[...declared, ...covariates].map(finalColumn),
    ].join(',\n      '),
    sinceExposure: [...since.values()].join(', '),
    assignedColumns: assignedColumns(config)
      .of.map((column) => assignedColumn(config, daily, column))
      .join(',\n  '),
    lookbackDays: Math.max(0, ...lookbacks(config, covariates)),
    horizonDays: Math.max(...inWindow.map(({ toDay }) => toDay ?? 0)),
  };
}

/** Sums of a day's events, each once however many columns add it up. */
class DailySums {
  readonly #config: Pick<MartsConfig, 'events' | 'event_aliases'>;
  readonly #names = new Map<string, string>();

  constructor(config: Pick<MartsConfig, 'events' | 'event_aliases'>) {
    this.#config = config;
  }

  /** A user's sum over the days that `when` is true of, as a column. */
  total({ column, sum }: Pick<EventColumn, 'column' | 'sum'>, when: string): string {
    const name = `d.${this.#name(sum)}`;
    const total =
      sum.of === 'any'
        ? `CAST(coalesce(bool_or(${name} > 0) FILTER (${when}), false) AS INTEGER)`
        : `coalesce(sum(${name}) FILTER (${when}), 0)`;
    return `${total} AS ${identifier(column)}`;
  }

  /** Sum of the day's values over users, and of their squares, as exact integers. */
  moments({ column, sum, unit }: EventColumn): string {
    const name = `d.${this.#name(sum)}`;
    const value =
      sum.of === 'any' ? `CAST(${name} > 0 AS BIGINT)` : unit === 'cents' ? `${name} * 100` : name;
    const integer = `CAST(coalesce(${value}, 0) AS HUGEINT)`;
    return `CAST(sum(${integer}) AS VARCHAR) AS ${identifier(`sum_${column}`)},
      CAST(sum(${integer} * ${integer}) AS VARCHAR) AS ${identifier(`squares_${column}`)}`;
  }

  /** A user's sum over the events that `when` is true of, in the column's whole unit. */
  whole({ column, sum, unit }: EventColumn, when: string): string {
    const value = this.#sql(sum, when);
    const integer =
      sum.of === 'any' ? `${value} > 0` : `coalesce(${value}, 0)${unit === 'cents' ? ' * 100' : ''}`;
    return `CAST(${integer} AS HUGEINT) AS ${identifier(column)}`;
  }

  sums(): string {
    return [...this.#names].map(([sql, name]) => `${sql} AS ${name}`).join(',\n  ');
  }

  #name(sum: EventSum): string {
    const sql = this.#sql(sum);
    const name = this.#names.get(sql) ?? `sum${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }

  #sql({ of, event }: EventSum, when?: string): string {
    const name =
      event === null ? null : 'role' in event ? this.#config.events[event.role] : this.#alias(event.name);
    const conditions = [
      ...(name === null ? [] : [`event_name = ${literal(name)}`]),
      ...(when === undefined ? [] : [when]),
    ];
    const only = conditions.length === 0 ? '' : ` FILTER (${conditions.join(' AND ')})`;
    if (of === 'any' || of === 'count') return `count(*)${only}`;
    const value = of === 'revenue' && name === this.#config.events.refund ? 'abs(revenue)' : of;
    return `sum(${value})${only}`;
  }

  #alias(name: string): string {
    return this.#config.event_aliases[name] ?? name;
  }
}

/** Events in the window, or orders: each id once, and each purchase without one. */
function assignedColumn(config: MartsConfig, daily: DailySums, column: OutcomeColumn): string {
  if (isEventColumn(column)) {
    const { fromDay, toDay } = column;
    const from = `e.event_ts >= x.assigned_at + to_days(${fromDay})`;
    const to =
      toDay === null ? 'e.event_ts < x.window_end' : `e.event_ts < x.assigned_at + to_days(${toDay})`;
    return daily.whole(column, `${from} AND ${to}`);
  }
  const purchases = `event_name = ${literal(config.events.purchase)} AND e.event_ts < x.window_end`;
  return `CAST(count(DISTINCT order_id) FILTER (${purchases}) + count(*) FILTER (${purchases} AND order_id IS NULL) AS HUGEINT) AS ${identifier(column.column)}`;
}

function windowOf({ fromDay, toDay }: EventColumn): string {
  return toDay === null ? 'd.in_window' : `d."day" >= ${fromDay} AND d."day" < ${toDay}`;
}

function lookback(table: string, days: number | null): string {
  return days === null ? `${table}.in_lookback` : `${table}."day" < 0 AND ${table}."day" >= -${days}`;
}

function covariatesOf(
  covariates: readonly CovariateColumn[],
  source: string,
  sql: (name: string, when: (table: string) => string) => string,
): string {
  return covariates
    .filter(({ of }) => of.column === source)
    .map(({ column, lookbackDays }) => sql(identifier(column), (table) => lookback(table, lookbackDays)))
    .join('');
}

function builtInColumn({ column, sum, unit }: EventColumn): string {
  const name = identifier(column);
  return `CAST(coalesce(a.${name}, 0) AS ${sum.of === 'any' ? 'INTEGER' : types[unit]}) AS ${name}`;
}

function finalColumn(column: OutcomeColumn | CovariateColumn): string {
  const name = identifier(column.column);
  const source = 'of' in column ? column.of.column : '';
  const value =
    source === 'orders'
      ? `coalesce(o.${name}, 0) + coalesce(a.${identifier(`unnamed_${column.column}`)}, 0)`
      : `coalesce(${source === 'sessions' || source === 'session_ms' ? 'v' : 'a'}.${name}, 0)`;
  return `CAST(${value} AS ${types[column.unit]}) AS ${name}`;
}

function lookbacks(config: MartsConfig, covariates: readonly CovariateColumn[]): number[] {
  return [
    ...covariates.flatMap(({ lookbackDays }) => lookbackDays ?? []),
    ...Object.values(config.experiments).flatMap(({ cuped }) => cuped?.lookback_days ?? []),
  ];
}
