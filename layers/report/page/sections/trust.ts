import { formatCount, formatPercent } from '../../format.ts';
import type { ExperimentReport, SampleRatio } from '../../schema.ts';
import { type Html, html } from '../html.ts';
import { status } from '../icons.ts';
import { name } from '../names.ts';
import type { ExperimentSection } from '../section.ts';
import { plainTable } from '../table.ts';
import { type TrustCheck, trustChecks } from '../trust-checks.ts';
import { checkStatuses } from '../words.ts';

/** Whether the numbers can be believed: every check with its number and meaning, and the split between the arms. */
export const trustSection: ExperimentSection = (experiment) => ({
  id: 'trust',
  title: 'Trust checks',
  body: html`
${plainTable<TrustCheck>(
  'What was checked before any effect was computed',
  [
    { label: 'Check', cell: (check) => html`<strong>${check.name}</strong>` },
    { label: 'Result', cell: (check) => status(checkStatuses[check.status]) },
    { label: 'Number', cell: (check) => html`<span class="figure">${check.number}</span>` },
    { label: 'What it means', cell: (check) => check.meaning },
  ],
  trustChecks(experiment),
)}
${split(experiment)}`,
});

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
