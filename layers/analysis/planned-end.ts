import { formatCount, formatMoment } from '../report/format.ts';
import type { Decision } from '../report/schema.ts';
import { moreDays } from './advice.ts';
import { daysSoFar, type Progress } from './look.ts';

export interface PlannedEnd {
  /** null: neither an end nor a size was declared. */
  readonly reached: boolean | null;
  readonly sentence: string;
}

/** Whether the declared size or end is reached, whichever comes first. */
export function plannedEnd(progress: Progress, testing: Decision['basis']['testing']): PlannedEnd {
  const { plannedEnd: end, plannedUsers, asOf, analysedUsers } = progress;
  const upTo = asOf === null ? 'an unknown moment' : formatMoment(asOf);
  if (end === null && plannedUsers === null) {
    const validity =
      testing === 'fixed_horizon'
        ? 'the p-values hold for a single look at the data only'
        : 'the p-values hold at every look';
    return {
      reached: null,
      sentence: `No planned end or size is declared (planned_end, planned_users): ${validity}.`,
    };
  }
  if (plannedUsers !== null && analysedUsers >= plannedUsers) {
    return {
      reached: true,
      sentence: `The planned ${formatCount(plannedUsers)} users are reached (${formatCount(analysedUsers)}).`,
    };
  }
  if (end !== null && asOf !== null && Date.parse(asOf) >= Date.parse(end)) {
    return {
      reached: true,
      sentence: `The planned end ${formatMoment(end)} is reached (data up to ${upTo}).`,
    };
  }
  const wanted = [
    ...(plannedUsers === null
      ? []
      : [
          `${formatCount(analysedUsers)} of ${formatCount(plannedUsers)} planned users${moreDays(plannedUsers, analysedUsers, daysSoFar(progress))}`,
        ]),
    ...(end === null ? [] : [`planned end ${formatMoment(end)}, data up to ${upTo}`]),
  ];
  return { reached: false, sentence: `The experiment has not reached its plan: ${wanted.join('; ')}.` };
}
