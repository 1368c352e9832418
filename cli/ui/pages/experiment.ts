import { decidingComparison, decidingInterval } from '../../../layers/report/comparisons.ts';
import {
  formatCount,
  formatLift,
  formatLiftInterval,
  formatMoment,
  formatP,
} from '../../../layers/report/format.ts';
import { html } from '../../../layers/report/html/html.ts';
import { metricName, name, sentence, unbroken } from '../../../layers/report/html/names.ts';
import { table } from '../../../layers/report/html/table.ts';
import { liftAxis, liftChart, liftOf, liftScale } from '../../../layers/report/page/page.ts';
import { ruleSentence } from '../../../layers/report/words.ts';
import type { PastDecision } from '../../pipeline/decision-history.ts';
import { live, type Page } from './layout.ts';
import { decisionStatus, dropLink, moment } from './words.ts';

/** What was decided on an experiment, run by run. */
export function experimentPage(
  experimentId: string,
  history: readonly PastDecision[],
  drop: string | null,
): Page {
  const at = `/experiments/${encodeURIComponent(experimentId)}`;
  const api = `/api${at}${drop === null ? '' : `?drop=${drop}`}`;
  const [newest] = history;
  const hypothesis = newest?.experiment.settings.hypothesis ?? null;
  return {
    title: `Experiment ${experimentId}`,
    refresh: 5000,
    body: html`
<div class="title-row"><h1><span class="kicker">Experiment</span> ${name(experimentId)}${drop === null ? null : html` in ${name(drop)}`}</h1>${
      drop === null ? null : html`<a class="button" href="${at}">All drops</a>`
    }</div>
${hypothesis === null ? null : html`<p class="lede">${sentence(hypothesis)}</p>`}
${live('history', html`<section class="card"><h2>Decisions</h2>${historyTable(history)}</section>`)}
<p class="fine">The same as JSON: <a href="${api}"><code>${api}</code></a></p>`,
  };
}

function historyTable(history: readonly PastDecision[]) {
  const rows = history.map((past) => {
    const primary = decidingComparison(past.experiment);
    // Arms that cannot be compared have an effect that says nothing.
    const isShown = past.experiment.decision.action !== 'invalid';
    return { ...past, primary: isShown && primary?.comparison ? primary : null };
  });
  type Row = (typeof rows)[number];
  const scale = liftScale(
    rows.flatMap(({ primary }) => (primary === null ? [] : [liftOf(primary)])),
    280,
  );
  const metrics = new Set(rows.flatMap(({ primary }) => primary?.metric.metric ?? []));
  const deciding = ({ primary }: Row) => primary?.comparison ?? null;
  return table<Row>({
    className: 'results history',
    caption: 'Each run once, the last started first. Lift and interval are those that its verdict went by.',
    columns: [
      {
        label: 'Verdict',
        cell: ({ experiment, run }) =>
          html`<a class="quiet" href="/runs/${run.runId}">${decisionStatus(experiment.decision)}</a><small>${ruleSentence(experiment.decision.rule)}</small>`,
      },
      {
        label: 'When',
        cell: ({ run, asOf }) =>
          html`${moment(run.startedAt)}${asOf === null ? null : html`<small>data up to ${formatMoment(asOf)}</small>`}`,
      },
      {
        label: 'Drop',
        cell: ({ run }) =>
          html`<span>${dropLink(run.drop)}${run.published ? html` <span class="chip">published</span>` : null}</span>`,
      },
      {
        label: 'Users',
        align: 'number',
        cell: ({ experiment }) => formatCount(experiment.arms.reduce((sum, { users }) => sum + users, 0)),
      },
      {
        label: 'Lift',
        align: 'number',
        cell: (row) => {
          const comparison = deciding(row);
          if (comparison === null) return '–';
          return html`<strong>${formatLift(comparison.deciding.effect.relative)}</strong><small>${unbroken(formatLiftInterval(decidingInterval(comparison).relative))}</small>${
            metrics.size > 1 && row.primary !== null
              ? html`<small>${metricName(row.primary.metric.metric)}</small>`
              : null
          }`;
        },
      },
      {
        label: metrics.size === 1 ? 'Lift and interval of the primary metric' : 'Lift and interval',
        align: 'chart',
        below: liftAxis(scale),
        cell: ({ primary }) => (primary === null ? null : liftChart(liftOf(primary), scale)),
      },
      {
        label: 'Adjusted p',
        align: 'number',
        cell: (row) => formatP(deciding(row)?.deciding.test.p ?? null),
      },
    ],
    groups: [{ label: null, rows }],
  });
}
