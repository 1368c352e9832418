import { fewBuyersSentences } from '../report/comparisons.ts';
import { formatCount, formatLift, formatPercent, formatQuantity } from '../report/format.ts';
import { daysUntil, longestDays } from '../report/intake.ts';
import { metricLabel } from '../report/labels.ts';
import type { Comparison, MetricReport } from '../report/schema.ts';
import { reasonText } from '../report/words.ts';

/** A significant lift from which on a mistake is more likely than the effect (Twyman's law). */
const unusualLift = 0.5;

/** Share of users with an open outcome window from which on a final decision has to name them. */
const notableOpenWindows = 0.1;

/**
 * `, about 12 more days at this traffic`.
 * @param intake days that the users took to come so far
 */
export function moreDays(needed: number, now: number, intake: number | null): string {
  const days = daysUntil(needed, now, intake);
  if (days === null) return '';
  return `, about ${formatQuantity(days, 'more day')} at this traffic${days > longestDays ? ', which is not feasible' : ''}`;
}

/** Whether the lift worth finding can be found in a time that one can wait, and what can be found otherwise. */
export function powerAdvice({ power }: Pick<Comparison, 'power'>): {
  isFeasible: boolean;
  sentences: string[];
} {
  if (power === undefined || !('usersNeeded' in power) || power.usersNeeded === null) {
    return { isFeasible: true, sentences: [] };
  }
  const { usersNeeded, usersNow, daysLeft, targetLift, mdeNow, later } = power;
  const sought = `a lift of ${formatPercent(targetLift)} with ${formatPercent(power.power)} power (power.target_lift in experiment.yaml, 5 % by default)`;
  if (usersNeeded <= usersNow) {
    const found = `The present ${formatCount(usersNow)} users are enough to detect ${sought}. A smaller lift takes more users.`;
    return { isFeasible: true, sentences: [found] };
  }
  const isFeasible = daysLeft === null || daysLeft <= longestDays;
  const time =
    daysLeft === null
      ? ''
      : ` That is about ${formatQuantity(daysLeft, 'more day')} at this traffic${isFeasible ? '' : ', which is not feasible'}.`;
  const atPresent =
    mdeNow.relative === null
      ? []
      : [`The present users can detect a lift of ${formatPercent(mdeNow.relative)} or more.`];
  const inTime =
    later === undefined || later === null || later.relative === null
      ? []
      : [
          `${later.days} more days (${formatCount(later.users)} users) could detect ${formatPercent(later.relative)} or more.`,
        ];
  const possible = [...atPresent, ...inTime].join(' ');
  return {
    isFeasible,
    sentences: [
      `To detect ${sought} takes ${formatCount(usersNeeded)} users (${formatCount(usersNow)} now).${time}`,
      ...(possible === '' ? [] : [possible]),
    ],
  };
}

/** How many users it takes to show each of a treatment's guardrails that is not shown to be within its margin. */
export function guardrailAdvice(
  guardrails: readonly MetricReport[],
  variant: string,
  intake: number | null,
): string[] {
  return guardrails.flatMap(({ metric, comparisons }) => {
    const found = comparisons.find((comparison) => comparison.variant === variant);
    const margin = found?.nonInferiority;
    if (found === undefined || margin === undefined || margin.status !== 'not_shown') return [];
    const label = metricLabel(metric);
    if (margin.reason !== null) return [`${label} cannot be tested: ${reasonText(margin.reason)}.`];
    const now = found.control.n + found.treatment.n;
    const { usersNeeded } = margin;
    if (usersNeeded === undefined || usersNeeded === null) return [];
    return usersNeeded <= now
      ? [
          `${label} is not shown within its margin, although ${formatCount(usersNeeded)} users (${formatCount(now)} now) would show it if ${variant} had no effect on it. Check for harm before you wait for more users.`,
        ]
      : [
          `If ${variant} has no effect on ${label}, showing it within its margin takes ${formatCount(usersNeeded)} users (${formatCount(now)} now)${moreDays(usersNeeded, now, intake)}.`,
        ];
  });
}

/** What to mind about a decision that rests on the primary metric. */
export function caveats(
  action: 'ship' | 'do_not_ship' | 'keep_running',
  primary: readonly MetricReport[],
  { control, openWindows }: { readonly control: string; readonly openWindows: number | null },
): string[] {
  const isFinal = action !== 'keep_running';
  return [
    ...notJudged(primary),
    ...(isFinal && openWindows !== null && openWindows >= notableOpenWindows
      ? [
          `${formatPercent(openWindows)} of the users still have an open outcome window, so what they do later is not in these numbers. Without them the verdict on the primary metric is the same.`,
        ]
      : []),
    ...unusual(primary),
    ...fewBuyersSentences(primary, control),
  ];
}

/** Treatments that the decision leaves aside, beside others that it rests on. */
function notJudged(primary: readonly MetricReport[]): string[] {
  return primary.flatMap(({ metric, comparisons }) =>
    comparisons.every(({ test }) => test === null)
      ? []
      : comparisons
          .filter(({ test }) => test === null)
          .map(
            ({ variant, reason }) =>
              `${variant} is not judged on ${metricLabel(metric)}: ${reasonText(reason ?? 'too_few_users')}.`,
          ),
  );
}

/** Lifts that are better checked than believed. */
function unusual(primary: readonly MetricReport[]): string[] {
  return primary.flatMap(({ metric, comparisons }) =>
    comparisons
      .filter(
        ({ verdict, effect }) => verdict !== 'inconclusive' && Math.abs(effect.relative ?? 0) >= unusualLift,
      )
      .map(
        ({ variant, effect }) =>
          `${formatLift(effect.relative)} on ${metricLabel(metric)} in ${variant} is unusually large: check the exposure and the event before you believe it (Twyman's law).`,
      ),
  );
}
