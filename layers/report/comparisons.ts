import { formatCount, formatQuantity } from './format.ts';
import { metricLabel } from './labels.ts';
import type { Comparison, ExperimentReport, MetricReport } from './schema.ts';
import { confidence, marginStatuses, reasonText, shownTesting, type Tone, verdicts } from './words.ts';

/** One metric of one treatment; without a comparison where the metric is unavailable or there is no treatment. */
export interface Compared {
  readonly metric: MetricReport;
  readonly comparison: Comparison | null;
}

/** The comparisons of some metrics of an experiment. */
export function comparedRows(experiment: ExperimentReport, metrics = experiment.metrics): Compared[] {
  return metrics.flatMap((metric): Compared[] =>
    metric.comparisons.length === 0
      ? [{ metric, comparison: null }]
      : metric.comparisons.map((comparison) => ({ metric, comparison })),
  );
}

/** What the intervals of an experiment are, by the way of testing that made them. */
export function intervalLabel(experiment: ExperimentReport): string {
  const { settings } = experiment;
  switch (shownTesting(experiment)) {
    case 'fixed_horizon':
      return `${confidence(settings.alpha)} interval`;
    case 'always_valid':
      return `${confidence(settings.alpha)} interval at any time`;
    case 'group_sequential':
      return 'interval of this look';
  }
}

/** The interval that agrees with the verdict: the corrected one where the correction judges at a level of its own. */
export function decidingInterval({ deciding: { effect, adjustedCi } }: Comparison): {
  readonly relative: readonly [number, number] | null;
  readonly relativeReason: string | null;
  readonly absolute: readonly [number, number] | null;
  readonly isCorrected: boolean;
} {
  const { relativeCi, absoluteCi, relativeReason } = adjustedCi ?? effect;
  const isCorrected =
    adjustedCi !== null && String(adjustedCi.absoluteCi) !== String(effect.absoluteCi) && absoluteCi !== null;
  return { relative: relativeCi, relativeReason, absolute: absoluteCi, isCorrected };
}

/** Why there is nothing to show for the row, or null. */
export function missing({ metric, comparison }: Compared): string | null {
  if (comparison !== null) return null;
  return `Not computed: ${metric.unavailable === null ? 'there is no treatment arm' : reasonText(metric.unavailable)}.`;
}

/** The verdict on a comparison: guardrails are judged by their margin, other metrics by their test. */
export function verdictOf({ nonInferiority, verdict, deciding }: Comparison): {
  readonly tone: Tone;
  readonly label: string;
  readonly why: string | null;
} {
  const { reason } = deciding.test;
  const why = reason === null ? null : reasonText(reason);
  if (nonInferiority !== undefined) return { ...marginStatuses[nonInferiority.status], why };
  if (deciding.p === null) return { tone: 'neutral', label: 'Not tested', why };
  return { ...verdicts[verdict], why: null };
}

/** The corrected p that the verdict goes by; guardrails have none, since their margin decides. */
export function adjustedP({ deciding: { test } }: Comparison): number | null {
  return test.isAdjusted ? test.p : null;
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

/** What to say of amounts that rest on few buyers, for each treatment: `Revenue per user is rough: control has 31 buyers ...`. */
export function fewBuyersSentences(metrics: readonly MetricReport[], control: string): string[] {
  const found = metrics.flatMap(({ metric, comparisons }) =>
    comparisons.flatMap(({ variant, fewBuyers }) =>
      fewBuyers === undefined
        ? []
        : [{ label: metricLabel(metric), why: fewBuyersOf(control, variant, fewBuyers) }],
    ),
  );
  return [...new Set(found.map(({ why }) => why))].map((why) => {
    const labels = [...new Set(found.filter((one) => one.why === why).map(({ label }) => label))];
    return `${labels.join(' and ')} ${labels.length === 1 ? 'is' : 'are'} rough: ${why}`;
  });
}

function fewBuyersOf(control: string, variant: string, buyers: NonNullable<Comparison['fewBuyers']>): string {
  return `${control} has ${formatQuantity(buyers.control, 'buyer')} and ${variant} ${formatCount(buyers.treatment)}, and it takes ${formatCount(buyers.minimum)} in each arm for interval and p to be reliable.`;
}
