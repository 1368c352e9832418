import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatP,
  formatPercent,
  formatValue,
} from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { metricName, name, unbroken } from '../../html/names.ts';
import { plainTable } from '../../html/table.ts';
import type { EffectOnAssigned, ExperimentReport, MetricReport } from '../../schema.ts';
import { confidence, reasonText } from '../../words.ts';
import type { ExperimentSection } from '../section.ts';

const captions: Readonly<Record<EffectOnAssigned['users'], string>> = {
  assigned: 'Everyone assigned to one arm, from the assignment on, exposed or not',
  first_assignment: 'The same with the users who came to several arms, by their first',
};

/** The effects on everyone who was assigned, of whom the analysed users are a part. */
export const assignedSection: ExperimentSection = (experiment) => {
  const { assigned = [], settings } = experiment;
  if (assigned.length === 0) return null;
  return {
    id: 'assigned',
    title: 'Effects on everyone assigned',
    body: html`<p class="lede">What the change means for all of its users, not for those alone who saw it. Where the treatment itself changes who is exposed, these are the effects that can be compared. They are unadjusted, not corrected, hold for one look (${confidence(settings.alpha)} intervals), and do not decide.</p>
${(['assigned', 'first_assignment'] as const).map((users) => effects(experiment, users))}`,
  };
};

function effects(
  { assigned = [], metrics, arms }: ExperimentReport,
  users: EffectOnAssigned['users'],
): Html | null {
  const rows = assigned.filter((row) => row.users === users);
  if (rows.length === 0) return null;
  const unitOf = ({ metric }: EffectOnAssigned): MetricReport['unit'] =>
    metrics.find((one) => one.metric === metric)?.unit ?? 'count';
  const [first] = rows;
  const share = first?.exposedShare ?? null;
  return html`${plainTable<EffectOnAssigned>(
    captions[users],
    [
      {
        label: 'Metric',
        cell: (row) =>
          html`${metricName(row.metric)}${arms.length > 2 ? html`<small>${name(row.variant)}</small>` : null}`,
      },
      { label: 'Control', align: 'number', cell: (row) => value(row, 'control', unitOf(row)) },
      { label: 'Treatment', align: 'number', cell: (row) => value(row, 'treatment', unitOf(row)) },
      {
        label: 'Lift',
        align: 'number',
        cell: ({ effect }) =>
          html`<strong>${formatLift(effect.relative)}</strong><small>${unbroken(
            effect.relativeCi === null
              ? reasonText(effect.relativeReason ?? 'no_interval')
              : formatLiftInterval(effect.relativeCi),
          )}</small>`,
      },
      {
        label: 'Difference',
        align: 'number',
        cell: (row) =>
          html`${formatDifference(unitOf(row), row.effect.absolute)}${
            row.diluted === null
              ? null
              : html`<small>diluted ${unbroken(formatDifference(unitOf(row), row.diluted))}</small>`
          }`,
      },
      {
        label: 'p',
        align: 'number',
        cell: ({ test, reason }) => (test === null ? reasonText(reason ?? 'n/a') : formatP(test.p)),
      },
    ],
    rows,
  )}${
    share === null
      ? null
      : html`<p class="fine">${formatPercent(share)} of the assigned were exposed. <em>Diluted</em> is the effect on exposed users times that share: what it would be for everyone if it changed nobody else. The two differ by chance, by what happened between assignment and exposure, and where the treatment changes who is exposed.</p>`
  }`;
}

function value(row: EffectOnAssigned, side: 'control' | 'treatment', unit: MetricReport['unit']): Html {
  const { mean, n } = row[side];
  return html`${formatValue(unit, mean)}<small>${formatCount(n)} users</small>`;
}
