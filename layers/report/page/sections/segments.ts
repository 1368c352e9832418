import { formatCount } from '../../format.ts';
import type { ExperimentReport } from '../../schema.ts';
import { liftScale } from '../charts/interval.ts';
import {
  armLine,
  chartColumn,
  differenceColumn,
  liftColumn,
  meanColumn,
  pColumn,
  verdictColumn,
} from '../comparison-columns.ts';
import { type Compared, comparedRows, liftOf, missing } from '../comparisons.ts';
import { type Html, html } from '../html.ts';
import { metricLabel, metricName, name } from '../names.ts';
import type { ExperimentSection } from '../section.ts';
import { table } from '../table.ts';

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
    body: html`<p class="lede">Exploratory: with many segments some will look different by chance. Use them to form the next hypothesis, not to decide this one.</p>
${metricTable(experiment, segments, primary)}
${
  others.length === 0
    ? null
    : html`<details><summary>All other metrics by segment (${others.length})</summary>${others.map((metric) =>
        metricTable(experiment, segments, metric),
      )}</details>`
}`,
  };
};

function metricTable(experiment: ExperimentReport, segments: readonly string[], metric: string): Html | null {
  const { alpha } = experiment.settings;
  const rows = (segment: string) =>
    experiment.segments
      .filter((found) => found.segment === segment)
      .flatMap(({ level, metrics }) =>
        comparedRows(metrics.filter((found) => found.metric === metric)).map(
          (row): Level => ({ ...row, level }),
        ),
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
      differenceColumn(alpha),
      liftColumn(alpha),
      chartColumn(alpha, scale),
      pColumn,
      verdictColumn,
    ],
    groups,
    note: missing,
    ...(all.length > 12 ? { filter: 'Filter segments' } : {}),
  });
}
