import { builtInMetrics } from '../../../experiment/metrics/built-in.ts';
import { formatCount, formatDifference, formatLift, formatLiftInterval, statedP } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { icon } from '../../html/icons.ts';
import { metricName, name, plainName, unbroken } from '../../html/names.ts';
import { plainTable } from '../../html/table.ts';
import { metricLabel } from '../../labels.ts';
import type { ExperimentReport, SinceExposure } from '../../schema.ts';
import { reasonText } from '../../words.ts';
import { formatTick } from '../charts/interval.ts';
import { type Point, seriesChart } from '../charts/series.ts';
import type { ExperimentSection } from '../section.ts';

type Day = SinceExposure['days'][number];

/** Whether the effect fades or grows as users get used to the treatment. */
export const sinceExposureSection: ExperimentSection = (experiment) => {
  const series = experiment.sinceExposure.filter(({ days }) => pointsOf(days).length > 0);
  if (series.length === 0) return null;
  const column = columnOf(experiment.settings.primary, series);
  const primary = series.filter((one) => one.column === column);
  const others = series.filter((one) => one.column !== column);
  const show = (shown: readonly SinceExposure[]) => shown.map((one) => figure(one, experiment));
  return {
    id: 'since-exposure',
    title: 'Effect by days since exposure',
    summary: primary.map(
      (one, index) => html`${index === 0 ? '' : ' '}${trendText(one.trend, experiment.settings.alpha)}`,
    ),
    body: html`<p class="lede">What users did on each day after they first saw the treatment, of those observed for the whole day. An effect that fades points to novelty, one that grows to learning.${
      series.some(({ days }) => pointsOf(days).some(({ interval }) => interval === null))
        ? ' Grey points have no bar: on those days the control is too close to zero for an interval of the lift. The numbers by day give that of the difference.'
        : null
    }</p>
<div class="plots">${show(primary)}</div>
${others.length === 0 ? null : html`<details class="numbers"><summary>All other columns by days since exposure (${others.length})</summary><div class="plots">${show(others)}</div></details>`}`,
  };
};

/** The column that the primary metric adds up, else the first. */
function columnOf(primary: string, series: readonly SinceExposure[]): string | undefined {
  const wanted = builtInMetrics.find((metric) => metric.name === primary)?.numerator.column ?? primary;
  return series.find(({ column }) => column === wanted)?.column ?? series[0]?.column;
}

function figure({ column, unit, variant, days, trend }: SinceExposure, experiment: ExperimentReport): Html {
  const label = `${metricLabel(column)}, ${plainName(variant)}`;
  return html`<figure class="plot"><figcaption><strong>${metricName(column)}</strong> <small class="inline">per user and day, ${name(variant)} against ${name(experiment.control)}</small></figcaption>
${seriesChart({
  title: `${label}: lift by day since exposure. ${trendText(trend, experiment.settings.alpha)}`,
  points: pointsOf(days),
  kind: 'bars',
  formatX: (x) => `day ${x}`,
  formatY: formatTick,
})}
<p class="trend">${icon('p' in trend && trend.p < experiment.settings.alpha ? 'caution' : 'neutral')} ${trendText(trend, experiment.settings.alpha)}</p>
<details class="numbers"><summary>Numbers by day</summary>${plainTable<Day>(
    'Per user and day',
    [
      { label: 'Day', cell: ({ day }) => day },
      {
        label: 'Users',
        align: 'number',
        cell: ({ users }) => `${formatCount(users.control)} / ${formatCount(users.treatment)}`,
      },
      {
        label: 'Lift',
        align: 'number',
        cell: ({ relative, relativeCi }) =>
          html`${formatLift(relative)}<small>${unbroken(formatLiftInterval(relativeCi))}</small>`,
      },
      {
        label: 'Difference',
        align: 'number',
        cell: ({ absolute, absoluteCi, reason }) =>
          html`${formatDifference(unit, absolute)}<small>${
            absoluteCi === null
              ? reasonText(reason ?? 'n/a')
              : unbroken(
                  `${formatDifference(unit, absoluteCi[0])} to ${formatDifference(unit, absoluteCi[1])}`,
                )
          }</small>`,
      },
    ],
    days,
  )}</details></figure>`;
}

function trendText(trend: SinceExposure['trend'], alpha: number): string {
  if ('reason' in trend) return `No trend computed: ${reasonText(trend.reason)}.`;
  const verdict = trend.p < alpha ? (trend.slope > 0 ? 'rises' : 'falls') : 'shows no significant trend';
  const points = `${trend.slope < 0 ? '−' : '+'}${Math.abs(trend.slope * 100).toFixed(2)} pp`;
  return `The lift ${verdict}: ${unbroken(points)} a day, ${statedP(trend.p)}.`;
}

function pointsOf(days: readonly Day[]): Point[] {
  return days.flatMap(({ day, relative, relativeCi }) =>
    relative === null ? [] : [{ x: day, y: relative, interval: relativeCi, always: null }],
  );
}
