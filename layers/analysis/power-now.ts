import { daysUntil } from '../report/intake.ts';
import type { Comparison } from '../report/schema.ts';
import { normalCritical, normalUpperQuantile } from '../statistics/distributions.ts';
import type { CostOfLooking } from './look.ts';
import type { Estimate } from './metrics/metric-analysis.ts';

export interface PowerPlan {
  /** Of the whole experiment. */
  readonly power: number;
  /** Level and power of one of its comparisons. */
  readonly goal: { readonly alpha: number; readonly power: number };
  /** Relative lift worth finding. */
  readonly targetLift: number;
  /** Days the analysed users took to come (see daysOfIntake), or null where unknown. */
  readonly intake: number | null;
  readonly looking: CostOfLooking;
}

/**
 * What the present users suffice for, and how many the target lift takes, by the standard error at hand: it falls with
 * the square root of the users at their present shares. At the level and the power of one comparison that those of the whole
 * experiment ask for, and with what looking costs. Normal approximation.
 */
export function powerNow(
  estimate: Estimate,
  usersNow: number,
  plan: PowerPlan,
): NonNullable<Comparison['power']> {
  if (estimate.reason !== null) return { reason: estimate.reason };
  const { liftVariance, baseline } = estimate;
  if (liftVariance === 0) return { reason: 'no_variance' };
  const { power, goal, targetLift, intake, looking } = plan;
  const standardError = Math.sqrt(liftVariance);
  const margin = normalUpperQuantile(1 - goal.power);
  const absolute = (looking.critical(usersNow) + margin) * standardError;
  if (!Number.isFinite(absolute)) return { reason: 'too_early' };
  const target = targetLift * Math.abs(baseline);
  const fixed = usersNow * (((normalCritical(goal.alpha) + margin) * standardError) / target) ** 2;
  const needed = Math.ceil(fixed * looking.inflation);
  const usersNeeded = Number.isSafeInteger(needed) ? needed : null;
  const relative = absolute / Math.abs(baseline);
  return {
    power,
    mdeNow: { absolute, relative: Number.isFinite(relative) ? relative : null },
    targetLift,
    usersNeeded,
    usersNow,
    daysLeft: usersNeeded === null ? null : daysUntil(usersNeeded, usersNow, intake),
    later: intake === null ? null : later(usersNow, intake, { looking, margin, standardError, baseline }),
  };
}

/** As many days more as one adds without asking whether an experiment still makes sense. */
const fourWeeks = 28;

function later(
  usersNow: number,
  intake: number,
  now: { looking: CostOfLooking; margin: number; standardError: number; baseline: number },
) {
  const growth = 1 + fourWeeks / intake;
  const users = Math.round(usersNow * growth);
  const lift = (now.looking.critical(users) + now.margin) * (now.standardError / Math.sqrt(growth));
  const relative = lift / Math.abs(now.baseline);
  return { days: fourWeeks, users, relative: Number.isFinite(relative) ? relative : null };
}
