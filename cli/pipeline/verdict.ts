import { stripVTControlCharacters } from 'node:util';
import { trustSummary } from '../../layers/report/checks.ts';
import { adjustedP, comparedRows, decidingInterval, verdictOf } from '../../layers/report/comparisons.ts';
import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatP,
  formatValue,
  statedP,
} from '../../layers/report/format.ts';
import { impactLines } from '../../layers/report/impact.ts';
import { metricLabel } from '../../layers/report/labels.ts';
import { probableHarm } from '../../layers/report/probable-harm.ts';
import type { Comparison, ExperimentReport, Report } from '../../layers/report/schema.ts';
import { wayOut } from '../../layers/report/way-out.ts';
import { actions, reasonText } from '../../layers/report/words.ts';
import { paint, table, terminalWidth, visible, wrapped } from '../terminal.ts';

const colours = { good: 'green', bad: 'red', caution: 'yellow', neutral: 'bold' } as const;

/** The verdict of each experiment with its reasons and its metrics, for the terminal. */
export function verdictText(report: Report): string {
  return report.experiments.map((experiment) => experimentText(experiment, report)).join('\n\n');
}

function experimentText(experiment: ExperimentReport, report: Report): string {
  const { experimentId, decision, arms, trust } = experiment;
  const way = wayOut(experiment, report);
  const isInvalid = decision.action === 'invalid';
  const effects = metricsText(experiment);
  const { label, tone } = actions[decision.action];
  const subject =
    decision.action === 'ship' && decision.variant !== null ? ` ${visible(decision.variant)}` : '';
  return [
    `${paint(['bold', colours[tone]], `${label.toUpperCase()}${subject}`)}  ${paint('bold', visible(experimentId))}`,
    ...decision.reasons.map((reason) => `  ${visible(reason)}`),
    `  Users: ${arms.map(({ variant, users }) => `${visible(variant)} ${formatCount(users)}`).join(', ')}. Sample ratio: ${ratioText(trust.srm)}. Trust checks: ${trustSummary(experiment).text}.`,
    ...(isInvalid ? [] : impactLines(experiment, decision.variant).map((line) => `  ${visible(line)}`)),
    ...[...probableHarm(experiment), ...trust.warnings].map(
      (warning) => `  ${paint('yellow', 'Note:')} ${visible(warning)}`,
    ),
    ...(way?.traffic ?? []).map((line) => `  ${visible(line)}`),
    ...(way?.options ?? []).map((line) => `  - ${visible(line)}`),
    '',
    ...(isInvalid
      ? [
          paint('bold', 'These effects are shown to find the cause, not to decide:'),
          ...effects.split('\n').map((line) => paint('dim', stripVTControlCharacters(line))),
        ]
      : [effects]),
  ].join('\n');
}

/** A table or, where the terminal is too narrow for it, two lines for each comparison. */
function metricsText(experiment: ExperimentReport): string {
  const compared = comparedRows(experiment);
  const wide = table(
    [
      { title: 'metric' },
      { title: 'role' },
      { title: 'arm' },
      { title: 'control', right: true },
      { title: 'treatment', right: true },
      { title: 'difference', right: true },
      { title: 'lift', right: true },
      { title: 'interval', right: true },
      { title: 'p', right: true },
      { title: 'adjusted p', right: true },
      { title: 'verdict' },
    ],
    compared.map(({ metric: { metric, role, unit, unavailable }, comparison }) =>
      comparison === null
        ? [metricLabel(metric), role, ...Array(8).fill(''), reasonText(unavailable ?? 'no treatment arm')]
        : [
            metricLabel(metric),
            role,
            comparison.variant,
            formatValue(unit, comparison.control.mean),
            formatValue(unit, comparison.treatment.mean),
            formatDifference(unit, comparison.deciding.effect.absolute),
            formatLift(comparison.deciding.effect.relative),
            formatLiftInterval(decidingInterval(comparison).relative),
            formatP(comparison.deciding.p),
            adjustedText(comparison),
            verdictWords(comparison),
          ],
    ),
    Number.POSITIVE_INFINITY,
  );
  const width = terminalWidth();
  if (width === undefined || wide.split('\n').every((line) => line.length <= width)) return wide;
  return compared
    .flatMap(({ metric: { metric, role, unit, unavailable }, comparison }) => {
      const label = `${paint('bold', metricLabel(metric))}, ${role}`;
      if (comparison === null) return [`${label}  ${reasonText(unavailable ?? 'no treatment arm')}`];
      const { variant, control, treatment, deciding } = comparison;
      const { effect } = deciding;
      const adjusted = adjustedText(comparison);
      return [
        `${label}  ${verdictWords(comparison)}`,
        ...wrapped(
          `${visible(variant)} ${formatValue(unit, treatment.mean)}, control ${formatValue(unit, control.mean)}:`,
          width,
          '  ',
        ),
        ...wrapped(
          `${formatLift(effect.relative)}, ${formatLiftInterval(decidingInterval(comparison).relative)}${adjusted === '' ? '' : `, adjusted p ${adjusted}`}`,
          width,
          '  ',
        ),
      ];
    })
    .join('\n');
}

function ratioText({ status, reason, p }: ExperimentReport['trust']['srm']): string {
  if (status === 'not_checked') return `not checked (${reason?.replaceAll('_', ' ')})`;
  return `${status === 'pass' ? 'passed' : 'failed'}, ${statedP(p)}`;
}

/** Empty for a guardrail, whose margin decides. */
function adjustedText(comparison: Comparison): string {
  return comparison.deciding.test.isAdjusted ? formatP(adjustedP(comparison)) : '';
}

function verdictWords(comparison: Comparison): string {
  const { label, why } = verdictOf(comparison);
  return why === null ? label : `${label}: ${why}`;
}
