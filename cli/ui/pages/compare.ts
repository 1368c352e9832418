import {
  formatCount,
  formatLift,
  formatLiftInterval,
  formatP,
  formatValue,
} from '../../../layers/report/format.ts';
import { type Content, type Html, html } from '../../../layers/report/html/html.ts';
import { metricName, name, unbroken } from '../../../layers/report/html/names.ts';
import { plainTable, table } from '../../../layers/report/html/table.ts';
import { roles } from '../../../layers/report/words.ts';
import type {
  Change,
  ExperimentChange,
  InputChange,
  MetricChange,
  MetricSide,
  RunComparison,
} from '../../pipeline/compare.ts';
import { formatBytes } from '../../terminal.ts';
import { card, type Page } from './layout.ts';
import { decisionStatus } from './words.ts';

/** Two runs: by default the one of its drop before it, else `withRun`. */
export function comparePage(comparison: RunComparison, withRun: string | null): Page {
  const { run, previous, experiments } = comparison;
  const api = `/api/runs/${run.runId}/compare${withRun === null ? '' : `?with=${previous.runId}`}`;
  const drops =
    previous.drop === run.drop ? name(run.drop) : html`${name(previous.drop)} → ${name(run.drop)}`;
  return {
    title: `Run ${run.runId} compared`,
    body: html`
<div class="title-row"><h1>Compared with ${withRun === null ? 'the run before' : html`<code>${previous.runId}</code>`}</h1><a class="button" href="/runs/${run.runId}">Back to the run</a></div>
<dl class="facts">
<div><dt>Drop</dt><dd>${drops}</dd></div>
<div><dt>${withRun === null ? 'The run before' : 'Compared with'}</dt><dd><a href="/runs/${previous.runId}"><code>${previous.runId}</code></a></dd></div>
<div><dt>This run</dt><dd><a href="/runs/${run.runId}"><code>${run.runId}</code></a></dd></div>
<div><dt>Data up to</dt><dd>${asOfs(previous.asOf, run.asOf)}</dd></div>
</dl>
${experiments.map(experimentCard)}
${changedCard(comparison)}
<p class="fine">The same as JSON: <a href="${api}"><code>${api}</code></a></p>`,
  };
}

/** One moment where both are the same. */
function asOfs(before: string | null, after: string | null): string {
  const shown = (asOf: string | null) => asOf?.replace('T', ' ').replace(/(:00)?(\.\d+)?Z$/, ' UTC') ?? '–';
  return before === after ? shown(after) : `${shown(before)} → ${shown(after)}`;
}

function experimentCard({ experimentId, before, after, metrics }: ExperimentChange): Html {
  const decided = (decision: typeof before) =>
    decision === null ? html`<span class="muted">not in this run</span>` : decisionStatus(decision);
  const byRole = (['primary', 'secondary', 'guardrail'] as const).map((role) => ({
    label: roles[role],
    rows: metrics.filter((metric) => metric.role === role),
  }));
  const severalArms = new Set(metrics.map(({ variant }) => variant)).size > 1;
  return card(
    html`<span class="kicker">Experiment</span> ${name(experimentId)}`,
    html`<p class="decided">${decided(before)} <span aria-label="then" class="then">→</span> ${decided(after)}</p>
${table<MetricChange>({
  caption: 'The upper line of each cell is this run, the lower one the run that it is compared with',
  groups: byRole,
  className: 'results',
  columns: [
    {
      label: 'Metric',
      cell: ({ metric, variant }) =>
        html`${metricName(metric)}${severalArms ? html`<small>${name(variant)}</small>` : null}`,
    },
    sideColumn('Users', ({ users }) => formatCount(users)),
    sideColumn('Control', ({ control }, { unit }) => formatValue(unit, control)),
    sideColumn('Treatment', ({ treatment }, { unit }) => formatValue(unit, treatment)),
    sideColumn('Lift', ({ lift }) => html`<strong>${formatLift(lift)}</strong>`),
    sideColumn('Interval', ({ liftCi }) => unbroken(formatLiftInterval(liftCi))),
    sideColumn('p', ({ p }) => formatP(p)),
    {
      label: 'Lift changed by',
      align: 'number',
      cell: ({ before: was, after: is }) =>
        was?.lift == null || is?.lift == null ? '–' : points(is.lift - was.lift),
    },
  ],
})}`,
  );
}

function sideColumn(label: string, show: (side: MetricSide, metric: MetricChange) => Content) {
  return {
    label,
    align: 'number' as const,
    cell: (metric: MetricChange) => {
      const { before, after } = metric;
      return html`<span class="pair"><span><span class="visually-hidden">now </span>${after === null ? '–' : show(after, metric)}</span><small><span class="visually-hidden">before </span>${before === null ? '–' : show(before, metric)}</small></span>`;
    },
  };
}

/** A difference of two lifts. */
function points(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(difference * 100).toFixed(1)}\u00a0pp`;
}

const inputWords: Record<InputChange['change'], string> = {
  added: 'New',
  removed: 'Gone',
  changed: 'Changed',
  same: 'The same',
};

function changedCard({ inputs, settings, codeChanged, quality }: RunComparison): Html {
  return card(
    'What changed',
    html`${plainTable<InputChange>(
      'Files',
      [
        { label: 'File', cell: (input) => html`<code>${name(input.name)}</code>` },
        {
          label: 'Change',
          cell: ({ change }) =>
            html`<span class="${change === 'same' ? 'muted' : 'strong'}">${inputWords[change]}</span>`,
        },
        {
          label: 'Before',
          align: 'number',
          cell: ({ before }) => (before === null ? '–' : formatBytes(before.size)),
        },
        {
          label: 'Now',
          align: 'number',
          cell: ({ after }) => (after === null ? '–' : formatBytes(after.size)),
        },
      ],
      inputs,
    )}
${plainTable<RunComparison['quality'][number]>(
  'Rows accepted, and quarantined',
  [
    { label: 'Dataset', cell: (dataset) => html`<code>${dataset.name}</code>` },
    qualityColumn('Accepted before', ({ before }) => before?.accepted),
    qualityColumn('Accepted now', ({ after }) => after?.accepted),
    qualityColumn('Quarantined before', ({ before }) => before?.quarantined),
    qualityColumn('Quarantined now', ({ after }) => after?.quarantined),
  ],
  quality,
)}
${
  settings.length === 0
    ? html`<p class="fine">The configuration is the same.</p>`
    : plainTable<Change<unknown>>(
        'Configuration',
        [
          { label: 'Setting', cell: (setting) => html`<code>${name(setting.name)}</code>` },
          { label: 'Before', cell: ({ before }) => html`<code>${name(JSON.stringify(before))}</code>` },
          { label: 'Now', cell: ({ after }) => html`<code>${name(JSON.stringify(after))}</code>` },
        ],
        settings,
      )
}
<p class="fine">${codeChanged ? 'The code of the pipeline changed in between.' : 'The code of the pipeline is the same.'}</p>`,
  );
}

function qualityColumn(
  label: string,
  count: (change: RunComparison['quality'][number]) => number | undefined,
) {
  return {
    label,
    align: 'number' as const,
    cell: (change: RunComparison['quality'][number]) => {
      const value = count(change);
      return value === undefined ? '–' : formatCount(value);
    },
  };
}
