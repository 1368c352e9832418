import { comparedRows, decidingInterval } from './comparisons.ts';
import { formatLift, formatLiftInterval, formatWholePercent } from './format.ts';
import { metricLabel } from './labels.ts';
import type { Comparison, ExperimentReport, MetricReport } from './schema.ts';

/** Two-sided p below which a loss is called probable: 5 % on the side of the harm. */
const probableLevel = 0.1;

/**
 * What a treatment probably costs, although it is not shown to: metrics whose estimate lies on the bad side with a
 * two-sided p below 0.1, and significant losses that the decision's own reasons do not name. A sentence each.
 */
export function probableHarm(experiment: ExperimentReport): string[] {
  const { decision, arms } = experiment;
  if (decision.action === 'invalid') return [];
  const isTold = (metric: MetricReport) =>
    decision.reasons.some(
      (reason) => reason.includes(metricLabel(metric.metric)) && /worse|beyond/.test(reason),
    );
  return comparedRows(experiment).flatMap(({ metric, comparison }) => {
    if (comparison === null || isTold(metric) || !isProbablyWorse(metric, comparison)) return [];
    const { effect } = comparison.deciding;
    const how = comparison.verdict === 'worse' ? 'significantly' : 'probably';
    const where = arms.length > 2 ? ` in ${comparison.variant}` : '';
    const interval = formatLiftInterval(decidingInterval(comparison).relative);
    const size = `${formatLift(effect.relative)}${interval === 'n/a' ? '' : `, interval ${interval}`}`;
    return [
      `${metricLabel(metric.metric)} is ${how} worse${where} (${size})${allowance(metric, comparison)}.`,
    ];
  });
}

function isProbablyWorse({ better }: MetricReport, { deciding: { effect, p } }: Comparison): boolean {
  const { absolute } = effect;
  if (absolute === null || p === null || p >= probableLevel) return false;
  return better === 'higher' ? absolute < 0 : absolute > 0;
}

/** `, within the 10 % you allowed`: what the margin of a guardrail makes of it. */
function allowance({ unit }: MetricReport, { nonInferiority }: Comparison): string {
  if (nonInferiority === undefined) return '';
  const { marginRelative, marginAbsolute, status } = nonInferiority;
  const margin =
    marginRelative !== null
      ? formatWholePercent(marginRelative)
      : marginAbsolute === null
        ? null
        : unit === 'share'
          ? `${Number((marginAbsolute * 100).toFixed(2))} pp`
          : String(marginAbsolute);
  if (margin === null) return '';
  return {
    non_inferior: `, within the ${margin} you allowed`,
    not_shown: `, and not shown to be within the ${margin} you allowed`,
    inferior: `, beyond the ${margin} you allowed`,
  }[status];
}
