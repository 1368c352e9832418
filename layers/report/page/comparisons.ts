import { metricLabel } from '../labels.ts';
import type { Comparison, ExperimentReport, MetricReport } from '../schema.ts';
import type { Lift } from './charts/interval.ts';
import { confidence, marginStatuses, reasonText, type Tone, verdicts } from './words.ts';

/** One metric of one treatment; without a comparison where the metric is unavailable or there is no treatment. */
export interface Compared {
  readonly metric: MetricReport;
  readonly comparison: Comparison | null;
}

/** The comparisons of some metrics of an experiment, each with the effect and the test that decide. */
export function comparedRows(experiment: ExperimentReport, metrics = experiment.metrics): Compared[] {
  return metrics.flatMap((metric): Compared[] =>
    metric.comparisons.length === 0
      ? [{ metric, comparison: null }]
      : metric.comparisons.map((comparison) => ({ metric, comparison: asDecided(comparison, experiment) })),
  );
}

/**
 * The comparison with the intervals and p-values of the declared way of testing, so that what is shown and the verdict
 * never contradict each other.
 */
function asDecided(comparison: Comparison, { decision }: ExperimentReport): Comparison {
  const { sequential, effect, test } = comparison;
  if (decision.basis.testing === 'fixed_horizon' || sequential === undefined) return comparison;
  const { p, pAdjusted, absoluteCi, relativeCi, relativeReason, adjustedCi } = sequential;
  return {
    ...comparison,
    effect: { ...effect, absoluteCi, relativeCi, relativeReason },
    test: p === null || test === null ? null : { ...test, p, pAdjusted },
    adjustedCi,
    newcombeCi: null,
    reason: comparison.reason ?? sequential.reason,
  };
}

/** What the intervals of an experiment are, by its declared way of testing. */
export function intervalLabel({ decision, settings }: ExperimentReport): string {
  switch (decision.basis.testing) {
    case 'fixed_horizon':
      return `${confidence(settings.alpha)} interval`;
    case 'always_valid':
      return `${confidence(settings.alpha)} interval at any time`;
    case 'group_sequential':
      return 'interval of this look';
  }
}

/** Why there is nothing to show for the row, or null. */
export function missing({ metric, comparison }: Compared): string | null {
  if (comparison !== null) return null;
  return `Not computed: ${metric.unavailable === null ? 'there is no treatment arm' : reasonText(metric.unavailable)}.`;
}

/** The verdict on a comparison: guardrails are judged by their margin, other metrics by their test. */
export function verdictOf({ nonInferiority, verdict, test, reason }: Comparison): {
  readonly tone: Tone;
  readonly label: string;
  readonly why: string | null;
} {
  if (nonInferiority !== undefined) {
    const why = nonInferiority.reason === null ? null : reasonText(nonInferiority.reason);
    return { ...marginStatuses[nonInferiority.status], why };
  }
  if (test === null) {
    return { tone: 'neutral', label: 'Not tested', why: reason === null ? null : reasonText(reason) };
  }
  return { ...verdicts[verdict], why: null };
}

/** The comparison as a line of a forest plot; `margin` where the guardrail's margin is to be drawn. */
export function liftOf({ metric, comparison }: Compared, withMargin = false): Lift {
  if (comparison === null) return { label: metric.metric, relative: null, interval: null, tone: 'neutral' };
  const { effect } = comparison;
  return {
    label: metricLabel(metric.metric),
    relative: effect.relative,
    interval: effect.relativeCi,
    outer: comparison.adjustedCi?.relativeCi ?? null,
    tone: verdictOf(comparison).tone,
    margin: withMargin ? marginLift(metric, comparison) : null,
  };
}

/** The lift at which the margin ends; an absolute margin relates to the control's mean. */
function marginLift(
  { better }: MetricReport,
  { nonInferiority, control }: Pick<Comparison, 'nonInferiority' | 'control'>,
): number | null {
  if (nonInferiority === undefined) return null;
  const { marginRelative, marginAbsolute } = nonInferiority;
  const size =
    marginRelative ??
    (marginAbsolute === null || !control.mean ? null : marginAbsolute / Math.abs(control.mean));
  return size === null ? null : better === 'higher' ? -size : size;
}

export function primaryOf({ metrics }: ExperimentReport): MetricReport | undefined {
  return metrics.find(({ role }) => role === 'primary');
}

/** The primary metric's comparison that the decision is about, else the first. */
export function decidingComparison(experiment: ExperimentReport): Compared | null {
  const metric = primaryOf(experiment);
  if (metric === undefined) return null;
  const { variant } = experiment.decision;
  const rows = comparedRows(experiment, [metric]);
  return rows.find(({ comparison }) => comparison?.variant === variant) ?? rows[0] ?? null;
}
