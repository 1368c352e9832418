import { formatCount } from '../../../layers/report/format.ts';
import { type Html, html } from '../../../layers/report/html/html.ts';
import { icon } from '../../../layers/report/html/icons.ts';
import { plainTable } from '../../../layers/report/html/table.ts';
import type { RunDetails } from '../../pipeline/run-details.ts';
import type { StageState } from '../../pipeline/stage-states.ts';
import { doneBy, duration, moment, stageStatuses } from './words.ts';

/** How far each stage is, what it wrote, and when; stages of earlier attempts with their own times. */
export function stagesTable({ stages, attempt, status }: RunDetails): Html {
  const own = stages.filter(({ earlier }) => !earlier);
  const origin = Math.min(
    ...own.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)])),
  );
  const end = Math.max(
    ...own.flatMap(({ startedAt, seconds }) =>
      startedAt === null ? [] : [Date.parse(startedAt) + (seconds ?? 0) * 1000],
    ),
  );
  const note = (stage: StageState) => {
    if (stage.status === 'waiting' && status !== 'RUNNING') return 'Not run';
    return stage.status === 'done' && stage.earlier
      ? `Done in ${doneBy(stage, attempt)}`
      : stageStatuses[stage.status].label;
  };
  const caption = 'Read from the completion marker that each part of a stage writes last';
  return plainTable<StageState>(
    own.length < stages.length
      ? `${caption}. Attempt ${attempt} did not repeat what was done before it: such stages keep their rows and times.`
      : caption,
    [
      { label: 'Stage', cell: ({ stage }) => html`<code>${stage}</code>` },
      {
        label: 'Status',
        cell: (stage) => {
          const { tone } = stageStatuses[stage.status];
          return html`<span class="status ${stage.earlier ? 'neutral' : (tone ?? stage.status)}">${tone === null ? null : icon(stage.earlier ? 'neutral' : tone)}${note(stage)}</span>`;
        },
      },
      { label: 'Parts', align: 'number', cell: partsDone },
      { label: 'Rows written', align: 'number', cell: ({ rows }) => (rows ? formatCount(rows) : '–') },
      {
        label: 'Time',
        align: 'number',
        cell: ({ seconds }) => (seconds === null ? '–' : duration(seconds)),
      },
      {
        label: 'When',
        align: 'chart',
        cell: ({ stage, startedAt, seconds, earlier }) => {
          if (startedAt === null) return null;
          if (earlier) return html`<span class="muted">${moment(startedAt)}</span>`;
          return span(stage, (Date.parse(startedAt) - origin) / 1000, seconds ?? 0, (end - origin) / 1000);
        },
      },
    ],
    stages,
  );
}

function partsDone({ partsDone: done, parts, status }: StageState): string {
  if (status === 'waiting' || (status === 'failed' && done === 0 && (parts ?? 1) === 1)) return '–';
  return parts === null || parts === done
    ? formatCount(done)
    : `${formatCount(done)} of ${formatCount(parts)}`;
}

/** A stage on the run's axis of time. */
function span(stage: string, from: number, seconds: number, total: number): Html {
  const scale = (value: number) => (total === 0 ? 0 : Number(((value / total) * 216).toFixed(1)));
  return html`<svg class="chart bar" viewBox="0 0 220 16" role="img"><title>${stage}: from ${from.toFixed(1)} s, for ${seconds.toFixed(1)} s</title><path class="zero" d="M1 0V16"/><rect x="${1 + scale(from)}" y="4" width="${Math.max(2, scale(seconds))}" height="8" rx="2"/></svg>`;
}
