import { type Html, html } from '../../../layers/report/html/html.ts';
import { name } from '../../../layers/report/html/names.ts';
import { plainTable } from '../../../layers/report/html/table.ts';
import type { RunSummary } from '../../pipeline/runs.ts';
import { live, type Page } from './layout.ts';
import { command } from './next-steps.ts';
import { decisionStatus, dropLink, experimentLink, moment, runStatus, timeTaken } from './words.ts';

/** The newest runs, of all drops or of one. */
export function overviewPage(runs: readonly RunSummary[], drop: string | null): Page {
  const running = runs.filter(({ status }) => status === 'RUNNING').length;
  const api = `/api/runs${drop === null ? '' : `?drop=${drop}`}`;
  return {
    title: drop === null ? 'Runs' : `Runs of ${drop}`,
    current: 'runs',
    refresh: running > 0 ? 1000 : 3000,
    body: html`<div class="title-row"><h1>Runs${drop === null ? null : html` of ${name(drop)}`}</h1><div class="actions">${
      drop === null ? null : html`<a class="button" href="/">All drops</a>`
    }<a class="button primary" href="/upload">Upload data</a></div></div>
${live('runs', runs.length === 0 ? empty(drop) : html`<section class="card">${runsTable(runs)}</section>`)}
<p class="fine">The same as JSON: <a href="${api}"><code>${api}</code></a></p>`,
  };
}

function empty(drop: string | null): Html {
  return html`<section class="card empty"><h2>There is no run ${drop === null ? 'yet' : html`of ${name(drop)}`}</h2>
<p class="lede">Upload a folder with <code>events.csv</code> and <code>experiment_assignments.csv</code>, or let a shop with a
known uplift be generated and run:</p>
<p>${command('./ecom demo')}</p>
<p><a class="button primary" href="/upload">Upload a folder</a></p></section>`;
}

function runsTable(runs: readonly RunSummary[]): Html {
  return plainTable<RunSummary>(
    runs.length === 1 ? 'One run' : `The newest ${runs.length} attempts, the last started first`,
    [
      {
        label: 'Experiment and verdict',
        cell: ({ decisions, runId }) =>
          decisions.length === 0
            ? html`<span class="muted">–</span>`
            : html`<ul class="decisions">${decisions.map(
                (decision) =>
                  html`<li>${experimentLink(decision.experimentId)} <a class="quiet" href="/runs/${runId}">${decisionStatus(decision)}</a></li>`,
              )}</ul>`,
      },
      { label: 'Started', align: 'number', cell: ({ startedAt }) => moment(startedAt) },
      {
        label: 'Drop',
        cell: ({ drop, published }) =>
          html`<span>${dropLink(drop)}${published ? html` <span class="chip" title="The run that the drop shows, in Postgres and in latest/">published</span>` : null}</span>`,
      },
      { label: 'Status', cell: ({ status }) => runStatus(status) },
      {
        label: 'Run',
        cell: ({ runId }) => html`<a class="quiet" href="/runs/${runId}"><code>${runId}</code></a>`,
      },
      { label: 'Attempt', align: 'number', cell: ({ attempt }) => attempt },
      {
        label: 'Took',
        align: 'number',
        cell: timeTaken,
      },
    ],
    runs,
  );
}
