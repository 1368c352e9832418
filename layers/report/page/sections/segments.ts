import { type Compared, comparedRows, missing } from '../../comparisons.ts';
import { formatCount, formatP } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { status } from '../../html/icons.ts';
import { metricName, name } from '../../html/names.ts';
import { plainTable, table } from '../../html/table.ts';
import { metricLabel } from '../../labels.ts';
import type { ExperimentReport, Interaction } from '../../schema.ts';
import { reasonText } from '../../words.ts';
import { liftOf, liftScale } from '../charts/interval.ts';
import {
  armLine,
  chartColumn,
  liftColumn,
  meanColumn,
  pColumn,
  verdictColumn,
} from '../comparison-columns.ts';
import type { ExperimentSection } from '../section.ts';

interface Level extends Compared {
  readonly level: string;
}

/** The primary metric in each segment, and all others behind a fold. */
export const segmentsSection: ExperimentSection = (experiment) => {
  if (experiment.segments.length === 0) return null;
  const segments = [...new Set(experiment.segments.map(({ segment }) => segment))];
  const { primary } = experiment.settings;
  const others = [
    ...new Set(experiment.segments.flatMap(({ metrics }) => metrics.map(({ metric }) => metric))),
  ].filter((metric) => metric !== primary);
  return {
    id: 'segments',
    title: 'Segments',
    summary: segmentsLine(experiment, segments),
    body: html`<p class="lede">Exploratory: with many segments some will look different by chance. Use them to form the next hypothesis, not to decide this one.</p>
${metricTable(experiment, segments, primary)}
${interactions(experiment)}
${tooSmall(experiment)}
${
  others.length === 0
    ? null
    : html`<details class="numbers"><summary>All other metrics by segment (${others.length})</summary>${others.map(
        (metric) => metricTable(experiment, segments, metric),
      )}</details>`
}`,
  };
};

/** What the segments say in a line. */
function segmentsLine(
  { interactions: all, settings }: ExperimentReport,
  segments: readonly string[],
): string {
  const differing = all.filter(
    ({ metric, pAdjusted }) => metric === settings.primary && (pAdjusted ?? 1) < settings.alpha,
  );
  const by = (names: readonly string[]) =>
    [...new Set(names)].map((segment) => metricLabel(segment).toLowerCase()).join(', ');
  return differing.length === 0
    ? `${metricLabel(settings.primary)} is not shown to differ by ${by(segments)}.`
    : `${metricLabel(settings.primary)} differs by ${by(differing.map(({ segment }) => segment))}.`;
}

/** Whether the effect differs between levels at all: the question that comes before any single level. */
function interactions({ interactions: all, settings }: ExperimentReport): Html | null {
  const rows = all.filter(({ metric }) => metric === settings.primary);
  if (rows.length === 0) return null;
  return plainTable<Interaction>(
    'Does the effect on the primary metric differ between the levels? Cochran’s Q',
    [
      {
        label: 'Segment',
        cell: ({ segment, variant }) => html`${metricName(segment)}<small>${name(variant)}</small>`,
      },
      {
        label: 'Compared',
        cell: ({ method }) => (method === 'cochran_q_log_ratio' ? 'relative effects' : 'differences'),
      },
      { label: 'Q', align: 'number', cell: ({ q }) => (q === null ? 'n/a' : q.toFixed(2)) },
      { label: 'Degrees of freedom', align: 'number', cell: ({ df }) => df ?? 'n/a' },
      { label: 'p', align: 'number', cell: ({ p }) => formatP(p) },
      { label: 'Adjusted p', align: 'number', cell: ({ pAdjusted }) => formatP(pAdjusted) },
      {
        label: 'Meaning',
        cell: ({ pAdjusted, reason }) =>
          reason !== null
            ? reasonText(reason)
            : (pAdjusted ?? 1) < settings.alpha
              ? status({ tone: 'caution', label: 'Differs' })
              : status({ tone: 'neutral', label: 'No difference shown' }),
      },
    ],
    rows,
  );
}

function tooSmall({ segments }: ExperimentReport): Html | null {
  const left = segments.filter(({ reason }) => reason !== null);
  if (left.length === 0) return null;
  return html`<p class="fine">Not analysed: ${left.map(
    ({ segment, level, users, reason }, index) =>
      html`${index === 0 ? '' : '; '}${metricName(segment)} ${name(level)} (${formatCount(users)} users, ${reasonText(reason ?? '')})`,
  )}.</p>`;
}

function metricTable(experiment: ExperimentReport, segments: readonly string[], metric: string): Html | null {
  const rows = (segment: string) =>
    experiment.segments
      .filter((found) => found.segment === segment)
      .flatMap(({ level, metrics }) =>
        comparedRows(
          experiment,
          metrics.filter((found) => found.metric === metric),
        ).map((row): Level => ({ ...row, level })),
      );
  const groups = segments.map((segment) => ({
    label: html`By ${name(metricLabel(segment).toLowerCase())}`,
    rows: rows(segment),
  }));
  const all = groups.flatMap((group) => group.rows);
  if (all.length === 0) return null;
  const scale = liftScale(all.filter(({ comparison }) => comparison !== null).map((row) => liftOf(row)));
  return table<Level>({
    className: 'results',
    caption: html`${metricName(metric)} by segment`,
    columns: [
      {
        label: 'Segment',
        cell: ({ level, comparison }) =>
          html`<strong>${name(level)}</strong>${armLine(experiment, comparison)}${
            comparison &&
            html`<small>${formatCount(comparison.control.n + comparison.treatment.n)} users</small>`
          }`,
        sort: ({ level }) => level,
      },
      meanColumn('control'),
      meanColumn('treatment'),
      liftColumn(experiment),
      chartColumn(experiment, scale),
      pColumn,
      verdictColumn,
    ],
    groups,
    note: missing,
    ...(all.length > 12 ? { filter: 'Filter segments' } : {}),
  });
}
