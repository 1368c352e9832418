import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { type Content, type Html, html } from '../../../layers/report/html/html.ts';
import { icon } from '../../../layers/report/html/icons.ts';
import { name, sentence } from '../../../layers/report/html/names.ts';
import { plainTable } from '../../../layers/report/html/table.ts';
import { dataQualitySection, populationSection, verdictSection } from '../../../layers/report/page/page.ts';
import type { ExperimentReport, Report } from '../../../layers/report/schema.ts';
import { undeclaredNote } from '../../../layers/report/words.ts';
import type { AttemptState, FailedPart, RunDetails, RunFault } from '../../pipeline/run-details.ts';
import type { RunRecord } from '../site.ts';
import { graph } from './graph.ts';
import { card, live, type Page } from './layout.ts';
import { nextSteps, stepList } from './next-steps.ts';
import { inputsCard, martsCard, quarantineCard } from './run-data.ts';
import { stagesTable } from './stages.ts';
import {
  capitalised,
  decisionStatus,
  dropLink,
  duration,
  experimentLink,
  moment,
  runStatus,
  timeTaken,
} from './words.ts';

/** What a run decided. While it has no verdict, how far it is. */
export function runPage(run: RunRecord): Page {
  const { report } = run;
  return pageOf(
    run,
    'decision',
    html`
${live(
  'result',
  report?.experiments.map((experiment) => experimentOf(experiment, report)),
)}
${live('graph', report === null ? machineCard(run) : null)}
${live('quarantine', run.quarantine === null ? null : quarantineCard(run, run.quarantine))}
${live('quality', report === null ? null : qualityCard(report))}
${live('stages', report === null ? stagesCard(run) : null)}`,
  );
}

/** How a run was done, for whoever is on call: its stages, what they read and wrote, and each attempt. */
export function stagesPage(run: RunRecord): Page {
  return pageOf(
    run,
    'stages',
    html`
${live('graph', machineCard(run))}
${live('stages', stagesCard(run))}
${live('marts', run.marts === null ? null : martsCard(run.marts, run.report))}
${live('inputs', inputsCard(run))}
${live('attempts', run.attempts.length > 1 ? attemptsCard(run.attempts) : null)}`,
  );
}

function pageOf(run: RunRecord, tab: 'decision' | 'stages', body: Html): Page {
  const { runId, status } = run;
  const at = `/runs/${runId}`;
  const link = (href: string, label: string, isCurrent: boolean) =>
    html`<a href="${href}"${isCurrent ? html` aria-current="page"` : null}>${label}</a>`;
  return {
    title: `Run ${runId}`,
    refresh: status === 'RUNNING' ? 700 : 5000,
    body: html`
<div class="title-row">${live('title', titleOf(run))}${live('actions', actionsOf(run))}</div>
${live('facts', factsOf(run))}
<nav class="tabs" aria-label="The run">${link(at, 'Decision', tab === 'decision')}${link(`${at}/stages`, 'Stages and inputs', tab === 'stages')}</nav>
${live('failure', run.failure === null ? null : failureCard(run, run.failure))}
${body}
<p class="fine">The same as JSON: <a href="/api/runs/${runId}"><code>/api/runs/${runId}</code></a></p>`,
  };
}

/** The experiment and its verdict, where there is one of each; the run while there is none. */
function titleOf({ runId, report }: RunRecord): Html {
  if (report === null) return html`<h1>Run <code>${runId}</code></h1>`;
  const [first, ...others] = report.experiments;
  if (first === undefined || others.length > 0)
    return html`<h1>${report.experiments.length} experiments</h1>`;
  return html`<h1><span class="kicker">Experiment</span> ${experimentLink(first.experimentId)} ${decisionStatus(first.decision)}</h1>`;
}

function machineCard(run: RunRecord): Html {
  return html`<section class="card" aria-labelledby="machine"><h2 id="machine">State machine</h2>${graph(run)}</section>`;
}

function stagesCard(run: RunRecord): Html {
  return card('Stages', stagesTable(run), 'stages-title');
}

function actionsOf({ runId, report, files, previous }: RunRecord): Html | null {
  if (report === null) return null;
  const link = (file: string, label: string) =>
    html`<a class="button" href="/runs/${runId}/files/${file}" download>${label}</a>`;
  const labels = {
    'report.json': 'JSON',
    'results.csv': 'CSV',
    'results.parquet': 'Parquet',
    'EXPERIMENT_DECISION.md': 'Markdown',
  };
  return html`<div class="actions">${
    files.includes('report.html')
      ? html`<a class="button primary" href="/runs/${runId}/files/report.html">Open the report</a>`
      : null
  }${
    previous === null
      ? null
      : html`<a class="button" href="/runs/${runId}/compare">Compare with the run before, <code>${previous.slice(0, 8)}</code></a>`
  }<span class="button-group" role="group" aria-label="Downloads">${Object.entries(labels).map(
    ([file, label]) => (files.includes(file) ? link(file, label) : null),
  )}</span></div>`;
}

