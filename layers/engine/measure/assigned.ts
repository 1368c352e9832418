import type { EarlyExposures, ExperimentMeasurement } from '../../experiment/measurements.ts';
import type { MartsResult } from '../../runs/documents.ts';
import { Aggregates } from '../../statistics/aggregates.ts';

/** Users of a variant, exposed or not. */
export interface AssignedArm extends Omit<MartsResult['arms'][number], 'experimentId'> {
  readonly tied: number;
  readonly excluded: number;
  readonly early: number;
}

/** Adds up the buckets' assigned users of an experiment, in the order of variants. */
export function mergedArms(marts: readonly MartsResult[], experimentId: string): AssignedArm[] {
  const merged = new Map<string, AssignedArm>();
  for (const arm of marts.flatMap(({ arms }) => arms)) {
    const {
      experimentId: id,
      variant,
      assigned,
      crossovers,
      unknown,
      tied = 0,
      excluded = 0,
      early = 0,
    } = arm;
    if (id !== experimentId) continue;
    const before = merged.get(variant);
    merged.set(variant, {
      variant,
      assigned: assigned + (before?.assigned ?? 0),
      crossovers: crossovers + (before?.crossovers ?? 0),
      unknown: unknown + (before?.unknown ?? 0),
      tied: tied + (before?.tied ?? 0),
      excluded: excluded + (before?.excluded ?? 0),
      early: early + (before?.early ?? 0),
    });
  }
  return [...merged.values()].toSorted(byVariant);
}

/** Adds up what the buckets' assigned users did, in the order of variants; nothing of runs that did not tell. */
export function mergedAssignedOutcomes(
  marts: readonly MartsResult[],
  experimentId: string,
): Pick<ExperimentMeasurement, 'assignedOutcomes'> {
  if (marts.some(({ assignedOutcomes }) => assignedOutcomes === undefined)) return {};
  const merged = new Map<string, { variant: string; crossed: boolean; aggregates: Aggregates }>();
  for (const { experimentId: id, variant, crossed, users, ...sums } of marts.flatMap(
    ({ assignedOutcomes = [] }) => assignedOutcomes,
  )) {
    if (id !== experimentId) continue;
    const key = JSON.stringify([variant, crossed]);
    const before = merged.get(key)?.aggregates;
    const aggregates = Aggregates.parse(users, sums);
    merged.set(key, { variant, crossed, aggregates: before?.add(aggregates) ?? aggregates });
  }
  return {
    assignedOutcomes: [...merged]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { variant, crossed, aggregates }]) => ({
        variant,
        crossed,
        users: Number(aggregates.n),
        ...aggregates.toJSON(),
      })),
  };
}

/** Adds up the buckets' users by day of assignment, in the order of days and variants. */
export function assignedByDay(
  marts: readonly MartsResult[],
  experimentId: string,
): ExperimentMeasurement['assignedByDay'] {
  const days = new Map<string, Map<string, number>>();
  for (const { experimentId: id, day, variant, users } of marts.flatMap((mart) => mart.assignedByDay)) {
    if (id !== experimentId) continue;
    const arms = days.get(day) ?? new Map<string, number>();
    days.set(day, arms.set(variant, users + (arms.get(variant) ?? 0)));
  }
  return [...days]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, arms]) => ({
      day,
      arms: [...arms].map(([variant, users]) => ({ variant, users })).toSorted(byVariant),
    }));
}

/** Adds up the buckets' exposures before the assignment. */
export function mergedEarlyExposures(marts: readonly MartsResult[], experimentId: string): EarlyExposures {
  return marts
    .flatMap((mart) => mart.earlyExposures)
    .filter((early) => early.experimentId === experimentId)
    .reduce<EarlyExposures>(
      (sum, { events, users, usersLeftOut }) => ({
        events: sum.events + events,
        users: sum.users + users,
        usersLeftOut: sum.usersLeftOut + usersLeftOut,
      }),
      { events: 0, users: 0, usersLeftOut: 0 },
    );
}

function byVariant(a: { readonly variant: string }, b: { readonly variant: string }): number {
  return a.variant < b.variant ? -1 : 1;
}
