import { type Compared, comparedRows } from '../../comparisons.ts';
import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatPercent,
} from '../../format.ts';
import { html } from '../../html/html.ts';
import { unbroken } from '../../html/names.ts';
import { table } from '../../html/table.ts';
import type { Comparison } from '../../schema.ts';
import { reasonText, roles } from '../../words.ts';
import { metricColumn } from '../comparison-columns.ts';
import { glossaryLine } from '../glossary.ts';
import type { ExperimentSection } from '../section.ts';

/** How likely each treatment is to be the better arm, what a wrong choice costs, and what more users would show. */
export const outlookSection: ExperimentSection = (experiment) => {
  const rows = comparedRows(experiment).filter(
    ({ comparison }) => comparison?.bayes !== undefined || comparison?.power !== undefined,
  );
  if (rows.length === 0) return null;
  const present = (key: 'bayes' | 'shrunken' | 'power') =>
    rows.some(({ comparison }) => comparison?.[key] !== undefined);
  return {
    id: 'outlook',
    title: 'Chances and power',
    body: html`${glossaryLine(['power'])}${table<Compared>({
      caption: 'Beside the decision, which rests on the tests above',
      columns: [
        metricColumn(experiment),
        ...(present('bayes') ? bayesColumns : []),
        ...(present('shrunken') ? [shrunkenColumn] : []),
        ...(present('power')
          ? [...powerColumns, ...(experiment.decision.action === 'keep_running' ? [daysLeftColumn] : [])]
          : []),
      ],
      groups: (['primary', 'secondary', 'guardrail'] as const).map((role) => ({
        label: roles[role],
        rows: rows.filter(({ metric }) => metric.role === role),
      })),
    })}`,
  };
};

const bayesOf = ({ comparison }: Compared) =>
  comparison?.bayes !== undefined && 'chanceToWin' in comparison.bayes ? comparison.bayes : null;
const powerOf = ({ comparison }: Compared) =>
  comparison?.power !== undefined && 'power' in comparison.power ? comparison.power : null;
const why = (found: Comparison['bayes'] | Comparison['power']) =>
  found !== undefined && 'reason' in found ? html`<small>${reasonText(found.reason)}</small>` : null;

const bayesColumns = [
  {
    label: 'Chance to win',
    tip: 'Posterior probability that the treatment is the better arm.',
    align: 'number' as const,
    cell: (row: Compared) => {
      const bayes = bayesOf(row);
      return bayes === null
        ? html`n/a${why(row.comparison?.bayes)}`
        : html`<strong>${formatPercent(bayes.chanceToWin)}</strong>`;
    },
    sort: (row: Compared) => bayesOf(row)?.chanceToWin ?? null,
  },
  {
    label: 'Expected loss',
    tip: 'Expected relative loss of choosing the treatment, and of choosing the control, should it be the worse one.',
    align: 'number' as const,
    cell: (row: Compared) => {
      const loss = bayesOf(row)?.expectedLoss;
      return loss === undefined
        ? 'n/a'
        : html`${formatPercent(loss.treatment)}<small>control ${formatPercent(loss.control)}</small>`;
    },
  },
];

const shrunkenOf = ({ comparison }: Compared) =>
  comparison !== null && comparison.verdict !== 'inconclusive' && 'relative' in (comparison.shrunken ?? {})
    ? comparison.shrunken
    : undefined;

const shrunkenColumn = {
  label: 'Shrunken lift',
  tip: 'A significant lift is too large on average, for being picked. What is left of it if true lifts scatter around zero as configured (bayes.prior_relative_sd).',
  align: 'number' as const,
  cell: (row: Compared) => {
    const shrunken = shrunkenOf(row);
    if (shrunken === undefined || !('relative' in shrunken)) return 'n/a';
    return html`${formatLift(shrunken.relative)}<small>${unbroken(formatLiftInterval(shrunken.interval))}</small>`;
  },
};

const powerColumns = [
  {
    label: 'Detectable now',
    tip: 'The smallest effect that the present users would find, with the configured power.',
    align: 'number' as const,
    cell: (row: Compared) => {
      const power = powerOf(row);
      if (power === null) return html`n/a${why(row.comparison?.power)}`;
      const { absolute, relative } = power.mdeNow;
      return html`±${unbroken(formatLift(relative).replace(/^[+−]/, ''))}<small>${unbroken(formatDifference(row.metric.unit, absolute).replace(/^[+−]/, '±'))}</small>`;
    },
  },
  {
    label: 'Users needed',
    tip: 'Users of both arms to find the lift that was declared worth finding, with all arms, guardrails and looks of the plan.',
    align: 'number' as const,
    cell: (row: Compared) => {
      const power = powerOf(row);
      if (power === null) return 'n/a';
      const needed = power.usersNeeded === null ? 'n/a' : formatCount(power.usersNeeded);
      return html`${needed}<small>${formatCount(power.usersNow)} now, for ${unbroken(formatLift(power.targetLift))}</small>`;
    },
  },
];

const daysLeftColumn = {
  label: 'Days until then',
  tip: 'At the traffic so far.',
  align: 'number' as const,
  cell: (row: Compared) => {
    const days = powerOf(row)?.daysLeft;
    return days === undefined || days === null ? 'n/a' : formatCount(Math.ceil(days));
  },
};