function factsOf(run: RunDetails): Html {
  const { runId, report, drop, attempt, attempts, startedAt, status, published } = run;
  const onlyEndKnown = status === 'FAILED' && run.seconds === null;
  return html`<div><dl class="facts" data-announce="${announcement(run)}">
${report === null ? null : fact('Run', html`<code>${runId}</code>`)}
${fact('Status', runStatus(status))}
${fact('Drop', html`${dropLink(drop)}${published ? html` <span class="chip">published</span>` : null}${run.inputs?.undeclared ? html` <span class="chip" title="${undeclaredNote}">undeclared</span>` : null}`)}
${fact('Attempt', attempts.length > 1 ? `${attempt} of ${attempts.length}` : attempt)}
${fact(onlyEndKnown ? 'Failed' : 'Started', moment(startedAt))}
${fact(status === 'RUNNING' ? 'Running for' : 'Took', timeTaken(run))}
</dl>
${run.executionOnRecord ? null : html`<p class="fine">The execution is no longer on record. Attempt, status and times are those that the run left on S3.</p>`}</div>`;
}

function fact(term: string, value: Content): Html {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

/** What a screen reader says when it changes. */
function announcement({ status, stages }: RunDetails): string {
  if (status !== 'RUNNING') return `The run has ended: ${status.toLowerCase().replaceAll('_', ' ')}`;
  const current = stages.filter((stage) => stage.status === 'running').map(({ stage }) => stage);
  if (current.length === 0) return 'The run is starting';
  return current.length === 1
    ? `The stage ${current[0]} is running`
    : `The stages ${current.join(' and ')} are running`;
}

const endings: Partial<Record<ExecutionStatus, string>> = {
  ABORTED: 'The run was stopped',
  TIMED_OUT: 'The run took longer than it may',
};

function failureCard(run: RunRecord, { stage, error, message, parts }: RunFault): Html {
  return html`<section class="card failure bad" aria-labelledby="cause"><h2 id="cause">${icon('bad')} <span>${
    stage === null ? (endings[run.status] ?? 'The run failed') : html`The stage <code>${stage}</code> failed`
  }</span></h2>
<p class="cause">${sentence(capitalised(message))}</p>
<p class="fine"><code>${name(error)}</code> in attempt ${run.attempt}. ${run.published ? 'What an earlier attempt published stays as it is.' : 'Nothing of this run was published.'}</p>
${parts.length === 0 ? null : failedParts(parts, message, run.stages.find((found) => found.stage === stage)?.parts ?? null)}
<h3>What to do next</h3>
${stepList(nextSteps(run))}</section>`;
}

/** Each with its reason, unless that is the `cause` which stands above them. */
function failedParts(parts: readonly FailedPart[], cause: string, of: number | null): Html {
  return html`<ul class="failed-parts" aria-label="Parts that failed">${parts.map(
    ({ part, file, message }) =>
      html`<li>${icon('bad')} <span><strong>Part ${part}${of === null ? null : ` of ${of}`}</strong>${
        file === null ? null : html` <code>${name(file)}</code>`
      }${message === cause ? null : html` <small>${sentence(capitalised(message))}</small>`}</span></li>`,
  )}</ul>`;
}

/** Verdict and population of an experiment, as in the report. */
function experimentOf(experiment: ExperimentReport, report: Report): Html {
  const population = populationSection(experiment, report);
  const isOnly = report.experiments.length === 1;
  return html`<section class="experiment">${isOnly ? html`<h2 class="visually-hidden">Verdict</h2>` : html`<h2><span class="kicker">Experiment</span> ${experimentLink(experiment.experimentId)}</h2>`}
${verdictSection(experiment, report)?.body}
${population === null ? null : card(population.title, population.body)}</section>`;
}

function qualityCard(report: Report): Html | null {
  // The rows that were set aside have a card of their own.
  const quality = dataQualitySection({ ...report, quarantineRules: [] });
  return quality === null ? null : card(quality.title, quality.body);
}

function attemptsCard(attempts: readonly AttemptState[]): Html {
  return card(
    'Attempts',
    plainTable<AttemptState>(
      'What an attempt finished, the next one does not repeat. All else on this page is of the last attempt.',
      [
        { label: 'Attempt', cell: ({ attempt }) => String(attempt) },
        { label: 'Status', cell: ({ status }) => runStatus(status) },
        { label: 'Started', align: 'number', cell: ({ startedAt }) => moment(startedAt) },
        { label: 'Took', align: 'number', cell: took },
        { label: 'Cause', cell: ({ cause }) => (cause === null ? '–' : sentence(cause)) },
      ],
      attempts,
    ),
  );
}

function took({ startedAt, stoppedAt }: AttemptState): string {
  return stoppedAt === null ? '–' : duration((Date.parse(stoppedAt) - Date.parse(startedAt)) / 1000);
}
