import type { ExperimentSettings } from '../experiment/config.ts';
import { normalCritical } from '../statistics/distributions.ts';
import { type Effect, effectOf } from '../statistics/effect.ts';
import {
  alwaysValidCritical,
  alwaysValidEffect,
  groupSequentialLooks,
  obrienFlemingSpending,
  pocockSpending,
} from '../statistics/sequential.ts';
import { alwaysValidInflation, groupSequentialInflation } from '../statistics/sequential-power.ts';
import type { Estimate } from './metrics/metric-analysis.ts';

/** Where the experiment stands against its plan. */
export interface Progress {
  readonly plannedEnd: string | null;
  readonly plannedUsers: number | null;
  readonly asOf: string | null;
  /** First day with an exposed user, YYYY-MM-DD. */
  readonly firstDay: string | null;
  /** Exposed users whose outcome window has ended by asOf. */
  readonly closedUsers: number;
  /** Those whose window has not. */
  readonly openUsers: number;
  /** Whether those count, too (immature: include). */
  readonly countsOpen: boolean;
  /** Days from the exposure on after which a user's outcomes are complete. */
  readonly maturityDays: number;
  /** Last day of exposure, YYYY-MM-DD, all of whose users' windows have ended, or null where unknown. */
  readonly lastClosedDay: string | null;
  /** Analysed users exposed up to and including each day of exposure. */
  readonly days: readonly { readonly day: string; readonly users: number }[];
}

/** Days from the first exposed user to the end of the data, or null where unknown. */
export function daysSoFar({ firstDay, asOf }: Pick<Progress, 'firstDay' | 'asOf'>): number | null {
  if (firstDay === null || asOf === null) return null;
  const days = (Date.parse(asOf) - Date.parse(firstDay)) / dayLength;
  return days > 0 ? days : null;
}

export const dayLength = 86_400_000;

/** Whether the declared day is past and the outcome windows of all users exposed until then have ended. */
export function isDayReached({ plannedEnd: end, asOf, openUsers, maturityDays }: Progress): boolean {
  if (end === null || !isPast(end, asOf)) return false;
  return openUsers === 0 || isPast(new Date(Date.parse(end) + maturityDays * dayLength).toISOString(), asOf);
}

export function isPast(moment: string, asOf: string | null): boolean {
  return asOf !== null && Date.parse(asOf) >= Date.parse(moment);
}

/** How this look at the data is tested, given that there may be others. */
export type Look =
  | { readonly method: 'none'; readonly alpha: number }
  | { readonly method: 'always_valid'; readonly alpha: number; readonly tunedFor: number }
  | {
      readonly method: 'group_sequential';
      readonly spending: 'obrien_fleming' | 'pocock';
      readonly information: number;
      /** Level of this look; 0 where it is too early for anything to be significant. */
      readonly alpha: number;
    };

/** What looking more than once costs. */
export interface CostOfLooking {
  /** Standard errors that an effect must exceed now, for so many users of both arms. */
  critical(users: number): number;
  /** How many times the users of a single look the same power takes by the end. */
  readonly inflation: number;
}

/** Users of both arms of a comparison at which always valid intervals are tightest, unless something says otherwise. */
const defaultTuning = 5000;
const defaultLooks = [0.25, 0.5, 0.75, 1];
/** Below this nothing can be significant, and the spending function is out of the range of a double. */
const leastSpending = 1e-200;

const spendings = { obrien_fleming: obrienFlemingSpending, pocock: pocockSpending };

/** The declared way of looking; `auto` looks once where an end is declared, and at any time where none is. */
export function lookingOf({ sequential, planned_end, planned_users }: ExperimentSettings) {
  if (sequential.method !== 'auto') return sequential;
  return { method: planned_end === null && planned_users === null ? 'always_valid' : 'none' } as const;
}

