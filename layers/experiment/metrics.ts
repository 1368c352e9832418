import type { Config, ExperimentSettings } from './config-schema.ts';
import { builtInEventColumns, builtInMetrics, type MetricDefinition } from './metrics/built-in.ts';
import { type DeclaredMetric, kindNamed } from './metrics/kinds.ts';
import {
  active,
  type CovariateColumn,
  covariateOf,
  type EventColumn,
  eventColumns,
  isEventColumn,
  type OutcomeColumn,
  otherColumns,
} from './outcome-columns.ts';

export { builtInMetrics, type MetricDefinition } from './metrics/built-in.ts';
export type { CovariateColumn, EventColumn, OutcomeColumn, Unit } from './outcome-columns.ts';

/** A metric of an experiment: a mean, a ratio of two sums or a quantile over its analysed users. */
export interface Metric extends MetricDefinition {
  /** Columns of the time before the exposure that explain some of its variance; none without `cuped`. */
  readonly covariates: readonly CovariateColumn[];
  /** The numerator with its large values cut, where the experiment caps the metric. */
  readonly capped?: CappedColumn;
}

/** A column that `measure` makes: the values of `of`, cut at their percentile over the analysed users of all arms. */
export interface CappedColumn extends OutcomeColumn {
  readonly of: OutcomeColumn;
  readonly percentile: number;
  /** Whether users with a value of zero are left out of the percentile. */
  readonly ignoreZeros: boolean;
}

const { purchased, added_to_cart, began_checkout, revenue, events_in_window } = eventColumns;
const { orders, sessions, session_ms } = otherColumns;

type Declarations = Pick<Config, 'metrics'>;

/** What of an experiment's settings says which metrics it has, and of which columns they are made. */
export type MetricSettings = Pick<ExperimentSettings, 'primary' | 'secondary' | 'cuped'> & {
  readonly guardrails: Readonly<Record<string, unknown>>;
  /** Left out where nobody asks for cut values. */
  readonly capping?: ExperimentSettings['capping'];
};

/** Names of all metrics a configuration knows: those it declares, and the built-in ones. */
export function metricNames(config: Declarations): string[] {
  return [...new Set([...Object.keys(config.metrics), ...builtInMetrics.map((metric) => metric.name)])];
}

/** The metric a configuration means by `name`: one it declares, else a built-in one. */
export function metricNamed(config: Declarations, name: string): MetricDefinition | undefined {
  const declared = config.metrics[name];
  return declared === undefined
    ? builtInMetrics.find((metric) => metric.name === name)
    : defined(config, name, declared);
}

function defined(config: Declarations, name: string, declared: DeclaredMetric): MetricDefinition {
  const { kind, measure } = kindNamed(declared.kind);
  const measured = measure(name, declared, { partNamed: (part) => ratioPart(config, part) });
  return { name, kind, better: declared.better, ...measured };
}

/**
 * Every metric that an experiment names, once: primary, secondary, guardrails.
 * @throws Error where it names none: the configuration was checked when it was loaded
 */
export function metricsOf(config: Declarations, settings: MetricSettings): Metric[] {
  const names = new Set([settings.primary, ...settings.secondary, ...Object.keys(settings.guardrails)]);
  return [...names].map((name) => {
    const metric = metricNamed(config, name);
    if (metric === undefined) throw new Error(`there is no metric "${name}"`);
    const cap = settings.capping?.[name];
    return {
      ...metric,
      covariates: covariatesOf(config, settings, metric),
      ...(cap === undefined
        ? {}
        : {
            capped: {
              column: `${name}__capped`,
              unit: metric.numerator.unit,
              of: metric.numerator,
              percentile: cap.percentile,
              ignoreZeros: cap.ignore_zeros,
            },
          }),
    };
  });
}

/**
 * What is measured of everyone assigned: the columns of all experiments' metrics that are made of events or orders, and the
 * products of each metric's own. Sessions, and what needs an exposure, are not.
 */
export function assignedColumns(
  config: Declarations & { readonly experiments: Readonly<Record<string, MetricSettings>> },
): {
  readonly of: readonly OutcomeColumn[];
  readonly columns: readonly string[];
  readonly pairs: readonly (readonly [a: string, b: string])[];
} {
  const metrics = Object.values(config.experiments)
    .flatMap((settings) => metricsOf(config, settings))
    .filter(isOfAssigned)
    .map(({ numerator, denominator = numerator }) => [numerator, denominator] as const);
  const of = [...new Map(metrics.flat().map((column) => [column.column, column])).values()].toSorted(
    (a, b) => (a.column < b.column ? -1 : 1),
  );
  const columns = of.map(({ column }) => column);
  const pairs = [
    ...columns.map((column) => [column, column] as const),
    ...metrics.flatMap(([a, b]) =>
      a.column === b.column
        ? []
        : [a.column < b.column ? ([a.column, b.column] as const) : ([b.column, a.column] as const)],
    ),
  ];
  return { of, columns, pairs: [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()] };
}

/** Whether a metric is also measured of everyone assigned: one of sums over events or orders. */
export function isOfAssigned({ kind, numerator, denominator = numerator }: MetricDefinition): boolean {
  return (
    kind !== 'quantile' &&
    [numerator, denominator].every((column) => isEventColumn(column) || column.column === orders.column)
  );
}

