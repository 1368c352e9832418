import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import type { Comparison } from '../report/schema.ts';
import { armNamed, usersUpTo } from './cohorts.ts';
import { compareBriefly } from './compare-metric.ts';
import type { RoleOfMetric } from './compare-metrics.ts';
import type { Progress } from './look.ts';
import { analyses } from './metrics/kinds.ts';
import { plainBasis, type Sample } from './sample.ts';
import { type FamilyPlan, testFamily } from './significance.ts';

/** Share of open outcome windows up to which they cannot turn a verdict. */
const negligibleOpen = 0.01;

export interface Settled {
  /** Users whom the verdicts are of. */
  readonly users: number;
  /** Why they are not all: open windows, or users who came after the plan was full, or after the last declared look. */
  readonly leavesOut: 'open_windows' | 'later_users';
  /** The verdict on the primary metric by treatment; none where it cannot be told for a part of the users. */
  readonly verdicts: ReadonlyMap<string, Comparison['verdict']>;
}

/**
 * What the primary metric shows among the users on whom a verdict may rest: those whose outcome window has ended, who
 * came by the last day that is judged. Unadjusted and uncapped, by whole days of exposure. Null where these are all.
 */
export function settledVerdicts(
  { cohorts }: Pick<ExperimentMeasurement, 'cohorts'>,
  { metric, better, unavailable }: RoleOfMetric,
  sample: Sample,
  {
    progress,
    lastDay,
    plan,
  }: {
    readonly progress: Progress;
    /** Of exposure; null: all are judged. */
    readonly lastDay: string | null;
    readonly plan: FamilyPlan;
  },
): Settled | null {
  const { closedUsers, countsOpen, openUsers, lastClosedDay } = progress;
  const hasOpen = countsOpen && openUsers > negligibleOpen * (closedUsers + openUsers);
  const days = usersUpTo(cohorts, [sample.control, ...sample.treatments]).map(({ day, arms }) => ({
    day,
    arms,
    users: arms.reduce((sum, arm) => sum + arm.users, 0),
  }));
  const closed = hasOpen ? days.filter(({ day }) => lastClosedDay !== null && day <= lastClosedDay) : days;
  const full = closed.findIndex(({ day }) => day === lastDay);
  const last = full === -1 ? closed.at(-1) : closed[full];
  const isBeyond = full !== -1 && full < closed.length - 1;
  if (!hasOpen && !isBeyond) return null;
  const leavesOut = hasOpen ? 'open_windows' : 'later_users';
  if (last === undefined || unavailable !== null || !analyses[metric.kind].isOfSums) {
    return hasOpen ? { users: 0, leavesOut, verdicts: new Map() } : null;
  }
  const part = {
    ...sample,
    control: armNamed(last.arms, sample.control.variant),
    treatments: sample.treatments.map(({ variant }) => armNamed(last.arms, variant)),
  };
  const family = part.treatments.map((arm) =>
    compareBriefly(metric, better, part, arm, { alpha: plan.alpha, basis: plainBasis }),
  );
  const comparisons = testFamily(family, part, { ...plan, basis: plainBasis });
  return {
    users: last.users,
    leavesOut,
    verdicts: new Map(comparisons.map(({ variant, verdict }) => [variant, verdict])),
  };
}
