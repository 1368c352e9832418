import type { ArmMeasurement, ExperimentMeasurement } from '../experiment/measurements.ts';
import { Aggregates } from '../statistics/aggregates.ts';

/** Some users of a variant: how many there are, and the exact sums over the analysed ones. */
export interface Arm extends Omit<ArmMeasurement, 'sums' | 'products' | 'cubes' | 'periods'> {
  readonly aggregates: Aggregates;
  /** The same users by their period of assignment, where the shares of the arms were changed. */
  readonly periods?: readonly PeriodOfArm[];
}

export interface PeriodOfArm {
  readonly period: number;
  readonly exposed: number;
  readonly users: number;
  readonly aggregates: Aggregates;
}

export function armOf({ sums, products, cubes, periods, ...counts }: ArmMeasurement): Arm {
  return {
    ...counts,
    aggregates: Aggregates.parse(counts.users, { sums, products, cubes }),
    ...(periods && {
      periods: periods.map(({ period, exposed, users, ...own }) => ({
        period,
        exposed,
        users,
        aggregates: Aggregates.parse(users, own),
      })),
    }),
  };
}

/** All users of two parts of an arm. */
export function added(a: Arm, b: Arm): Arm {
  const sum = <Part extends Pick<Arm, 'exposed' | 'users' | 'aggregates'>>(one: Part, other: Part): Part => ({
    ...one,
    exposed: one.exposed + other.exposed,
    users: one.users + other.users,
    aggregates: one.aggregates.add(other.aggregates),
  });
  if (a.periods === undefined && b.periods === undefined) return sum(a, b);
  const periods = new Map((a.periods ?? []).map((own) => [own.period, own]));
  for (const own of b.periods ?? []) {
    const before = periods.get(own.period);
    periods.set(own.period, before === undefined ? own : sum(before, own));
  }
  return { ...sum(a, b), periods: [...periods.values()] };
}

/** An arm that nobody is in. */
export function emptyArm(variant: string, { columns }: Pick<ExperimentMeasurement, 'columns'>): Arm {
  const names = columns.map(({ column }) => column);
  const pairs = names.flatMap((a, index) => names.slice(index).map((b) => [a, b] as const));
  const aggregates = Aggregates.none({ columns: names, pairs });
  return { variant, assigned: 0, exposed: 0, users: 0, aggregates };
}
