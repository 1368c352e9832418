import type { Report } from './schema.ts';

/** A row of results.parquet: one experiment, metric and arm. Comparison columns are null on the control's row. */
export interface ResultRow {
  readonly run_id: string;
  readonly drop_name: string;
  readonly experiment_id: string;
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
  readonly verdict: string | null;
  readonly decision: string;
  readonly srm_p: number | null;
  readonly reason: string | null;
}

/** The report as a flat table for BI tools; metrics that are unavailable have no rows. */
export function resultRows(report: Report): ResultRow[] {
  return report.experiments.flatMap((experiment) => {
    const common = {
      run_id: report.run.runId,
      drop_name: report.run.drop,
      experiment_id: experiment.experimentId,
      decision: experiment.decision.action,
      srm_p: experiment.trust.srm.p,
    };
    return experiment.metrics.flatMap((metric) => {
      const described = {
        ...common,
        metric: metric.metric,
        role: metric.role,
        kind: metric.kind,
        unit: metric.unit,
      };
      const arm = (
        variant: string,
        { n, sum, mean, denominator }: (typeof metric.comparisons)[0]['control'],
      ) => ({
        ...described,
        variant,
        users: n,
        sum,
        mean,
        denominator: denominator ?? null,
      });
      const [first] = metric.comparisons;
      const control =
        first === undefined ? [] : [{ ...arm(experiment.control, first.control), ...withoutComparison }];
      const treatments = metric.comparisons.map((comparison): ResultRow => {
        const { effect, test } = comparison;
        return {
          ...arm(comparison.variant, comparison.treatment),
          is_control: false,
          absolute: effect.absolute,
          absolute_ci_lower: effect.absoluteCi?.[0] ?? null,
          absolute_ci_upper: effect.absoluteCi?.[1] ?? null,
          relative: effect.relative,
          relative_ci_lower: effect.relativeCi?.[0] ?? null,
          relative_ci_upper: effect.relativeCi?.[1] ?? null,
          test: test?.name ?? null,
          statistic: test?.statistic ?? null,
          df: test?.df ?? null,
          p: test?.p ?? null,
          p_adjusted: test?.pAdjusted ?? null,
          verdict: comparison.verdict,
          reason: comparison.reason ?? effect.relativeReason,
        };
      });
      return [...control, ...treatments];
    });
  });
}

const withoutComparison = {
  is_control: true,
  absolute: null,
  absolute_ci_lower: null,
  absolute_ci_upper: null,
  relative: null,
  relative_ci_lower: null,
  relative_ci_upper: null,
  test: null,
  statistic: null,
  df: null,
  p: null,
  p_adjusted: null,
  verdict: null,
  reason: null,
} as const;
