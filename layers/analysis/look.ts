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
import { inflationOf, type Looking } from '../statistics/sequential-power.ts';
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
/** Looks nearer to each other than this share of the information count as one. */
const leastStep = 0.005;
/** What looks on every day cost: from about so many on, more of them cost next to nothing. */
const manyLooks = Array.from({ length: 19 }, (_, look) => (look + 1) / 20);
/** Below this nothing can be significant, and the spending function is out of the range of a double. */
const leastSpending = 1e-200;

const spendings = { obrien_fleming: obrienFlemingSpending, pocock: pocockSpending };

/** The declared way of looking; `auto` looks once where an end is declared, and at any time where none is. */
export function lookingOf({
  sequential,
  planned_end,
  planned_users,
}: Pick<ExperimentSettings, 'sequential' | 'planned_end' | 'planned_users'>) {
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
      const spend = spendings[spending];
      const taken = looksSoFar(sequential, progress);
      const information = taken.at(-1) ?? informationNow(progress);
      const charged = taken.filter((look) => spend(look, alpha) >= leastSpending);
      const looks = groupSequentialLooks(charged, alpha, spend);
      return { method: 'group_sequential', spending, information, alpha: looks.at(-1)?.alpha ?? 0 };
    }
  }
}

type GroupSequential = Extract<ExperimentSettings['sequential'], { method: 'group_sequential' }>;

/** The same, but with every day of the data counted as a look, whatever looks were declared. */
export function everyDay(settings: ExperimentSettings): ExperimentSettings {
  const { sequential } = settings;
  if (sequential.method !== 'group_sequential') return settings;
  const { looks: _, ...rest } = sequential;
  return { ...settings, sequential: rest };
}

/**
 * Information of the looks so far. A run does not know of those before it, but the data have days: each at which more
 * outcome windows had ended counts as a look, and so does the present one. Where looks are declared, these are the days at
 * which a declared share was reached, and the last of them is the look that is judged.
 */
function looksSoFar({ looks }: GroupSequential, progress: Progress): number[] {
  const now = informationNow(progress);
  const earlier = closedDays(progress)
    .map((day) => informationAt(progress, day))
    .filter((information) => information < now);
  const days = [...earlier, now];
  const [last, ...before] = (
    looks === undefined
      ? days
      : looks.flatMap((share) => days.find((information) => information >= share) ?? [])
  ).toReversed();
  if (last === undefined || last <= 0) return [];
  const spaced: number[] = [];
  for (const information of before.toReversed()) {
    if (information >= (spaced.at(-1) ?? 0) + leastStep && information <= last - leastStep) {
      spaced.push(information);
    }
  }
  return [...spaced, last];
}

/** The declared share of the information that was reached last; all of it where looks are not declared one by one. */
function judgedShare({ sequential }: ExperimentSettings, progress: Progress): number {
  if (sequential.method !== 'group_sequential') return 1;
  const now = informationNow(progress);
  return sequential.looks?.findLast((share) => share <= now) ?? 1;
}

/**
 * The last day of exposure of the users on whom the verdict rests, or null where all are judged: those until the plan was
 * full, or until the last declared look.
 */
export function lastDayJudged(settings: ExperimentSettings, progress: Progress): string | null {
  const share = judgedShare(settings, progress);
  const end = progress.plannedEnd === null ? Number.POSITIVE_INFINITY : Date.parse(progress.plannedEnd);
  const days = closedDays(progress);
  const reached = days.findIndex((day) => informationAt(progress, day) >= share);
  // Who came after the end is not judged, though nobody came on its own day.
  const isAfterEnd = Date.parse(days[reached]?.day ?? '') >= end;
  return days[isAfterEnd ? Math.max(reached - 1, 0) : reached]?.day ?? null;
}

/** Days of exposure all of whose users' outcome windows have ended. */
function closedDays({ days, countsOpen, openUsers, lastClosedDay }: Progress): Progress['days'] {
  if (!countsOpen || openUsers === 0) return days;
  return days.filter(({ day }) => lastClosedDay !== null && day <= lastClosedDay);
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

/** Information at the end of a day of exposure, of those exposed by then. */
function informationAt(progress: Progress, { day, users }: Progress['days'][number]): number {
  return informationOf(progress, users, Date.parse(day) + dayLength);
}

/** Information of the users whose outcome window has ended. */
function informationNow(progress: Progress): number {
  const { asOf, openUsers, closedUsers, maturityDays } = progress;
  const until = asOf === null ? null : Date.parse(asOf) - (openUsers === 0 ? 0 : maturityDays * dayLength);
  return informationOf(progress, closedUsers, until);
}

/**
 * Share of the planned users, else of the time from the first exposure to the planned end; at most 1. All of it at the
 * planned end, also where fewer users came.
 */
function informationOf(
  { plannedUsers, plannedEnd, firstDay }: Progress,
  users: number,
  until: number | null,
): number {
  if (plannedEnd !== null && until !== null && until >= Date.parse(plannedEnd)) return 1;
  if (plannedUsers !== null) return Math.min(1, users / plannedUsers);
  if (plannedEnd === null || until === null || firstDay === null) return 0;
  const start = Date.parse(firstDay);
  return Math.min(1, Math.max(0, (until - start) / (Date.parse(plannedEnd) - start)));
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

/**
 * What the declared way of looking costs in power, for a two-sided test at a level and a power of its own.
 * @param look that of this level
 */
export function costOfLooking(
  look: Look,
  settings: ExperimentSettings,
  arms: number,
  goal: { readonly alpha: number; readonly power: number },
): CostOfLooking {
  const { alpha } = goal;
  const inflation = inflationOf(plannedLooks(settings, alpha), goal);
  switch (lookingOf(settings).method) {
    case 'none':
      return { critical: () => normalCritical(alpha), inflation };
    case 'always_valid':
      return {
        critical: (users) => alwaysValidCritical(users, { alpha, tunedFor: tuningOf(settings, arms) }),
        inflation,
      };
    case 'group_sequential':
      return {
        critical: () => (look.alpha > 0 ? normalCritical(look.alpha) : Number.POSITIVE_INFINITY),
        inflation,
      };
  }
}

/** The looks of the whole plan, those that spend nothing of the level left out. */
export function plannedLooks(settings: ExperimentSettings, alpha: number): Looking {
  const sequential = lookingOf(settings);
  if (sequential.method !== 'group_sequential') return { method: sequential.method };
  const spending = spendings[sequential.spending ?? 'obrien_fleming'];
  const information = [...(sequential.looks ?? manyLooks), 1].filter(
    (share, i, all) => all.indexOf(share) === i && spending(share, alpha) >= leastSpending,
  );
  return { method: 'group_sequential', information, spending };
}
