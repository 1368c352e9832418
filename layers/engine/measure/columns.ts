import type { Config, ExperimentSettings } from '../../experiment/config.ts';
import {
  builtInMetrics,
  type CappedColumn,
  covariatesOfExperiment,
  metricsOf,
  type OutcomeColumn,
} from '../../experiment/metrics.ts';

/** Two columns whose product some metric's variance needs; the same one twice is its square. */
export type Pair = readonly [a: string, b: string];

/** What is measured of an experiment's users. */
export interface MeasuredColumns {
  /** Columns of user_outcomes. */
  readonly outcomes: readonly OutcomeColumn[];
  /** Columns of the time before the exposure. */
  readonly covariates: readonly OutcomeColumn[];
  readonly capped: readonly CappedColumn[];
  /** Products over all of these columns, and over those of `outcomes` alone. */
  readonly pairs: readonly Pair[];
  readonly outcomePairs: readonly Pair[];
}

/** Columns of the built-in metrics and of the experiment's own. */
export function measuredColumns(
  config: Pick<Config, 'metrics'>,
  settings: ExperimentSettings,
): MeasuredColumns {
  const metrics = metricsOf(config, settings);
  const parts = [...builtInMetrics, ...metrics].map(({ numerator, denominator }) => [
    numerator,
    ...(denominator === undefined ? [] : [denominator]),
  ]);
  const outcomes = distinct(parts.flat());
  const covariates = distinct(covariatesOfExperiment(config, settings));
  const capped = metrics.flatMap((metric) => metric.capped ?? []);
  const order = [...outcomes, ...covariates, ...capped].map(({ column }) => column);
  const groups = metrics.map(({ numerator, denominator, covariates: own, capped: cut }) => [
    numerator,
    ...(denominator === undefined ? [] : [denominator]),
    ...own,
    ...(cut === undefined ? [] : [cut]),
  ]);
  const singles = [...outcomes, ...covariates, ...capped].map((column) => [column]);
  return {
    outcomes,
    covariates,
    capped,
    pairs: pairsOf([...singles, ...parts, ...groups], order),
    outcomePairs: pairsOf([...outcomes.map((column) => [column]), ...parts], order),
  };
}

/** Everything that one of several experiments needs. */
export function mergedColumns(all: readonly MeasuredColumns[]): MeasuredColumns {
  const pairs = (of: 'pairs' | 'outcomePairs') => [
    ...new Map(all.flatMap((columns) => columns[of]).map((pair) => [pair.join(' '), pair])).values(),
  ];
  return {
    outcomes: distinct(all.flatMap(({ outcomes }) => outcomes)),
    covariates: distinct(all.flatMap(({ covariates }) => covariates)),
    capped: distinct(all.flatMap(({ capped }) => capped)),
    pairs: pairs('pairs'),
    outcomePairs: pairs('outcomePairs'),
  };
}

function distinct<Column extends OutcomeColumn>(columns: readonly Column[]): Column[] {
  return [...new Map(columns.map((column) => [column.column, column])).values()];
}

/** Every pair within a group, each once, the columns of a pair and the pairs in the order of `order`. */
function pairsOf(groups: readonly (readonly OutcomeColumn[])[], order: readonly string[]): Pair[] {
  const together = new Set(
    groups.flatMap((group) => group.flatMap((a) => group.map((b) => `${a.column} ${b.column}`))),
  );
  return order.flatMap((a, index) =>
    order.slice(index).flatMap((b): Pair[] => (together.has(`${a} ${b}`) ? [[a, b]] : [])),
  );
}