/** What the configuration declared about looking, at the present progress; `arms` counts the control. */
export function planLook(settings: ExperimentSettings, progress: Progress, arms: number): Look {
  const sequential = lookingOf(settings);
  const { alpha } = settings;
  switch (sequential.method) {
    case 'none':
      // What is seen before the one look that was planned has to hold at any.
      return isBeforeEnd(progress)
        ? { method: 'always_valid', alpha, tunedFor: tuningOf(settings, arms) }
        : { method: 'none', alpha };
    case 'always_valid':
      return { method: 'always_valid', alpha, tunedFor: tuningOf(settings, arms) };
    case 'group_sequential': {
      const spending = sequential.spending ?? 'obrien_fleming';
      const information = informationOf(progress);
      const spend = spendings[spending];
      if (spend(information, alpha) < leastSpending) {
        return { method: 'group_sequential', spending, information, alpha: 0 };
      }
      const earlier = (sequential.looks ?? defaultLooks).filter(
        (look) => look < information && spend(look, alpha) >= leastSpending,
      );
      const looks = groupSequentialLooks([...earlier, information], alpha, spend);
      return { method: 'group_sequential', spending, information, alpha: looks.at(-1)?.alpha ?? 0 };
    }
  }
}

function isBeforeEnd(progress: Progress): boolean {
  const { plannedEnd, plannedUsers, closedUsers } = progress;
  if (plannedEnd === null && plannedUsers === null) return false;
  return !(plannedUsers !== null && closedUsers >= plannedUsers) && !isDayReached(progress);
}

/**
 * Users of both arms of a comparison at which always valid intervals are tightest: as declared, else the planned ones;
 * `arms` counts the control.
 */
export function tuningOf({ sequential, planned_users }: ExperimentSettings, arms: number): number {
  const declared = sequential.method === 'always_valid' ? sequential.tuning_users : undefined;
  return declared ?? (planned_users === null ? defaultTuning : (planned_users * 2) / arms);
}

/**
 * Share of the planned users, else of the time from the first exposure to the planned end; at most 1. All of it at the
 * planned end, also where fewer users came.
 */
function informationOf(progress: Progress): number {
  const { plannedUsers, plannedEnd, closedUsers, asOf, firstDay } = progress;
  if (isDayReached(progress)) return 1;
  if (plannedUsers !== null) return Math.min(1, closedUsers / plannedUsers);
  if (plannedEnd === null || asOf === null || firstDay === null) return 0;
  const start = Date.parse(firstDay);
  const length = Date.parse(plannedEnd) - start;
  return length <= 0 ? 1 : Math.min(1, Math.max(0, (Date.parse(asOf) - start) / length));
}

/** The effect by the test of this look, with intervals at a level: the look's own, or a corrected one. */
export function effectAtLook(
  estimate: Estimate,
  look: Exclude<Look, { method: 'none' }>,
  level: number,
): Effect<'always_valid_z' | 'welch_t' | 'z_unpooled'> {
  return look.method === 'always_valid'
    ? alwaysValidEffect(estimate, { alpha: look.alpha, tunedFor: look.tunedFor, level })
    : effectOf(estimate, level);
}

/** What the declared way of looking costs in power, at the experiment's alpha. */
export function costOfLooking(look: Look, settings: ExperimentSettings, arms: number): CostOfLooking {
  const sequential = lookingOf(settings);
  const { alpha, power } = settings;
  const goal = { alpha, power: power.power };
  switch (sequential.method) {
    case 'none':
      return { critical: () => normalCritical(alpha), inflation: 1 };
    case 'always_valid':
      return {
        critical: (users) => alwaysValidCritical(users, { alpha, tunedFor: tuningOf(settings, arms) }),
        inflation: alwaysValidInflation(goal),
      };
    case 'group_sequential': {
      const planned = sequential.looks ?? defaultLooks;
      const spending = spendings[sequential.spending ?? 'obrien_fleming'];
      const information = [
        ...planned.filter((share) => share < 1 && spending(share, alpha) >= leastSpending),
        1,
      ];
      return {
        critical: () => (look.alpha > 0 ? normalCritical(look.alpha) : Number.POSITIVE_INFINITY),
        inflation: groupSequentialInflation({ ...goal, information, spending }),
      };
    }
  }
}
