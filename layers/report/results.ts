import type { Comparison, ExperimentReport, MetricReport, Report } from './schema.ts';

/** What a row is of; without a comparison it is the control's. */
interface Source {
  readonly report: Report;
  readonly experiment: ExperimentReport;
  readonly segment: string | null;
  readonly level: string | null;
  readonly metric: MetricReport;
  readonly variant: string;
  readonly arm: Comparison['control'];
  readonly comparison: Comparison | null;
}

/** A column of results.csv and results.parquet. */
export interface ResultColumn<Value = string | number | boolean | null> {
  readonly type: 'text' | 'number' | 'integer' | 'boolean';
  readonly isOptional: boolean;
  readonly meaning: string;
  readonly of: (source: Source) => Value;
}

const column =
  (type: ResultColumn['type']) =>
  <Value>(meaning: string, of: (source: Source) => Value): ResultColumn<Value> => ({
    type,
    isOptional: false,
    meaning,
    of,
  });
const optional =
  (type: ResultColumn['type']) =>
  <Value>(meaning: string, of: (source: Source) => Value | null | undefined): ResultColumn<Value | null> => ({
    type,
    isOptional: true,
    meaning,
    of: (source) => of(source) ?? null,
  });
const text = column('text');
const number = column('number');
const optionalText = optional('text')<string>;
const optionalNumber = optional('number')<number>;

const cupedOf = ({ comparison }: Source) =>
  comparison?.cuped !== undefined && 'test' in comparison.cuped ? comparison.cuped : undefined;
const cappedOf = ({ comparison }: Source) =>
  comparison?.capped !== undefined && 'test' in comparison.capped ? comparison.capped : undefined;
const bayesOf = ({ comparison }: Source) =>
  comparison?.bayes !== undefined && 'chanceToWin' in comparison.bayes ? comparison.bayes : undefined;

/** In the order of the files. */
export const resultColumns = {
  run_id: text('run', ({ report }) => report.run.runId),
  drop_name: text('drop', ({ report }) => report.run.drop),
  experiment_id: text('experiment', ({ experiment }) => experiment.experimentId),
  segment: optionalText('segment; empty: all users', ({ segment }) => segment),
  segment_level: optionalText('level of the segment', ({ level }) => level),
  metric: text('metric, by its name in experiment.yaml', ({ metric }) => metric.metric),
  role: text('`primary`, `secondary` or `guardrail`', ({ metric }) => metric.role),
  kind: text('`conversion`, `mean`, `ratio` or `quantile`', ({ metric }) => metric.kind),
  unit: text('`share`, `count`, `currency` or `seconds`', ({ metric }) => metric.unit),
  variant: text('arm', ({ variant }) => variant),
  users: column('integer')('analysed users of the arm', ({ arm }) => arm.n),
  sum: number('sum over these users', ({ arm }) => arm.sum),
  denominator: optionalNumber('sum that a ratio is divided by', ({ arm }) => arm.denominator),
  mean: optionalNumber(
    'sum / users; of a ratio sum / denominator, of a quantile itself',
    ({ arm }) => arm.mean,
  ),
  is_control: column('boolean')('whether the arm is the control', ({ comparison }) => comparison === null),
  absolute: optionalNumber(
    'arm less control, by the declared basis',
    ({ comparison }) => comparison?.effect.absolute,
  ),
  absolute_ci_lower: optionalNumber(
    'lower end of its interval for a single look',
    ({ comparison }) => comparison?.effect.absoluteCi?.[0],
  ),
  absolute_ci_upper: optionalNumber('upper end', ({ comparison }) => comparison?.effect.absoluteCi?.[1]),
  relative: optionalNumber(
    'lift: the difference relative to the control',
    ({ comparison }) => comparison?.effect.relative,
  ),
  relative_ci_lower: optionalNumber(
    'lower end of its interval for a single look (Fieller)',
    ({ comparison }) => comparison?.effect.relativeCi?.[0],
  ),
  relative_ci_upper: optionalNumber('upper end', ({ comparison }) => comparison?.effect.relativeCi?.[1]),
  test: optionalText('`z_unpooled` or `welch_t`', ({ comparison }) => comparison?.test?.name),
  statistic: optionalNumber('z or t', ({ comparison }) => comparison?.test?.statistic),
  df: optionalNumber('degrees of freedom of t', ({ comparison }) => comparison?.test?.df),
  p: optionalNumber('two-sided, for a single look, not corrected', ({ comparison }) => comparison?.test?.p),
  p_adjusted: optionalNumber(
    'the same, corrected over the metrics of the role; empty for guardrails',
    ({ comparison }) => comparison?.test?.pAdjusted,
  ),
  absolute_adjusted_ci_lower: optionalNumber(
    'lower end of the interval of the difference that goes with p_adjusted',
    ({ comparison }) => comparison?.adjustedCi?.absoluteCi?.[0],
  ),
  absolute_adjusted_ci_upper: optionalNumber(
    'upper end',
    ({ comparison }) => comparison?.adjustedCi?.absoluteCi?.[1],
  ),
  relative_adjusted_ci_lower: optionalNumber(
    'lower end of the interval of the lift that goes with p_adjusted',
    ({ comparison }) => comparison?.adjustedCi?.relativeCi?.[0],
  ),
  relative_adjusted_ci_upper: optionalNumber(
    'upper end',
    ({ comparison }) => comparison?.adjustedCi?.relativeCi?.[1],
  ),
  p_sequential: optionalNumber(
    'two-sided, by the declared looks, corrected where the role is',
    ({ comparison }) => comparison?.sequential?.pAdjusted ?? comparison?.sequential?.p,
  ),
  alpha_sequential: optionalNumber(
    'level of p_sequential: of this look, or of all together',
    ({ comparison }) => comparison?.sequential?.alpha,
  ),
  cuped_absolute: optionalNumber(
    'difference adjusted by CUPED',
    (source) => cupedOf(source)?.effect.absolute,
  ),
  cuped_absolute_ci_lower: optionalNumber(
    'lower end of its interval',
    (source) => cupedOf(source)?.effect.absoluteCi?.[0],
  ),
  cuped_absolute_ci_upper: optionalNumber('upper end', (source) => cupedOf(source)?.effect.absoluteCi?.[1]),
  cuped_p: optionalNumber('its p, two-sided, not corrected', (source) => cupedOf(source)?.test?.p),
  cuped_variance_reduction: optionalNumber(
    'share of the variance that CUPED takes away',
    (source) => cupedOf(source)?.varianceReduction,
  ),
  cap: optionalNumber('largest value kept in the capped estimate', (source) => cappedOf(source)?.cap),
  capped_absolute: optionalNumber(
    'difference of capped values',
    (source) => cappedOf(source)?.effect.absolute,
  ),
  capped_absolute_ci_lower: optionalNumber(
    'lower end of its interval',
    (source) => cappedOf(source)?.effect.absoluteCi?.[0],
  ),
  capped_absolute_ci_upper: optionalNumber('upper end', (source) => cappedOf(source)?.effect.absoluteCi?.[1]),
  capped_p: optionalNumber('its p, two-sided, not corrected', (source) => cappedOf(source)?.test?.p),
  chance_to_win: optionalNumber(
    'posterior probability that the arm is better than the control',
    (source) => bayesOf(source)?.chanceToWin,
  ),
  non_inferiority: optionalText(
    'of a guardrail: `non_inferior`, `not_shown` or `inferior`',
    ({ comparison }) => comparison?.nonInferiority?.status,
  ),
  non_inferiority_p: optionalNumber(
    'of a guardrail: one-sided p of harm beyond the margin',
    ({ comparison }) => comparison?.nonInferiority?.p,
  ),
  verdict: optionalText(
    '`better`, `worse` or `inconclusive`, by the numbers that decide',
    ({ comparison }) => comparison?.verdict,
  ),
  reason: optionalText(
    'why a number is missing',
    ({ comparison }) => comparison?.reason ?? comparison?.effect.relativeReason,
  ),
  decision: text(
    'of the experiment: `ship`, `do_not_ship`, `keep_running` or `invalid`',
    ({ experiment }) => experiment.decision.action,
  ),
  srm_p: optionalNumber('p of the sample ratio of exposed users', ({ experiment }) => experiment.trust.srm.p),
} satisfies Readonly<Record<string, ResultColumn>>;

