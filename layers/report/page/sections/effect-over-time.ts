import { formatCount, formatLift, formatLiftInterval } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { metricName, name, plainName, unbroken } from '../../html/names.ts';
import { plainTable } from '../../html/table.ts';
import { metricLabel } from '../../labels.ts';
import type { ExperimentReport, Novelty } from '../../schema.ts';
import { confidence, reasonText } from '../../words.ts';
import { formatTick } from '../charts/interval.ts';
import { type Point, seriesChart } from '../charts/series.ts';
import type { ExperimentSection } from '../section.ts';

type Day = Novelty['cumulative'][number];

const millisecondsPerDay = 86_400_000;

/** How the lift settled as users came in: the primary metric, and all others behind a fold. */
export const effectOverTimeSection: ExperimentSection = (experiment) => {
  const series = experiment.novelty.filter(({ cumulative }) => pointsOf(cumulative).length > 0);
  if (series.length === 0) return null;
  const primary = series.filter(({ metric }) => metric === experiment.settings.primary);
  const others = series.filter(({ metric }) => metric !== experiment.settings.primary);
  const show = (shown: readonly Novelty[]) => shown.map((one) => figure(one, experiment));
  return {
    id: 'over-time',
    title: 'Effect over time',
    body: html`<p class="lede">The lift among everyone exposed up to each day. The band is the ${confidence(experiment.settings.alpha)} interval, which holds for one look only. The dashed lines are a confidence sequence: they hold on every day at once, however often one looks.</p>
<div class="plots">${show(primary)}</div>
${others.length === 0 ? null : html`<details class="numbers"><summary>All other metrics over time (${others.length})</summary><div class="plots">${show(others)}</div></details>`}`,
  };
};

function figure({ metric, variant, cumulative }: Novelty, experiment: ExperimentReport): Html {
  const label = `${metricLabel(metric)}, ${plainName(variant)}`;
  const last = cumulative.at(-1);
  return html`<figure class="plot"><figcaption><strong>${metricName(metric)}</strong> <small class="inline">${name(variant)} against ${name(experiment.control)}</small></figcaption>
${seriesChart({
  title: `${label}: cumulative lift by day, at last ${formatLift(last?.relative ?? null)}, interval ${formatLiftInterval(last?.relativeCi ?? null)}`,
  points: pointsOf(cumulative),
  kind: 'bands',
  formatX: (x) => new Date(x * millisecondsPerDay).toISOString().slice(5, 10),
  formatY: formatTick,
})}
<details class="numbers"><summary>Numbers by day</summary>${daysTable(cumulative)}</details></figure>`;
}

function daysTable(days: readonly Day[]): Html {
  return plainTable<Day>(
    'Cumulative, by day of exposure (UTC)',
    [
      { label: 'Day', cell: ({ day }) => html`<time>${day}</time>` },
      {
        label: 'Users',
        align: 'number',
        cell: ({ users }) => `${formatCount(users.control)} / ${formatCount(users.treatment)}`,
      },
      {
        label: 'Lift',
        align: 'number',
        cell: ({ relative, relativeCi, reason }) =>
          html`${formatLift(relative)}<small>${reason === null ? unbroken(formatLiftInterval(relativeCi)) : reasonText(reason)}</small>`,
      },
      {
        label: 'On every day at once',
        align: 'number',
        cell: ({ alwaysValidRelativeCi }) => unbroken(formatLiftInterval(alwaysValidRelativeCi)),
      },
    ],
    days,
  );
}

function pointsOf(days: readonly Day[]): Point[] {
  return days.flatMap(({ day, relative, relativeCi, alwaysValidRelativeCi }) =>
    relative === null
      ? []
      : [
          {
            x: Date.parse(day) / millisecondsPerDay,
            y: relative,
            interval: relativeCi,
            always: alwaysValidRelativeCi,
          },
        ],
  );
}
