import type { MeasureConfig, MeasureSettings } from '../../experiment/config-slices.ts';
import {
  builtInMetrics,
  type CappedColumn,
  covariatesOfExperiment,
  type Metric,
  metricsOf,
  type OutcomeColumn,
} from '../../experiment/metrics.ts';
import type { AggregatedColumns, ColumnPair } from '../../statistics/aggregates.ts';
import { unequalArms } from '../../statistics/skewness.ts';

/** What is measured of an experiment's users. */
export interface MeasuredColumns {
  /** Columns of user_outcomes. */
  readonly outcomes: readonly OutcomeColumn[];
  /** Columns of the time before the exposure. */
  readonly covariates: readonly OutcomeColumn[];
  readonly capped: readonly CappedColumn[];
  /** What is summed of all of these columns, and of those of `outcomes` alone. */
  readonly all: AggregatedColumns;
  readonly outcomesAlone: AggregatedColumns;
  /** What the primary metric is made of, and is adjusted by. */
  readonly primary: AggregatedColumns;
}

/**
 * Columns of the built-in metrics and of the experiment's own.
 * @param areUnequal whether the arms are, whose skews then do not cancel: amounts have their cubes summed
 */
export function measuredColumns(
  config: Pick<MeasureConfig, 'metrics'>,
  settings: MeasureSettings,
  areUnequal = false,
): MeasuredColumns {
  const metrics = metricsOf(config, settings);
  const parts = [...builtInMetrics, ...metrics].map(({ numerator, denominator }) => [
    numerator,
    ...(denominator === undefined ? [] : [denominator]),
  ]);
  const outcomes = distinct(parts.flat());
  const covariates = distinct(covariatesOfExperiment(config, settings));
  const capped = metrics.flatMap((metric) => metric.capped ?? []);
  const columns = [...outcomes, ...covariates, ...capped].map(({ column }) => column);
  const groups = metrics.map(columnsOfMetric);
  const primary = metrics.filter(({ name }) => name === settings.primary).flatMap(columnsOfMetric);
  const amounts = metrics
    .filter(({ kind, numerator }) => areUnequal && kind === 'mean' && numerator.unit === 'cents')
    .flatMap(({ numerator, capped: cut }) => [numerator, ...(cut === undefined ? [] : [cut])]);
  const cubesIn = (of: readonly OutcomeColumn[]) => {
    const cubes = of.filter((column) => amounts.some((amount) => amount.column === column.column));
    return cubes.length === 0 ? {} : { cubes: distinct(cubes).map(({ column }) => column) };
  };
  const singles = [...outcomes, ...covariates, ...capped].map((column) => [column]);
  return {
    outcomes,
    covariates,
    capped,
    all: {
      columns,
      pairs: pairsOf([...singles, ...parts, ...groups], columns),
      ...cubesIn([...outcomes, ...capped]),
    },
    outcomesAlone: {
      columns: outcomes.map(({ column }) => column),
      pairs: pairsOf([...outcomes.map((column) => [column]), ...parts], columns),
      ...cubesIn(outcomes),
    },
    primary: {
      columns: primary.map(({ column }) => column),
      pairs: pairsOf([primary], columns),
      ...cubesIn(primary),
    },
  };
}

function columnsOfMetric({ numerator, denominator, covariates, capped }: Metric): OutcomeColumn[] {
  return distinct([
    numerator,
    ...(denominator === undefined ? [] : [denominator]),
    ...covariates,
    ...(capped === undefined ? [] : [capped]),
  ]);
}

/** Whether the skews of arms of so many users do not cancel. */
export function areUnequal(users: readonly number[]): boolean {
  const counted = users.filter((count) => count > 0);
  return Math.max(...counted) >= unequalArms * Math.min(...counted);
}

/** Everything that one of several experiments needs. */
export function mergedColumns(
  experiments: readonly MeasuredColumns[],
): Pick<MeasuredColumns, 'outcomes' | 'covariates' | 'all'> {
  return {
    outcomes: distinct(experiments.flatMap(({ outcomes }) => outcomes)),
    covariates: distinct(experiments.flatMap(({ covariates }) => covariates)),
    all: mergedSums(experiments.map(({ all }) => all)),
  };
}

/** Columns and pairs of any of several, each once. */
export function mergedSums(sums: readonly AggregatedColumns[]): AggregatedColumns {
  const pairs = sums.flatMap((own) => own.pairs);
  return {
    columns: [...new Set(sums.flatMap(({ columns }) => columns))],
    pairs: [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()],
    cubes: [...new Set(sums.flatMap(({ cubes = [] }) => cubes))],
  };
}

function distinct<Column extends OutcomeColumn>(columns: readonly Column[]): Column[] {
  return [...new Map(columns.map((column) => [column.column, column])).values()];
}

/** Every pair within a group, each once, the columns of a pair and the pairs in the order of `order`. */
function pairsOf(groups: readonly (readonly OutcomeColumn[])[], order: readonly string[]): ColumnPair[] {
  const together = new Set(
    groups.flatMap((group) => group.flatMap((a) => group.map((b) => `${a.column} ${b.column}`))),
  );
  return order.flatMap((a, index) =>
    order.slice(index).flatMap((b): ColumnPair[] => (together.has(`${a} ${b}`) ? [[a, b]] : [])),
  );
}