type Columns = typeof resultColumns;
export type ResultColumnName = keyof Columns;

/**
 * A row of results.csv and results.parquet: one experiment, segment level (null: all users), metric and arm. A metric
 * may have two roles, and has rows for each.
 */
export type ResultRow = { readonly [Name in ResultColumnName]: ReturnType<Columns[Name]['of']> };

/** The names of the columns, in the order of the files. */
export const resultColumnNames = Object.keys(resultColumns) as ResultColumnName[];

/** The report as a flat table for BI tools; metrics that are unavailable have no rows. */
export function resultRows(report: Report): ResultRow[] {
  return report.experiments
    .flatMap((experiment) => [
      ...sourcesOf(report, experiment, { segment: null, level: null }, experiment.metrics),
      ...experiment.segments.flatMap((part) => sourcesOf(report, experiment, part, part.metrics)),
    ])
    .map(rowOf);
}

function sourcesOf(
  report: Report,
  experiment: ExperimentReport,
  { segment, level }: Pick<Source, 'segment' | 'level'>,
  metrics: readonly MetricReport[],
): Source[] {
  return metrics.flatMap((metric): Source[] => {
    const [first] = metric.comparisons;
    if (first === undefined) return [];
    const shared = { report, experiment, segment, level, metric };
    return [
      { ...shared, variant: experiment.control, arm: first.control, comparison: null },
      ...metric.comparisons.map((comparison) => ({
        ...shared,
        variant: comparison.variant,
        arm: comparison.treatment,
        comparison,
      })),
    ];
  });
}

function rowOf(source: Source): ResultRow {
  return Object.fromEntries(
    Object.entries(resultColumns).map(([name, { of }]) => [name, of(source)]),
  ) as ResultRow;
}

/** `results.csv`: the rows as RFC 4180 text with a header; null is an empty cell. */
export function resultsCsv(rows: readonly ResultRow[], names = resultColumnNames): string {
  const lines = [names.join(','), ...rows.map((row) => names.map((name) => csvCell(row[name])).join(','))];
  return `${lines.join('\r\n')}\r\n`;
}

function csvCell(value: ResultRow[ResultColumnName]): string {
  if (value === null) return '';
  return typeof value === 'string' ? csvText(value) : String(value);
}

/** A spreadsheet takes text that begins like a formula for one: an apostrophe before it keeps it text. */
function csvText(value: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
