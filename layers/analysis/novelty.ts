import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import type { Novelty, SinceExposure } from '../report/schema.ts';
import { effectOf } from '../statistics/effect.ts';
import { alwaysValidEffect } from '../statistics/sequential.ts';
import { effectOverPooled, linearTrend } from '../statistics/trend.ts';
import { effectReport, intervalsOf } from './compare-metric.ts';
import type { RoleOfMetric } from './compare-metrics.ts';
import {
  type Arm,
  columnUnit,
  estimateLift,
  meanLiftOf,
  plainBasis,
  type Sample,
  scales,
} from './estimate.ts';

/**
 * The effect on the primary and the secondary metrics among all users exposed up to each day, unadjusted and uncapped.
 * Quantiles are not measured by day.
 */
export function cumulativeEffects(
  cohorts: ExperimentMeasurement['cohorts'],
  roles: readonly RoleOfMetric[],
  sample: Sample,
  plan: { readonly alpha: number; readonly tunedFor: number },
): Novelty[] {
  const days = accumulate(cohorts, [sample.control, ...sample.treatments]);
  const shown = roles.filter(
    ({ role, metric, unavailable }) =>
      role !== 'guardrail' && metric.kind !== 'quantile' && unavailable === null,
  );
  return shown.flatMap(({ metric }) =>
    sample.treatments.map(({ variant }) => ({
      metric: metric.name,
      variant,
      cumulative: days.map(({ day, arms }) => {
        const [control, treatment] = [armOf(arms, sample.control.variant), armOf(arms, variant)];
        const estimate = estimateLift(metric, { ...sample, control }, treatment, plainBasis);
        const effect = effectOf(estimate, plan.alpha);
        const always = alwaysValidEffect(estimate, plan);
        const { relativeReason: _, ...shownEffect } = effectReport(effect);
        return {
          day,
          users: { control: control.users, treatment: treatment.users },
          ...shownEffect,
          alwaysValidCi: intervalsOf(always).absoluteCi,
          alwaysValidRelativeCi: intervalsOf(always).relativeCi,
          reason: effect.reason,
        };
      }),
    })),
  );
}

/** The effect on what users did on their k-th day, and whether it changes from day to day. */
export function effectsSinceExposure(
  { sinceExposure, columns }: Pick<ExperimentMeasurement, 'sinceExposure' | 'columns'>,
  sample: Sample,
  alpha: number,
): SinceExposure[] {
  const daysOf = (variant: string) => sinceExposure.arms.find((arm) => arm.variant === variant)?.days ?? [];
  const control = daysOf(sample.control.variant);
  return sinceExposure.columns.flatMap((column) => {
    const unit = columns.find((known) => known.column === column)?.unit ?? 'count';
    return sample.treatments.map(({ variant }): SinceExposure => {
      const days = daysOf(variant).flatMap((treatment) => {
        const same = control.find(({ day }) => day === treatment.day);
        if (same === undefined) return [];
        const [c, t] = [momentsOfDay(same, column), momentsOfDay(treatment, column)];
        const estimate = meanLiftOf({ control: c, treatment: t, scale: scales[unit] });
        const overPooled = estimate.reason === null ? effectOverPooled({ control: c, treatment: t }) : null;
        const users = { control: same.users, treatment: treatment.users };
        return [{ day: treatment.day, users, estimate, overPooled }];
      });
      const points = days.flatMap(({ day, overPooled }) =>
        overPooled === null ? [] : [{ x: day, ...overPooled }],
      );
      const trend = linearTrend(points);
      return {
        column,
        unit: columnUnit(unit),
        variant,
        days: days.map(({ day, users, estimate }) => {
          const effect = effectOf(estimate, alpha);
          const { relativeReason: _, ...shown } = effectReport(effect);
          return { day, users, ...shown, reason: effect.reason };
        }),
        trend:
          trend.reason === null
            ? { slope: trend.slope, se: trend.se, z: trend.z, p: trend.p }
            : { reason: trend.reason },
      };
    });
  });
}

type DayOfUsers = ExperimentMeasurement['sinceExposure']['arms'][number]['days'][number];

function momentsOfDay({ users, sums, squares }: DayOfUsers, column: string) {
  return { n: BigInt(users), sum: BigInt(sums[column] ?? '0'), sumSquares: BigInt(squares[column] ?? '0') };
}

/** The arms with all users exposed up to and including each day. */
function accumulate(cohorts: ExperimentMeasurement['cohorts'], arms: readonly Arm[]) {
  let soFar = arms.map(nobody);
  return cohorts.map(({ day, arms: added }) => {
    soFar = soFar.map((arm) => {
      const more = added.find(({ variant }) => variant === arm.variant);
      return more === undefined ? arm : addArms(arm, more);
    });
    return { day, arms: soFar };
  });
}

function nobody({ variant, sums, products }: Arm): Arm {
  const zeros = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.keys(values).map((key) => [key, '0']));
  return {
    variant,
    assigned: 0,
    exposed: 0,
    users: 0,
    sums: zeros(sums),
    products: Object.fromEntries(Object.entries(products).map(([column, row]) => [column, zeros(row)])),
  };
}

function addArms(a: Arm, b: Arm): Arm {
  const products = Object.entries(b.products).map(([column, row]) => [
    column,
    addIntegers(a.products[column] ?? {}, row),
  ]);
  return {
    ...a,
    exposed: a.exposed + b.exposed,
    users: a.users + b.users,
    sums: addIntegers(a.sums, b.sums),
    products: { ...a.products, ...Object.fromEntries(products) },
  };
}

/** Cohorts hold fewer columns than arms: the others stay as they are. */
function addIntegers(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>) {
  const sums = Object.entries(b).map(([key, value]) => [key, String(BigInt(a[key] ?? '0') + BigInt(value))]);
  return { ...a, ...Object.fromEntries(sums) };
}

function armOf(arms: readonly Arm[], variant: string): Arm {
  const arm = arms.find((candidate) => candidate.variant === variant);
  if (arm === undefined) throw new Error(`there is no arm "${variant}"`);
  return arm;
}
