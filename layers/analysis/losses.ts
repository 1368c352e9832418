import {
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatPercent,
  statedP,
} from '../report/format.ts';
import { metricLabel } from '../report/labels.ts';
import type { Comparison, MetricReport } from '../report/schema.ts';

/** Metrics beside the primary one on which a treatment is significantly worse. */
export function losses(metrics: readonly MetricReport[], variant: string): MetricReport[] {
  return metrics.filter(
    ({ role, comparisons }) =>
      role !== 'primary' &&
      comparisons.some((found) => found.variant === variant && found.verdict === 'worse'),
  );
}

/** Those on secondary metrics that nobody has accepted. */
export function unacceptedLosses(
  {
    metrics,
    acceptHarm,
  }: {
    readonly metrics: readonly MetricReport[];
    /** Secondary metrics whose significant loss is accepted. */
    readonly acceptHarm: readonly string[];
  },
  variant: string,
): MetricReport[] {
  return losses(metrics, variant).filter(
    ({ role, metric }) => role === 'secondary' && !acceptHarm.includes(metric),
  );
}

/** A significant loss with its size, and for a guardrail what its margin allows. */
export function lossSentences({ metric, unit, comparisons }: MetricReport, variant: string): string[] {
  return comparisons.flatMap((found) => {
    if (found.variant !== variant || found.verdict !== 'worse') return [];
    const { effect, adjustedCi, p, test } = found.deciding;
    const { nonInferiority } = found;
    const isAdjusted = nonInferiority === undefined && test.isAdjusted;
    const interval = isAdjusted ? (adjustedCi?.relativeCi ?? null) : effect.relativeCi;
    const change =
      effect.relative === null
        ? formatDifference(unit, effect.absolute)
        : `${formatLift(effect.relative)}${interval === null ? '' : `, interval ${formatLiftInterval(interval)}`}`;
    const stated = isAdjusted ? `adjusted ${statedP(test.p)}` : statedP(p);
    const within =
      nonInferiority?.status === 'non_inferior'
        ? `, within the ${marginText(unit, nonInferiority)} that you allowed`
        : '';
    return [`${metricLabel(metric)} is significantly worse in ${variant}: ${change}, ${stated}${within}.`];
  });
}

/** What is not shown of a guardrail that is good enough without. */
export function notShown({ metric, unit, comparisons }: MetricReport, variant: string): string[] {
  return comparisons.flatMap(({ variant: own, nonInferiority }) => {
    if (own !== variant || nonInferiority === undefined) return [];
    const { bound, marginRelative } = nonInferiority;
    const excluded =
      bound === null
        ? ''
        : `, only that it is not worse by more than ${marginRelative === null ? formatDifference(unit, Math.abs(bound)).slice(1) : formatPercent(Math.abs(bound))}`;
    return [
      `${metricLabel(metric)}: not shown to be within ${marginText(unit, nonInferiority)}${excluded}; the users do not suffice for it, and no harm is shown (require: no_harm).`,
    ];
  });
}

function marginText(
  unit: MetricReport['unit'],
  { marginRelative, marginAbsolute }: NonNullable<Comparison['nonInferiority']>,
): string {
  return marginRelative === null
    ? formatDifference(unit, marginAbsolute).slice(1)
    : formatPercent(marginRelative);
}

type MarginStatus = NonNullable<Comparison['nonInferiority']>['status'] | 'harmless';

/** `harmless`: not shown to be within the margin, which need not be. */
export function marginStatus({ nonInferiority }: Comparison): MarginStatus {
  if (nonInferiority === undefined) return 'not_shown';
  return nonInferiority.suffices === true ? 'harmless' : nonInferiority.status;
}

/** Labels of the available guardrails on which a treatment has one of the statuses. */
export function guardrailsOf(
  metrics: readonly MetricReport[],
  variant: string,
  statuses: readonly MarginStatus[],
): string[] {
  return metrics
    .filter(({ role }) => role === 'guardrail')
    .filter(({ comparisons }) =>
      comparisons.some((found) => found.variant === variant && statuses.includes(marginStatus(found))),
    )
    .map(({ metric }) => metricLabel(metric));
}

export function beyondMargin(variant: string, guardrails: readonly string[]): string {
  return `${variant} is significantly beyond the margin on ${guardrails.join(', ')}.`;
}
