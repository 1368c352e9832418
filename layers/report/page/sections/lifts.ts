import { type Compared, comparedRows, intervalLabel, missing } from '../../comparisons.ts';
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
  verdictColumn,
} from '../comparison-columns.ts';
import type { ExperimentSection } from '../section.ts';

const order: readonly MetricReport['role'][] = ['primary', 'secondary', 'guardrail'];

/** Every metric against the control: numbers and forest plot in one table. */
export const liftsSection: ExperimentSection = (experiment) => {
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
${table<Compared>({
  className: 'results',
  caption: `Treatment against control with the ${intervalLabel(experiment)}. Marks follow the verdict: ● better or within its margin, ■ worse or beyond it, ◆ margin not shown, ○ inconclusive. A thin line goes on to where the corrected interval ends; an arrow means that an interval goes on beyond the axis.`,
  columns: [
    metricColumn(experiment),
    meanColumn('control'),
    meanColumn('treatment'),
    differenceColumn(experiment),
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
})}`,
  };
};
