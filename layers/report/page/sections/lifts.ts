import { type Compared, comparedRows, decidingInterval, intervalLabel, missing } from '../../comparisons.ts';
import { html } from '../../html/html.ts';
import { icon } from '../../html/icons.ts';
import { table } from '../../html/table.ts';
import type { MetricReport } from '../../schema.ts';
import { roles, ruleSentence } from '../../words.ts';
import { liftOf, liftScale } from '../charts/interval.ts';
import {
  chartColumn,
  differenceColumn,
  liftColumn,
  meanColumn,
  metricColumn,
  pColumn,
  uncorrectedLiftColumn,
  uncorrectedPColumn,
  verdictColumn,
} from '../comparison-columns.ts';
import { glossaryLine } from '../glossary.ts';
import type { ExperimentSection } from '../section.ts';
import { definitions } from './definitions.ts';

const order: readonly MetricReport['role'][] = ['primary', 'secondary', 'guardrail'];

/** Every metric against the control: numbers and forest plot in one table. */
export const liftsSection: ExperimentSection = (experiment, report) => {
  const rows = comparedRows(experiment);
  if (rows.length === 0) return null;
  const scale = liftScale(rows.filter(({ comparison }) => comparison !== null).map((row) => liftOf(row)));
  return {
    id: 'lifts',
    title: 'Effects on each metric',
    body: html`${
      experiment.decision.action === 'invalid'
        ? html`<p class="notice bad">${icon('bad')}<span>${experiment.decision.rule === 'trust_check_failed' ? 'A trust check failed.' : ruleSentence(experiment.decision.rule)} These numbers are shown to find the cause, not to decide.</span></p>`
        : null
    }
${glossaryLine(['lift', 'interval', 'p', 'guardrail', 'exposure', 'window'])}
${table<Compared>({
  className: 'results',
  caption: `Treatment against control: lift with the ${intervalLabel(experiment)} that the verdict goes by, ${rows.some(({ comparison }) => comparison !== null && decidingInterval(comparison).isCorrected) ? 'corrected where several are tested' : 'not corrected'}. ● better or within its margin, ■ worse or beyond it, ◆ margin not shown, ○ inconclusive; → goes on beyond the axis.`,
  columns: [
    metricColumn(experiment),
    meanColumn('control'),
    meanColumn('treatment'),
    liftColumn(experiment),
    chartColumn(experiment, scale),
    pColumn,
    verdictColumn,
  ],
  groups: order.map((role) => ({
    label: roles[role],
    rows: rows.filter(({ metric }) => metric.role === role),
  })),
  note: missing,
  ...(rows.length > 12 ? { filter: 'Filter metrics' } : {}),
})}
<details><summary>Differences in the metric’s unit, and intervals and p that are not corrected</summary>
${table<Compared>({
  className: 'results',
  caption: `Each as if the metric stood alone, with its ${intervalLabel(experiment)}`,
  columns: [metricColumn(experiment), differenceColumn, uncorrectedLiftColumn, uncorrectedPColumn],
  groups: [{ label: null, rows: rows.filter(({ comparison }) => comparison !== null) }],
})}</details>
${definitions(experiment, report)}`,
  };
};
