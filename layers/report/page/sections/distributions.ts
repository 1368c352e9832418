import { formatCount, formatDecimal, formatPercent, formatValue } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { metricName, name, plainName } from '../../html/names.ts';
import { plainTable, table } from '../../html/table.ts';
import { metricLabel } from '../../labels.ts';
import type { Cap, Distribution } from '../../schema.ts';
import { barChart } from '../charts/bar.ts';
import type { ExperimentSection } from '../section.ts';

interface Bin {
  readonly label: string;
  readonly arms: readonly {
    readonly variant: string;
    readonly users: number;
    readonly share: number | null;
  }[];
}

/** How a value is spread over the users of each arm: whether a few of them carry the mean. */
export const distributionsSection: ExperimentSection = ({ distributions, caps, control }) => {
  const shown = distributions.filter(({ arms }) => arms.some(({ bins }) => bins.length > 0));
  if (shown.length + caps.length === 0) return null;
  return {
    id: 'distributions',
    title: 'Distribution and caps',
    body: html`${shown.map((distribution) => distributionTable(distribution, control))}${caps.length === 0 ? null : capsTable(caps)}`,
  };
};

function distributionTable(distribution: Distribution, control: string): Html {
  const bins = binsOf(distribution);
  const max = Math.max(...bins.slice(1).flatMap(({ arms }) => arms.map(({ share }) => share ?? 0)), 0.0001);
  const arms = distribution.arms.map(({ variant }) => variant);
  return table<Bin>({
    caption: html`${metricName(distribution.column)} per user: share of each arm’s users. A broken bar goes on beyond the scale.`,
    columns: [
      { label: unitLabel(distribution), cell: ({ label }) => html`<span class="figure">${label}</span>` },
      ...arms.flatMap((variant, index) => [
        {
          label: variant === control ? 'Control' : arms.length > 2 ? `Treatment ${index}` : 'Treatment',
          below: html`<small>${name(variant)}</small>`,
          align: 'number' as const,
          cell: (bin: Bin) => {
            const arm = bin.arms[index];
            return html`${formatPercent(arm?.share ?? null)}<small>${formatCount(arm?.users ?? 0)}</small>`;
          },
        },
        {
          label: 'Share of users',
          align: 'chart' as const,
          cell: (bin: Bin) => {
            const share = bin.arms[index]?.share ?? 0;
            return barChart({
              title: `${plainName(variant)}, ${bin.label}: ${formatPercent(share)} of users`,
              from: 0,
              to: share,
              max,
              kind: variant === control ? 'control' : 'total',
            });
          },
        },
      ]),
    ],
    groups: [{ label: null, rows: bins }],
    className: 'results distribution',
  });
}

function capsTable(caps: readonly Cap[]): Html {
  return plainTable<Cap>(
    'Where large values are cut in the capped estimates; the cap is of all arms together',
    [
      { label: 'Metric', cell: ({ metric }) => html`<strong>${metricName(metric)}</strong>` },
      {
        label: 'Percentile',
        cell: ({ percentile, ignoreZeros }) =>
          `${percentile} of ${ignoreZeros ? 'values that are not zero' : 'all users'}`,
      },
      {
        label: 'Cap',
        align: 'number',
        cell: ({ unit, cap }) => (cap === null ? 'none' : formatValue(unit, cap)),
      },
      {
        label: 'Users cut',
        cell: ({ arms }) =>
          arms.map(
            ({ variant, users }) => html`<span class="ratio">${name(variant)} ${formatCount(users)}</span> `,
          ),
      },
    ],
    caps,
  );
}

function binsOf({ arms, unit }: Distribution): Bin[] {
  const edges = new Map(arms.flatMap(({ bins }) => bins.map((bin) => [bin.from, bin.to] as const)));
  const row = (label: string, count: (arm: Distribution['arms'][number]) => number): Bin => ({
    label,
    arms: arms.map((arm) => {
      const all = arm.negative + arm.zero + arm.bins.reduce((sum, { users }) => sum + users, 0);
      return { variant: arm.variant, users: count(arm), share: all === 0 ? null : count(arm) / all };
    }),
  });
  return [
    row('Zero', ({ zero }) => zero),
    ...(arms.some(({ negative }) => negative > 0) ? [row('Below zero', ({ negative }) => negative)] : []),
    ...[...edges]
      .toSorted(([a], [b]) => a - b)
      .map(([from, to]) =>
        row(
          `${edge(unit, from)} to below ${edge(unit, to)}`,
          ({ bins }) => bins.find((bin) => bin.from === from)?.users ?? 0,
        ),
      ),
  ];
}

function edge(unit: Distribution['unit'], value: number): string {
  return unit === 'currency' && !Number.isInteger(value) ? formatDecimal(value, 2) : formatCount(value);
}

function unitLabel({ column, unit }: Distribution): string {
  return unit === 'seconds' ? `${metricLabel(column)} (s)` : metricLabel(column);
}
