import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import { Aggregates } from '../statistics/aggregates.ts';
import { type Arm, armOf } from './arm.ts';

/** The arms with all analysed users exposed up to and including each day. */
export function usersUpTo(cohorts: ExperimentMeasurement['cohorts'], arms: readonly Arm[]) {
  const days = cohorts.map(({ day, arms: measured }) => ({ day, added: measured.map(armOf) }));
  // Cohorts hold fewer columns than arms.
  const columns = [...days.flatMap(({ added }) => added), ...arms][0]?.aggregates.shape;
  if (columns === undefined) return [];
  let soFar = arms.map(
    ({ variant }): Arm => ({
      variant,
      assigned: 0,
      exposed: 0,
      users: 0,
      aggregates: Aggregates.none(columns),
    }),
  );
  return days.map(({ day, added }) => {
    soFar = soFar.map((arm) => {
      const more = added.find(({ variant }) => variant === arm.variant);
      return more === undefined ? arm : plus(arm, more);
    });
    return { day, arms: soFar };
  });
}

function plus(a: Arm, b: Arm): Arm {
  return {
    ...a,
    exposed: a.exposed + b.exposed,
    users: a.users + b.users,
    aggregates: a.aggregates.add(b.aggregates),
  };
}

export function armNamed(arms: readonly Arm[], variant: string): Arm {
  const arm = arms.find((candidate) => candidate.variant === variant);
  if (arm === undefined) throw new Error(`there is no arm "${variant}"`);
  return arm;
}
