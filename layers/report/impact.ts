import { decidingInterval, primaryOf } from './comparisons.ts';
import { formatCount, formatDecimal } from './format.ts';
import { daysOfIntake } from './intake.ts';
import { metricLabel } from './labels.ts';
import type { ExperimentReport, MetricReport } from './schema.ts';

/** What an effect amounts to: a difference per user, times users. */
export interface Impact {
  readonly metric: string;
  /** What makes the amount too large or too small, or null. */
  readonly caveat: string | null;
  /** `+16.0` users who do it, or `+1,897` of money. */
  readonly perThousand: Amount;
  /** Of as many users as the experiment had in 30 days; null where the days are not known. */
  readonly perMonth: Amount | null;
}

export interface Amount {
  readonly users: number;
  readonly estimate: string;
  /** The interval that the verdict goes by, or null. */
  readonly interval: string | null;
}

const daysOfMonth = 30;

/**
 * The primary metric's effect, and that on revenue per user, in users or money: per 1,000 users, and per 30 days if all
 * users of the experiment's traffic had the treatment. Of ratios and quantiles there is none, since they are not per user.
 */
export function impactOf(experiment: ExperimentReport, variant: string | null): Impact[] {
  const primary = primaryOf(experiment);
  const revenue = experiment.metrics.find(({ metric }) => metric === 'revenue_per_user');
  const month = usersPerMonth(experiment);
  return [...new Set([primary, revenue])].flatMap((metric) => {
    if (metric === undefined || !['conversion', 'mean'].includes(metric.kind)) return [];
    const comparison = metric.comparisons.find((found) => found.variant === variant) ?? metric.comparisons[0];
    if (comparison === undefined || comparison.deciding.effect.absolute === null) return [];
    const { absolute } = comparison.deciding.effect;
    const interval = decidingInterval(comparison).absolute;
    const amount = (users: number): Amount => ({
      users,
      estimate: scaled(metric, absolute * users),
      interval:
        interval && `${scaled(metric, interval[0] * users)} to ${scaled(metric, interval[1] * users)}`,
    });
    const name = metricLabel(metric.metric);
    const label = metric.unit === 'share' ? `${name} (users)` : name.replace(/ per user$/, '');
    // With several treatments and a verdict on none, the arm has to be named.
    const arm = metric.comparisons.length > 1 && comparison.variant !== variant;
    return [
      {
        metric: arm ? `${label}, ${comparison.variant}` : label,
        caveat: metric.unit === 'currency' ? moneyCaveat(experiment) : null,
        perThousand: amount(1000),
        perMonth: month === null ? null : amount(month),
      },
    ];
  });
}

/** The same in sentences: `Purchase conversion (users): +16.0 per 1,000 users (+9.4 to +22.7), +1,262 a month (...).` */
export function impactLines(experiment: ExperimentReport, variant: string | null): string[] {
  const withInterval = ({ estimate, interval }: Amount, per: string) =>
    `${estimate} ${per}${interval === null ? '' : ` (${interval})`}`;
  return impactOf(experiment, variant).map(({ metric, caveat, perThousand, perMonth }) => {
    const month =
      perMonth === null
        ? ''
        : `, ${withInterval(perMonth, `in 30 days of this traffic, ${formatCount(perMonth.users)} users`)}`;
    return `${metric}${caveat === null ? '' : ` (${caveat})`}: ${withInterval(perThousand, 'per 1,000 users')}${month}.`;
  });
}

/** Checks whose note says that money is counted more than once. */
const countedTwice: Readonly<Record<string, string>> = {
  order_amounts: 'probably too much: an order’s total is counted on each of its rows',
  repeated_purchases: 'probably too much: some purchases are counted twice',
};

function moneyCaveat({ trust }: ExperimentReport): string | null {
  const found = trust.checks.find(({ name, status }) => status === 'warn' && name in countedTwice);
  return found === undefined ? null : (countedTwice[found.name] ?? null);
}

/** Users that the experiment's traffic brings in 30 days, or null. */
function usersPerMonth(experiment: ExperimentReport): number | null {
  const intake = daysOfIntake(experiment.novelty[0]?.cumulative ?? []);
  if (intake === null) return null;
  const users = experiment.arms.reduce((sum, arm) => sum + arm.users, 0);
  return Math.round((users / intake) * daysOfMonth);
}

function scaled({ unit }: MetricReport, value: number): string {
  const size = Math.abs(value);
  const text = size < 100 && unit !== 'currency' ? formatDecimal(size, 1) : formatCount(Math.round(size));
  return `${value < 0 ? '−' : '+'}${text}`;
}
