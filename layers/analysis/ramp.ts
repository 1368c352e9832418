import type { ExperimentSettings } from '../experiment/config.ts';
import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import type { ExperimentReport } from '../report/schema.ts';
import { Aggregates } from '../statistics/aggregates.ts';
import { stratifiedLift } from '../statistics/stratified.ts';
import type { Arm } from './arm.ts';
import type { Estimate } from './metrics/metric-analysis.ts';
import type { Sample } from './sample.ts';

/** A period of assignment with the shares that held in it, and the users of each arm who were assigned in it. */
export interface Period {
  /** First UTC day after it; null for the last one. */
  readonly until: string | null;
  readonly weights: Readonly<Record<string, number>>;
  readonly assigned: readonly { readonly variant: string; readonly users: number }[];
  readonly exposed: readonly { readonly variant: string; readonly users: number }[];
}

/** Users of each arm whom a period needs to be compared within itself; a shorter one is left out. */
export const leastOfPeriod = 100;

/** The periods of an experiment, in their order: one, of all users, where its shares were not changed. */
export function periodsOf(
  { assignedByDay }: Pick<ExperimentMeasurement, 'assignedByDay'>,
  { ramp }: Pick<ExperimentSettings, 'ramp'>,
  arms: readonly Arm[],
  last: Period['weights'],
): Period[] {
  if (ramp.length === 0) {
    return [
      {
        until: null,
        weights: last,
        assigned: arms.map(({ variant, assigned }) => ({ variant, users: assigned })),
        exposed: arms.map(({ variant, exposed }) => ({ variant, users: exposed })),
      },
    ];
  }
  return [...ramp, { until: null, weights: last }].map(({ until, weights }, index): Period => {
    const from = ramp[index - 1]?.until ?? '';
    const days = assignedByDay.filter(({ day }) => day >= from && (until === null || day < until));
    return {
      until,
      weights,
      assigned: arms.map(({ variant }) => ({
        variant,
        users: days
          .flatMap((day) => day.arms)
          .filter((arm) => arm.variant === variant)
          .reduce((sum, { users }) => sum + users, 0),
      })),
      exposed: arms.map(({ variant, periods = [] }) => ({
        variant,
        users: periods.find(({ period }) => period === index)?.exposed ?? 0,
      })),
    };
  });
}

/** The share of all assigned users whom each arm was planned to have, over all periods together. */
export function plannedShares(periods: readonly Period[]): Record<string, number> {
  const [only, ...others] = periods;
  if (only === undefined || others.length === 0) return { ...only?.weights };
  const sizes = periods.map(({ assigned }) => assigned.reduce((sum, { users }) => sum + users, 0));
  const all = sizes.reduce((sum, size) => sum + size, 0);
  if (all === 0) return { ...periods.at(-1)?.weights };
  return Object.fromEntries(
    Object.keys(only.weights).map((variant) => [
      variant,
      periods.reduce((sum, { weights }, k) => sum + ((weights[variant] ?? 0) * (sizes[k] ?? 0)) / all, 0),
    ]),
  );
}

/** Whether the arms are told apart by period, since their shares were changed. */
export function isRamped({ control }: Pick<Sample, 'control'>): boolean {
  return control.periods !== undefined;
}

/**
 * A lift within each period of assignment, and its mean over them by their users of all arms. Users who came in different
 * periods are not compared: those of a later one had less time, and the arms have different shares of them.
 */
export function liftOverPeriods(
  sample: Sample,
  treatment: Arm,
  liftOf: (part: Sample, treatment: Arm) => Estimate,
): Estimate {
  const strata = comparablePeriods(sample, treatment).map(({ period, users }) => {
    const part = {
      ...sample,
      control: armIn(sample.control, period),
      treatments: sample.treatments.map((arm) => armIn(arm, period)),
    };
    return { estimate: liftOf(part, armIn(treatment, period)), weight: users };
  });
  return stratifiedLift(strata);
}

/** The periods in which both arms have enough users, and the users of all arms in them. */
export function comparablePeriods(
  { control, treatments }: Pick<Sample, 'control' | 'treatments'>,
  treatment: Arm,
): { readonly period: number; readonly users: number }[] {
  const usersIn = ({ periods = [] }: Arm, period: number) =>
    periods.find((own) => own.period === period)?.users ?? 0;
  return (control.periods ?? [])
    .map(({ period }) => period)
    .filter((period) => [control, treatment].every((arm) => usersIn(arm, period) >= leastOfPeriod))
    .map((period) => ({
      period,
      users: [control, ...treatments].reduce((sum, arm) => sum + usersIn(arm, period), 0),
    }));
}

/** The periods as the report tells them, each with its weight in the effects of all arms together. */
export function describeRamp(
  periods: readonly Period[],
  { control, treatments }: Pick<Sample, 'control' | 'treatments'>,
): NonNullable<ExperimentReport['settings']['ramp']> {
  const counted = treatments.map((treatment) => comparablePeriods({ control, treatments }, treatment));
  return periods.map(({ until, weights }, period) => {
    const shares = counted.map((found) => {
      const all = found.reduce((sum, { users }) => sum + users, 0);
      return (found.find((own) => own.period === period)?.users ?? 0) / (all || 1);
    });
    return { until, weights: { ...weights }, share: Math.max(0, ...shares) };
  });
}

function armIn(arm: Arm, period: number): Arm {
  const { periods = [], aggregates, ...counts } = arm;
  const own = periods.find((candidate) => candidate.period === period);
  return own === undefined
    ? { ...counts, exposed: 0, users: 0, aggregates: Aggregates.none(aggregates.shape) }
    : { ...counts, exposed: own.exposed, users: own.users, aggregates: own.aggregates };
}
