import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../../layers/platform/errors.ts';
import { trustSummary } from '../../layers/report/checks.ts';
import { adjustedP, comparedRows, verdictOf } from '../../layers/report/comparisons.ts';
import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatP,
  formatValue,
  statedP,
} from '../../layers/report/format.ts';
import { metricLabel } from '../../layers/report/labels.ts';
import type { Comparison, ExperimentReport, Report } from '../../layers/report/schema.ts';
import { actions, reasonText } from '../../layers/report/words.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { stateFolder, statePaths } from '../local/state.ts';
import { paint, table, terminalWidth, visible, wrapped } from '../terminal.ts';
import type { Connection } from './connection.ts';

/** The report of a run. */
export async function readReport({ store }: Connection, runId: string): Promise<Report> {
  const report = await store.read('report', runId);
  if (report !== undefined) return report;
  throw new UsageError({
    what: `run ${runId} has no report`,
    where: `${store.processed.location}/${store.key('report', runId)}`,
    remedy: `It has not ended, or it failed: npx ecom watch ${runId}`,
  });
}

/** Copies the files of a run's report below the state folder and returns where they are. */
export async function downloadReport({ processed }: Connection, runId: string): Promise<string[]> {
  const folder = path.join(statePaths(stateFolder()).reports, runId);
  await mkdir(folder, { recursive: true });
  const prefix = path.posix.dirname(processedKeys.report(runId, 'report.json'));
  const objects = await processed.list(`${prefix}/`);
  return Promise.all(
    objects.map(async ({ key }) => {
      const file = path.join(folder, path.posix.basename(key));
      await processed.downloadTo({ key }, file);
      return file;
    }),
  );
}

const colours = { good: 'green', bad: 'red', caution: 'yellow', neutral: 'bold' } as const;

/** The verdict of each experiment with its reasons and its metrics, for the terminal. */
export function verdictText(report: Report): string {
  return report.experiments.map(experimentText).join('\n\n');
}

function experimentText(experiment: ExperimentReport): string {
  const { experimentId, decision, arms, trust } = experiment;
  const { label, tone } = actions[decision.action];
  const subject =
    decision.action === 'ship' && decision.variant !== null ? ` ${visible(decision.variant)}` : '';
  return [
    `${paint(['bold', colours[tone]], `${label.toUpperCase()}${subject}`)}  ${paint('bold', visible(experimentId))}`,
    ...decision.reasons.map((reason) => `  ${visible(reason)}`),
    `  Users: ${arms.map(({ variant, users }) => `${visible(variant)} ${formatCount(users)}`).join(', ')}. Sample ratio: ${ratioText(trust.srm)}. Trust checks: ${trustSummary(experiment).text}.`,
    ...trust.warnings.map((warning) => `  ${paint('yellow', 'Note:')} ${visible(warning)}`),
    '',
    metricsText(experiment),
  ].join('\n');
}

/** A table or, where the terminal is too narrow for it, two lines for each comparison. */
function metricsText(experiment: ExperimentReport): string {
  const compared = comparedRows(experiment);
  const wide = table(
    [
      { title: 'metric' },
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
    compared.map(({ metric: { metric, unit, unavailable }, comparison }) =>
      comparison === null
        ? [metricLabel(metric), ...Array(8).fill(''), reasonText(unavailable ?? 'no treatment arm')]
        : [
            metricLabel(metric),
            comparison.variant,
            formatValue(unit, comparison.control.mean),
            formatValue(unit, comparison.treatment.mean),
            formatDifference(unit, comparison.deciding.effect.absolute),
            formatLift(comparison.deciding.effect.relative),
            formatLiftInterval(comparison.deciding.effect.relativeCi),
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
    .flatMap(({ metric: { metric, unit, unavailable }, comparison }) => {
      const label = paint('bold', metricLabel(metric));
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
          `${formatLift(effect.relative)}, ${formatLiftInterval(effect.relativeCi)}${adjusted === '' ? '' : `, adjusted p ${adjusted}`}`,
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
