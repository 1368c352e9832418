import { formatCount, formatPercent } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { name, plainName } from '../../html/names.ts';
import { table } from '../../html/table.ts';
import type { ExperimentReport } from '../../schema.ts';
import { reasonText } from '../../words.ts';
import { barChart } from '../charts/bar.ts';
import type { ExperimentSection } from '../section.ts';

const steps = [
  ['add_to_cart_rate', 'Added to cart'],
  ['begin_checkout_rate', 'Began checkout'],
  ['purchase_conversion', 'Purchased'],
] as const;

interface Stage {
  readonly variant: string;
  readonly isControl: boolean;
  readonly users: number;
  readonly exposed: number;
  /** Users of the step before; null for the first. */
  readonly before: number | null;
}

/** How far users of each arm went; from conversions, so a user counts once per step. */
export const funnelSection: ExperimentSection = (experiment) => {
  const measured = steps.filter(([metric]) => usersOf(experiment, metric, experiment.control) !== null);
  if (measured.length < 2) return null;
  const groups = [
    { label: 'Exposed', rows: experiment.arms.map(({ variant }) => stage(experiment, variant, null, null)) },
    ...measured.map(([metric, label], index) => ({
      label,
      rows: experiment.arms.map(({ variant }) =>
        stage(experiment, variant, metric, measured[index - 1]?.[0] ?? null),
      ),
    })),
  ];
  return {
    id: 'funnel',
    title: 'Funnel',
    summary: measured
      .map(
        ([metric, label]) =>
          `${label}: ${experiment.arms.map(({ variant }) => shareOf(experiment, metric, variant)).join(', ')}`,
      )
      .join('; '),
    body: html`${table<Stage>({
      caption: 'Users of each arm who reached a step within their outcome window, to scale within the arm',
      columns: [
        { label: 'Arm', cell: ({ variant }) => name(variant) },
        { label: 'Users', align: 'number', cell: ({ users }) => formatCount(users) },
        {
          label: 'Of exposed',
          align: 'number',
          cell: ({ users, exposed }) =>
            html`<strong>${formatPercent(exposed === 0 ? null : users / exposed)}</strong>`,
        },
        {
          label: 'Of the step before',
          align: 'number',
          cell: ({ users, before }) =>
            before === null ? '–' : formatPercent(before === 0 ? null : users / before),
        },
        {
          label: 'Share of exposed users',
          align: 'chart',
          cell: ({ variant, users, exposed, isControl }) =>
            barChart({
              title: `${plainName(variant)}: ${formatPercent(exposed === 0 ? null : users / exposed)} of exposed users`,
              from: 0,
              to: users,
              max: exposed,
              kind: isControl ? 'control' : 'total',
            }),
        },
      ],
      groups,
    })}${leftOut(experiment)}`,
  };
};

/** Steps whose event nobody has, each with the reason that its metric gives. */
function leftOut({ metrics }: ExperimentReport): Html | null {
  const missing = steps.flatMap(([metric, label]) => {
    const why = metrics.find((found) => found.metric === metric && found.role !== 'guardrail')?.unavailable;
    return why === null || why === undefined ? [] : [`${label}, since ${reasonText(why)}`];
  });
  return missing.length === 0 ? null : html`<p class="fine">Left out: ${missing.join('; ')}.</p>`;
}

function stage(
  experiment: ExperimentReport,
  variant: string,
  metric: string | null,
  previous: string | null,
): Stage {
  const exposed = experiment.arms.find((arm) => arm.variant === variant)?.users ?? 0;
  const at = (name: string) => usersOf(experiment, name, variant) ?? 0;
  return {
    variant,
    isControl: variant === experiment.control,
    exposed,
    users: metric === null ? exposed : at(metric),
    before: metric === null ? null : previous === null ? exposed : at(previous),
  };
}

/** `treatment 6.4 %`: the share of an arm's users who converted. */
function shareOf(experiment: ExperimentReport, metric: string, variant: string): string {
  const users = experiment.arms.find((arm) => arm.variant === variant)?.users ?? 0;
  return formatPercent(users === 0 ? null : (usersOf(experiment, metric, variant) ?? 0) / users);
}

/** Users of an arm who converted, or null where the metric is not computed. */
function usersOf({ metrics, control }: ExperimentReport, name: string, variant: string): number | null {
  const comparisons = metrics.find(({ metric }) => metric === name)?.comparisons ?? [];
  if (variant === control) return comparisons[0]?.control.sum ?? null;
  return comparisons.find((comparison) => comparison.variant === variant)?.treatment.sum ?? null;
}
