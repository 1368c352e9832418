import { formatCount, formatMoment, formatQuantity } from '../report/format.ts';
import { daysOfIntake } from '../report/intake.ts';
import type { Decision } from '../report/schema.ts';
import { moreDays } from './advice.ts';
import { dayLength, isDayReached, isPast, type Progress } from './look.ts';

export interface PlannedEnd {
  /**
   * `open`: the planned users have come, or the planned day, but outcome windows of theirs are still open; null: neither
   * an end nor a size was declared.
   */
  readonly reached: boolean | 'open' | null;
  readonly sentence: string;
}

/**
 * Whether the declared size or end is reached, whichever comes first. Users count whose outcome window has ended, and
 * a day when those of all users exposed until then have.
 */
export function plannedEnd(progress: Progress, testing: Decision['basis']['testing']): PlannedEnd {
  const { plannedEnd: end, plannedUsers, asOf, closedUsers, openUsers } = progress;
  const upTo = asOf === null ? 'an unknown moment' : formatMoment(asOf);
  if (end === null && plannedUsers === null) {
    const validity =
      testing === 'fixed_horizon' ? 'the p-values hold for one look only' : 'the p-values hold at every look';
    return {
      reached: null,
      sentence: `No planned end or size is declared (planned_end, planned_users), so ${validity}.`,
    };
  }
  if (plannedUsers !== null && closedUsers >= plannedUsers) {
    return {
      reached: true,
      sentence: `The planned ${formatCount(plannedUsers)} users are reached (${formatCount(closedUsers)}).`,
    };
  }
  const closing = closingOf(progress);
  if (isDayReached(progress)) {
    return {
      reached: true,
      sentence: `The planned end ${formatMoment(end ?? '')} is reached (data up to ${upTo}).`,
    };
  }
  if (plannedUsers !== null && closedUsers + openUsers >= plannedUsers) {
    return {
      reached: 'open',
      sentence: `The planned ${formatCount(plannedUsers)} users have come. The outcome windows of ${formatCount(plannedUsers - closedUsers)} of them are still open: ${whenGiven(closing)}.`,
    };
  }
  if (end !== null && isPast(end, asOf)) {
    return {
      reached: 'open',
      sentence: `The planned end ${formatMoment(end)} is past (data up to ${upTo}). The outcome windows of ${formatQuantity(openUsers, 'user')} are still open: ${whenGiven(closing)}.`,
    };
  }
  const wanted = [
    ...(plannedUsers === null
      ? []
      : [
          `${formatCount(closedUsers)} of ${formatCount(plannedUsers)} planned users${moreDays(plannedUsers, closedUsers + openUsers, daysOfIntake(progress.days))}`,
        ]),
    ...(end === null ? [] : [`planned end ${formatMoment(end)}, data up to ${upTo}`]),
  ];
  return { reached: false, sentence: `The experiment has not reached its plan: ${wanted.join('; ')}.` };
}

/** The moment from which on the outcome windows of the planned users have ended, or null where it is not known. */
function closingOf({ plannedEnd: end, plannedUsers, days, maturityDays }: Progress): number | null {
  const full = plannedUsers === null ? undefined : days.find(({ users }) => users >= plannedUsers);
  const ends = [
    ...(full === undefined ? [] : [Date.parse(full.day) + dayLength]),
    ...(end === null ? [] : [Date.parse(end)]),
  ];
  return ends.length === 0 ? null : Math.min(...ends) + maturityDays * dayLength;
}

function whenGiven(closing: number | null): string {
  return closing === null
    ? 'the verdict has to wait until they end'
    : `the verdict needs data up to ${formatMoment(new Date(closing).toISOString())} (as_of)`;
}
