import { checkNumber, checksByGravity, trustSummary } from '../../checks.ts';
import { formatCount, formatP, formatPercent, formatQuantity } from '../../format.ts';
import { type Content, type Html, html } from '../../html/html.ts';
import { icon, status } from '../../html/icons.ts';
import { metricName, name, sentence } from '../../html/names.ts';
import { plainTable, table } from '../../html/table.ts';
import { covariateLabel } from '../../labels.ts';
import type { ExperimentReport, SampleRatio, TrustCheck } from '../../schema.ts';
import { checkStatuses, reasonText } from '../../words.ts';
import type { ExperimentSection } from '../section.ts';

type Trust = ExperimentReport['trust'];
type RatioOfMany = Trust['srmBySegment'][number] | Trust['srmByDay'][number];

/** Whether the numbers can be believed: a line, what did not pass, and everything behind it on demand. */
export const trustSection: ExperimentSection = (experiment) => {
  const { status: gravest, text } = trustSummary(experiment);
  const checks = checksByGravity(experiment);
  const isFound = ({ status: of }: TrustCheck) => of === 'fail' || of === 'warn';
  const [found, others] = [checks.filter(isFound), checks.filter((check) => !isFound(check))];
  return {
    id: 'trust',
    title: 'Trust checks',
    body: html`<p class="line">${icon(checkStatuses[gravest].tone)} ${text}</p>
${found.length === 0 ? null : html`<ul class="findings">${found.map(finding)}</ul>`}
<details><summary>${found.length === 0 ? 'All' : 'The other'} ${formatQuantity(others.length, 'check')} and the users per arm</summary>
${plainTable<TrustCheck>(
  'What was checked before any effect was computed',
  [
    { label: 'Check', cell: ({ label }) => html`<strong>${label}</strong>` },
    { label: 'Result', cell: (check) => status(checkStatuses[check.status]) },
    {
      label: 'Number',
      tip: 'Chi-square statistic, with its degrees of freedom in brackets, and p-value; of several tests those of the most unlikely one, corrected.',
      cell: (check) => html`<span class="figure">${checkNumber(check)}</span>`,
    },
    { label: 'What it means', cell: ({ explanation }) => sentence(explanation) },
  ],
  others,
)}
${split(experiment)}
${causes(experiment.trust)}
${behind(experiment.trust)}</details>`,
  };
};

/** A check that did not pass, in full. */
function finding(check: TrustCheck): Html {
  const { tone, label } = checkStatuses[check.status];
  const number = checkNumber(check);
  return html`<li>${icon(tone)}<span><strong>${check.label}: ${label.toLowerCase()}.</strong> ${sentence(check.explanation)}${number === '–' ? null : html` <span class="figure">${number}</span>`}</span></li>`;
}

/** What may have made a split wrong, with the query that lists its users. */
function causes({ srmCauses = [], srmAssignedCauses = [] }: Trust): Html | null {
  const found = [...srmAssignedCauses, ...srmCauses].filter(({ query }) => query !== null);
  if (found.length === 0) return null;
  return html`<p>Where to look for the users of a wrong split:</p>
<ul class="causes">${found.map(({ users, query }) => html`<li>${formatQuantity(users, 'user')}: <code>${query}</code></li>`)}</ul>`;
}

function split({ arms, settings, trust, control }: ExperimentReport): Html {
  const share = ({ arms: counted }: SampleRatio, variant: string) => {
    const all = counted.reduce((sum, { users }) => sum + users, 0);
    const users = counted.find((arm) => arm.variant === variant)?.users ?? 0;
    return all === 0 ? null : users / all;
  };
  return plainTable<ExperimentReport['arms'][number]>(
    'Users per arm, and their share of the exposed',
    [
      {
        label: 'Arm',
        cell: ({ variant }) =>
          html`<strong>${name(variant)}</strong>${variant === control && variant !== 'control' ? html` <small class="inline">control</small>` : null}`,
      },
      { label: 'Assigned', align: 'number', cell: ({ assigned }) => formatCount(assigned) },
      { label: 'Exposed', align: 'number', cell: ({ exposed }) => formatCount(exposed) },
      { label: 'Analysed', align: 'number', cell: ({ users }) => formatCount(users) },
      {
        label: 'Expected share',
        align: 'number',
        cell: ({ variant }) => formatPercent(settings.weights[variant] ?? 0),
      },
      {
        label: 'Observed share',
        align: 'number',
        cell: ({ variant }) => formatPercent(share(trust.srm, variant)),
      },
    ],
    arms,
  );
}

/** The many tests that some checks sum up. */
function behind({ srmBySegment, srmByDay, balance }: Trust): Html | null {
  const count = srmBySegment.length + srmByDay.length + balance.length;
  if (count === 0) return null;
  return html`<details><summary>Behind the checks: balance before exposure, sample ratio by segment and day (${formatCount(count)} tests)</summary>
${balance.length === 0 ? null : balanceTable(balance)}
${ratios('Sample ratio of exposed users by segment', srmBySegment, (ratio) => ('segment' in ratio ? html`${metricName(ratio.segment)}: ${name(ratio.level)}` : null))}
${ratios('Sample ratio of assigned users by day (UTC)', srmByDay, (ratio) => ('day' in ratio ? html`<time>${ratio.day}</time>` : null))}</details>`;
}

function balanceTable(balance: Trust['balance']): Html {
  return plainTable<Trust['balance'][number]>(
    'What users did before their exposure, which the treatment cannot have changed; p-values by Holm’s method',
    [
      {
        label: 'What',
        cell: ({ covariate, variant }) =>
          html`${name(covariateLabel(covariate))}<small>${name(variant)}</small>`,
      },
      { label: 'Control', align: 'number', cell: ({ control }) => mean(control) },
      { label: 'Treatment', align: 'number', cell: ({ treatment }) => mean(treatment) },
      { label: 'p', align: 'number', cell: ({ p }) => formatP(p) },
      {
        label: 'Adjusted p',
        align: 'number',
        cell: ({ pAdjusted, reason }) => (reason === null ? formatP(pAdjusted) : reasonText(reason)),
      },
    ],
    balance,
  );
}

function ratios<Ratio extends RatioOfMany>(
  caption: string,
  rows: readonly Ratio[],
  label: (ratio: Ratio) => Content,
): Html | null {
  if (rows.length === 0) return null;
  return table<Ratio>({
    caption,
    columns: [
      { label: 'Where', cell: label },
      {
        label: 'Users (expected)',
        cell: ({ arms }) =>
          arms.map(
            ({ variant, users, expected }) =>
              html`<span class="ratio">${name(variant)} ${formatCount(users)} <small class="inline">(${formatCount(Math.round(expected))})</small></span> `,
          ),
      },
      { label: 'p', align: 'number', cell: ({ p }) => formatP(p), sort: ({ p }) => p },
      {
        label: 'Adjusted p',
        align: 'number',
        cell: ({ pAdjusted, reason }) => (reason === null ? formatP(pAdjusted) : reasonText(reason)),
        sort: ({ pAdjusted }) => pAdjusted,
      },
    ],
    groups: [{ label: null, rows }],
    ...(rows.length > 12 ? { filter: 'Filter' } : {}),
  });
}

function mean(value: number | null): string {
  return value === null ? 'n/a' : String(Number(value.toPrecision(4))).replace('-', '−');
}
