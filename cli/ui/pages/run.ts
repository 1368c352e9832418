import { formatCount } from '../../../layers/report/format.ts';
import { type Content, type Html, html } from '../../../layers/report/page/html.ts';
import { icon } from '../../../layers/report/page/icons.ts';
import { name, sentence } from '../../../layers/report/page/names.ts';
import { dataQualitySection } from '../../../layers/report/page/sections/data-quality.ts';
import { populationSection } from '../../../layers/report/page/sections/population.ts';
import { verdictSection } from '../../../layers/report/page/sections/verdict.ts';
import { plainTable } from '../../../layers/report/page/table.ts';
import type { ExperimentReport, Report } from '../../../layers/report/schema.ts';
import type { AttemptState, RunDetails } from '../../pipeline/run-details.ts';
import type { StageState } from '../../pipeline/stage-states.ts';
import type { RunRecord } from '../site.ts';
import { graph } from './graph.ts';
import { card, live, type Page } from './layout.ts';
import { inputsCard, martsCard, quarantineCard } from './run-data.ts';
import { dropName, duration, elapsed, moment, runStatus, stageStatuses } from './words.ts';

/** A run: how far it is, what it decided, what it was made of. */
export function runPage(run: RunRecord): Page {
  const running = run.status === 'RUNNING';
  const { report } = run;
  return {
    title: `Run ${run.runId}`,
    refresh: running ? 700 : 5000,
    body: html`
<div class="title-row"><h1>Run <code>${run.runId}</code></h1>${live('actions', actionsOf(run))}</div>
${live('facts', factsOf(run))}
${live('failure', run.failure === null ? null : failureCard(run, run.failure))}
${live('graph', html`<section class="card" aria-labelledby="machine"><h2 id="machine">State machine</h2>${graph(run)}</section>`)}
${live(
  'result',
  report?.experiments.map((experiment) => experimentOf(experiment, report)),
)}
${live('quarantine', run.quarantine === null ? null : quarantineCard(run, run.quarantine))}
${live('quality', report === null ? null : qualityCard(report))}
${live('stages', card('Stages', stagesTable(run), 'stages-title'))}
${live('marts', run.marts === null ? null : martsCard(run.marts, run.report))}
${live('inputs', inputsCard(run))}
${live('attempts', run.attempts.length > 1 ? attemptsCard(run.attempts) : null)}
<p class="fine">The same as JSON: <a href="/api/runs/${run.runId}"><code>/api/runs/${run.runId}</code></a></p>`,
  };
}

function actionsOf({ runId, report, files }: RunDetails): Html | null {
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
  }<a class="button" href="/runs/${runId}/compare">Compare with the run before</a><span class="button-group" role="group" aria-label="Downloads">${Object.entries(
    labels,
  ).map(([file, label]) => (files.includes(file) ? link(file, label) : null))}</span></div>`;
}

function factsOf(run: RunDetails): Html {
  const { status, drop, attempt, startedAt, seconds, published } = run;
  return html`<dl class="facts" data-announce="${announcement(run)}">
${fact('Status', runStatus(status))}
${fact('Drop', html`${dropName(drop)}${published ? html` <span class="chip">published</span>` : null}`)}
${fact('Attempt', attempt)}
${fact('Started', moment(startedAt))}
${fact('Took', seconds === null ? elapsed(startedAt) : duration(seconds))}
</dl>`;
}

function fact(term: string, value: Content): Html {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

/** What a screen reader says when it changes. */
function announcement({ status, stages }: RunDetails): string {
  if (status !== 'RUNNING') return `The run has ended: ${status.toLowerCase().replaceAll('_', ' ')}`;
  const current = stages.find((stage) => stage.status === 'running');
  return current === undefined ? 'The run is starting' : `The stage ${current.stage} is running`;
}

function failureCard({ runId, attempt }: RunDetails, failure: NonNullable<RunDetails['failure']>): Html {
  return html`<section class="card failure bad" aria-labelledby="cause"><h2 id="cause">${icon('bad')} ${
    failure.stage === null ? 'The run failed' : html`The stage <code>${failure.stage}</code> failed`
  }</h2>