/** What marts writes into every user_outcomes besides the built-in columns: for all experiments, named ones and "*". */
export function columnsOfRun(
  config: Declarations & { readonly experiments: Readonly<Record<string, MetricSettings>> },
): {
  readonly declared: readonly EventColumn[];
  readonly covariates: readonly CovariateColumn[];
} {
  const declared = new Map<string, EventColumn>();
  const covariates = new Map<string, CovariateColumn>();
  for (const settings of Object.values(config.experiments)) {
    for (const metric of metricsOf(config, settings)) {
      for (const column of [metric.numerator, metric.denominator]) {
        if (column !== undefined && isDeclared(column)) declared.set(column.column, column);
      }
    }
    for (const covariate of covariatesOfExperiment(config, settings))
      covariates.set(covariate.column, covariate);
  }
  return { declared: sorted(declared), covariates: sorted(covariates) };
}

/** Columns of the time before the exposure: those of the metrics, and what tells users apart in general. */
export function covariatesOfExperiment(
  config: Declarations,
  settings: MetricSettings,
): readonly CovariateColumn[] {
  if (settings.cuped === null) return [];
  const all = [
    ...metricsOf(config, settings).flatMap(({ covariates }) => covariates),
    preEvents,
    prePurchased,
  ];
  return [...new Map(all.map((covariate) => [covariate.column, covariate])).values()];
}

/** Days from the exposure on after which a user's outcomes are complete: the outcome window, or a longer one of a declared metric. */
export function maturityDays(
  config: Declarations,
  settings: MetricSettings & Pick<ExperimentSettings, 'outcome_window_days'>,
): number {
  const ends = metricsOf(config, settings)
    .flatMap(({ numerator, denominator }) => [numerator, denominator ?? numerator])
    .filter(isDeclared)
    .map(({ toDay }) => toDay ?? 0);
  return Math.max(settings.outcome_window_days, ...ends);
}

/** Events and purchases in the experiment's lookback. */
export const preEvents = covariateOf(events_in_window, null);
export const prePurchased = covariateOf(purchased, null);

/** Columns whose course over the days since exposure is followed: the main built-in ones, and the primary metric's. */
export function columnsSinceExposure(
  config: Declarations,
  settings: Pick<MetricSettings, 'primary'>,
): EventColumn[] {
  const primary = metricNamed(config, settings.primary);
  const own = [primary?.numerator, primary?.denominator].flatMap((column) =>
    column !== undefined && isEventColumn(column) && column.fromDay === 0 ? [column] : [],
  );
  const all = [purchased, revenue, events_in_window, added_to_cart, began_checkout, ...own];
  return [...new Map(all.map((column) => [column.column, column])).values()];
}

function sorted<Column extends OutcomeColumn>(columns: ReadonlyMap<string, Column>): Column[] {
  return [...columns.values()].toSorted((a, b) => (a.column < b.column ? -1 : 1));
}

/** Columns that the numerator or denominator of a declared ratio may name, besides metrics. */
export const ratioColumns: Readonly<Record<string, OutcomeColumn>> = {
  ...Object.fromEntries(builtInEventColumns.map((column) => [column.column, column])),
  ...otherColumns,
};

/** The sum that a ratio means by `name`: that of a conversion or mean metric, else a column's. */
export function ratioPart(config: Declarations, name: string): OutcomeColumn | undefined {
  const declared = config.metrics[name];
  if (declared !== undefined) {
    const kind = kindNamed(declared.kind);
    return kind.isPart ? kind.columnOf(name, declared) : undefined;
  }
  const builtIn = builtInMetrics.find((metric) => metric.name === name && metric.denominator === undefined);
  return builtIn?.numerator ?? ratioColumns[name];
}

/**
 * The metric's own columns before the exposure, unless the configuration names the metrics to take, and whether the user
 * did anything then: a newcomer's zero is not that of one who came and did not buy.
 */
function covariatesOf(
  config: Declarations,
  { cuped }: Pick<MetricSettings, 'cuped'>,
  metric: MetricDefinition,
): CovariateColumn[] {
  if (cuped === null || !kindNamed(metric.kind).canAdjust) return [];
  const own = cuped.metrics[metric.name];
  const lookback =
    own?.lookback_days === undefined || own.lookback_days === cuped.lookback_days ? null : own.lookback_days;
  const sources = (own?.covariates ?? [metric.name]).flatMap((name) => {
    const source = metricNamed(config, name);
    return source === undefined ? [] : [source.numerator, source.denominator ?? source.numerator];
  });
  const columns = new Map(sources.filter(existsBefore).map((source) => [source.column, source]));
  const past = columns.size === 0 ? [] : [active];
  return [...columns.values(), ...past].map((source) => covariateOf(source, lookback));
}

/** Whether a user can have a column's value before the exposure too. */
export function existsBefore(column: OutcomeColumn): boolean {
  if (isDeclared(column)) return true;
  if (isEventColumn(column)) return column.fromDay === 0 && column.toDay === null;
  return [orders, sessions, session_ms].some((source) => source.column === column.column);
}

/** Whether a column is that of a metric which the configuration declares. */
function isDeclared(column: OutcomeColumn): column is EventColumn {
  return isEventColumn(column) && !builtInEventColumns.some((builtIn) => builtIn.column === column.column);
}
