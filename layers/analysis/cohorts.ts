import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import { Aggregates } from '../statistics/aggregates.ts';
import { type Arm, added, armOf } from './arm.ts';

/** The arms with all analysed users exposed up to and including each day. */
export function usersUpTo(cohorts: ExperimentMeasurement['cohorts'], arms: readonly Arm[]) {
  const days = cohorts.map(({ day, arms: measured }) => ({ day, cohort: measured.map(armOf) }));
  // Cohorts hold fewer columns than arms.
  const columns = [...days.flatMap(({ cohort }) => cohort), ...arms][0]?.aggregates.shape;
  if (columns === undefined) return [];
  let soFar = arms.map(
    ({ variant }): Arm => ({
      variant,
      assigned: 0,
      exposed: 0,
      users: 0,
      aggregates: Aggregates.none(columns),
      ...(arms.some(({ periods }) => periods !== undefined) && { periods: [] }),
    }),
  );
  return days.map(({ day, cohort }) => {
    soFar = soFar.map((arm) => {
      const more = cohort.find(({ variant }) => variant === arm.variant);
      return more === undefined ? arm : added(arm, more);
    });
    return { day, arms: soFar };
  });
}

export function armNamed(arms: readonly Arm[], variant: string): Arm {
  const arm = arms.find((candidate) => candidate.variant === variant);
  if (arm === undefined) throw new Error(`there is no arm "${variant}"`);
  return arm;
}
