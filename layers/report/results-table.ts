import type { Comparison, ExperimentReport, MetricReport, Report } from './schema.ts';

/** Whether and what a comparison found; null on the control's row. */
interface ComparisonColumns {
  readonly absolute: number | null;
  readonly absolute_ci_lower: number | null;
  readonly absolute_ci_upper: number | null;
  readonly relative: number | null;
  readonly relative_ci_lower: number | null;
  readonly relative_ci_upper: number | null;
  readonly test: string | null;
  readonly statistic: number | null;
  readonly df: number | null;
  readonly p: number | null;
  readonly p_adjusted: number | null;
  readonly absolute_adjusted_ci_lower: number | null;
  readonly absolute_adjusted_ci_upper: number | null;
  readonly relative_adjusted_ci_lower: number | null;
  readonly relative_adjusted_ci_upper: number | null;
  readonly p_sequential: number | null;
  readonly alpha_sequential: number | null;
  readonly cuped_absolute: number | null;
  readonly cuped_absolute_ci_lower: number | null;
  readonly cuped_absolute_ci_upper: number | null;
  readonly cuped_p: number | null;
  readonly cuped_variance_reduction: number | null;
  readonly cap: number | null;
  readonly capped_absolute: number | null;
  readonly capped_absolute_ci_lower: number | null;
  readonly capped_absolute_ci_upper: number | null;
  readonly capped_p: number | null;
  readonly chance_to_win: number | null;
  readonly non_inferiority: string | null;
  readonly non_inferiority_p: number | null;
  readonly verdict: string | null;
  readonly reason: string | null;
}

/**
 * A row of results.parquet and results.csv: one experiment, segment level (null: all users), metric and arm. A metric
 * may have two roles, and has rows for each.
 */
export interface ResultRow extends ComparisonColumns {
  readonly run_id: string;
  readonly drop_name: string;
  readonly experiment_id: string;
  readonly segment: string | null;
  readonly segment_level: string | null;
  readonly metric: string;
  readonly role: string;
  readonly kind: string;
  readonly unit: string;
  readonly variant: string;
  readonly is_control: boolean;
  readonly users: number;
  readonly sum: number;
  readonly denominator: number | null;
  readonly mean: number | null;
  readonly decision: string;
  readonly srm_p: number | null;
}

type Described = Omit<ResultRow, keyof ComparisonColumns | 'is_control'>;

/** The report as a flat table for BI tools; metrics that are unavailable have no rows. */
export function resultRows(report: Report): ResultRow[] {
  return report.experiments.flatMap((experiment) => [
    ...rowsOf(report, experiment, { segment: null, level: null }, experiment.metrics),
    ...experiment.segments.flatMap((part) => rowsOf(report, experiment, part, part.metrics)),
  ]);
}

function rowsOf(
  { run }: Report,
  { experimentId, control, decision, trust }: ExperimentReport,
  { segment, level }: { readonly segment: string | null; readonly level: string | null },
  metrics: readonly MetricReport[],
): ResultRow[] {
  return metrics.flatMap(({ metric, role, kind, unit, comparisons }) => {
    const arm = (variant: string, { n, sum, mean, denominator }: Comparison['control']): Described => ({
      run_id: run.runId,
      drop_name: run.drop,
      experiment_id: experimentId,
      segment,
      segment_level: level,
      metric,
      role,
      kind,
      unit,
      variant,
      users: n,
      sum,
      denominator: denominator ?? null,
      mean,
      decision: decision.action,
      srm_p: trust.srm.p,
    });
    const [first] = comparisons;
    if (first === undefined) return [];
    return [
      row(arm(control, first.control), null),
      ...comparisons.map((comparison) => row(arm(comparison.variant, comparison.treatment), comparison)),
    ];
  });
}

/** Columns in the order of the files. */
function row({ decision, srm_p, ...described }: Described, comparison: Comparison | null): ResultRow {
  return { ...described, is_control: comparison === null, ...columnsOf(comparison), decision, srm_p };
}

function columnsOf(comparison: Comparison | null): ComparisonColumns {
  const { effect, test, adjustedCi, sequential, bayes, nonInferiority } = comparison ?? {};
  const cuped = comparison?.cuped !== undefined && 'test' in comparison.cuped ? comparison.cuped : undefined;
  const capped =
    comparison?.capped !== undefined && 'test' in comparison.capped ? comparison.capped : undefined;
  return {
    absolute: effect?.absolute ?? null,
    absolute_ci_lower: effect?.absoluteCi?.[0] ?? null,
    absolute_ci_upper: effect?.absoluteCi?.[1] ?? null,
    relative: effect?.relative ?? null,
    relative_ci_lower: effect?.relativeCi?.[0] ?? null,
    relative_ci_upper: effect?.relativeCi?.[1] ?? null,
    test: test?.name ?? null,
    statistic: test?.statistic ?? null,
    df: test?.df ?? null,
    p: test?.p ?? null,
    p_adjusted: test?.pAdjusted ?? null,
    absolute_adjusted_ci_lower: adjustedCi?.absoluteCi?.[0] ?? null,
    absolute_adjusted_ci_upper: adjustedCi?.absoluteCi?.[1] ?? null,
    relative_adjusted_ci_lower: adjustedCi?.relativeCi?.[0] ?? null,
    relative_adjusted_ci_upper: adjustedCi?.relativeCi?.[1] ?? null,
    p_sequential: sequential?.pAdjusted ?? sequential?.p ?? null,
    alpha_sequential: sequential?.alpha ?? null,
    cuped_absolute: cuped?.effect.absolute ?? null,
    cuped_absolute_ci_lower: cuped?.effect.absoluteCi?.[0] ?? null,
    cuped_absolute_ci_upper: cuped?.effect.absoluteCi?.[1] ?? null,
    cuped_p: cuped?.test?.p ?? null,
    cuped_variance_reduction: cuped?.varianceReduction ?? null,
    cap: capped?.cap ?? null,
    capped_absolute: capped?.effect.absolute ?? null,
    capped_absolute_ci_lower: capped?.effect.absoluteCi?.[0] ?? null,
    capped_absolute_ci_upper: capped?.effect.absoluteCi?.[1] ?? null,
    capped_p: capped?.test?.p ?? null,
    chance_to_win: bayes !== undefined && 'chanceToWin' in bayes ? bayes.chanceToWin : null,
    non_inferiority: nonInferiority?.status ?? null,
    non_inferiority_p: nonInferiority?.p ?? null,
    verdict: comparison?.verdict ?? null,
    reason: comparison?.reason ?? effect?.relativeReason ?? null,
  };
}