<p class="cause">${sentence(failure.message)}</p>
<p class="fine"><code>${name(failure.error)}</code> in attempt ${attempt}. Nothing was published. The same data again, from the stage that failed: <code>npx ecom retry ${runId}</code></p></section>`;
}

function stagesTable({ stages, attempt, status, failure }: RunDetails): Html {
  const begun = stages.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]));
  const origin = Math.min(...begun);
  const end = Math.max(
    ...stages.flatMap(({ startedAt, seconds }) =>
      startedAt === null ? [] : [Date.parse(startedAt) + (seconds ?? 0) * 1000],
    ),
  );
  const note = (stage: StageState) =>
    stage.status === 'waiting' && status !== 'RUNNING'
      ? 'Not run'
      : stage.attempt !== null && stage.attempt < attempt
        ? `Done in attempt ${stage.attempt}`
        : stageStatuses[stage.status].label;
  return plainTable<StageState>(
    failure === null && status !== 'RUNNING'
      ? 'Each stage writes a completion marker with its times and row counts; these are read from them'
      : 'Read from the completion markers that each stage writes last',
    [
      { label: 'Stage', cell: ({ stage }) => html`<code>${stage}</code>` },
      {
        label: 'Status',
        cell: (stage) => {
          const { tone } = stageStatuses[stage.status];
          return html`<span class="status ${tone ?? stage.status}">${tone === null ? null : icon(tone)}${note(stage)}</span>`;
        },
      },
      {
        label: 'Parts',
        align: 'number',
        cell: ({ partsDone, parts, status: state }) =>
          state === 'waiting' || (state === 'failed' && partsDone === 0)
            ? '–'
            : parts === null || parts === partsDone
              ? formatCount(partsDone)
              : `${formatCount(partsDone)} of ${formatCount(parts)}`,
      },
      {
        label: 'Rows written',
        align: 'number',
        cell: ({ rows }) => (rows ? formatCount(rows) : '–'),
      },
      {
        label: 'Time',
        align: 'number',
        cell: ({ seconds }) => (seconds === null ? '–' : duration(seconds)),
      },
      {
        label: 'When',
        align: 'chart',
        cell: ({ stage, startedAt, seconds }) =>
          startedAt === null
            ? null
            : span(stage, (Date.parse(startedAt) - origin) / 1000, seconds ?? 0, (end - origin) / 1000),
      },
    ],
    stages,
  );
}

/** A stage on the run's axis of time. */
function span(stage: string, from: number, seconds: number, total: number): Html {
  const scale = (value: number) => (total === 0 ? 0 : Number(((value / total) * 216).toFixed(1)));
  return html`<svg class="chart bar" viewBox="0 0 220 16" role="img"><title>${stage}: from ${from.toFixed(1)} s, for ${seconds.toFixed(1)} s</title><path class="zero" d="M1 0V16"/><rect x="${1 + scale(from)}" y="4" width="${Math.max(2, scale(seconds))}" height="8" rx="2"/></svg>`;
}

/** Verdict and population of an experiment, as in the report. */
function experimentOf(experiment: ExperimentReport, report: Report): Html {
  const population = populationSection(experiment, report);
  return html`<section class="experiment"><h2><span class="kicker">Experiment</span> ${name(experiment.experimentId)}</h2>
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
      'What an attempt finished, the next one does not repeat',
      [
        { label: 'Attempt', cell: ({ attempt }) => String(attempt) },
        { label: 'Status', cell: ({ status }) => runStatus(status) },
        { label: 'Started', align: 'number', cell: ({ startedAt }) => moment(startedAt) },
        { label: 'Cause', cell: ({ cause }) => (cause === null ? '–' : sentence(cause)) },
      ],
      attempts,
    ),
  );
}
