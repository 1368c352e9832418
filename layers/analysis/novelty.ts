import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import type { Novelty, SinceExposure } from '../report/schema.ts';
import { Aggregates } from '../statistics/aggregates.ts';
import { effectOf } from '../statistics/effect.ts';
import { alwaysValidEffect } from '../statistics/sequential.ts';
import { effectOverPooled, linearTrend } from '../statistics/trend.ts';
import { armNamed, usersUpTo } from './cohorts.ts';
import { effectReport, intervalsOf } from './compare-metric.ts';
import type { RoleOfMetric } from './compare-metrics.ts';
import { estimateLift, meanLiftOf } from './estimate.ts';
import { analyses } from './metrics/kinds.ts';
import { columnUnit, plainBasis, type Sample, scales } from './sample.ts';

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
  const days = usersUpTo(cohorts, [sample.control, ...sample.treatments]);
  const shown = roles.filter(
    ({ role, metric, unavailable }) =>
      role !== 'guardrail' && analyses[metric.kind].isOfSums && unavailable === null,
  );
  return shown.flatMap(({ metric }) =>
    sample.treatments.map(({ variant }) => ({
      metric: metric.name,
      variant,
      cumulative: days.map(({ day, arms }) => {
        const [control, treatment] = [armNamed(arms, sample.control.variant), armNamed(arms, variant)];
        const upToDay = {
          ...sample,
          control,
          treatments: sample.treatments.map((arm) => armNamed(arms, arm.variant)),
        };
        const estimate = estimateLift(metric, upToDay, treatment, plainBasis);
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
  const daysByVariant = new Map(
    sinceExposure.arms.map((arm) => [
      arm.variant,
      arm.days.map((day) => ({ day: day.day, users: day.users, aggregates: aggregatesOf(day) })),
    ]),
  );
  const daysOf = (variant: string) => daysByVariant.get(variant) ?? [];
  const control = daysOf(sample.control.variant);
  return sinceExposure.columns.flatMap((column) => {
    const unit = columns.find((known) => known.column === column)?.unit ?? 'count';
    return sample.treatments.map(({ variant }): SinceExposure => {
      const days = daysOf(variant).flatMap((treatment) => {
        const same = control.find(({ day }) => day === treatment.day);
        if (same === undefined) return [];
        const moments = {
          control: same.aggregates.moments(column),
          treatment: treatment.aggregates.moments(column),
        };
        const estimate = meanLiftOf({ ...moments, scale: scales[unit] });
        const overPooled = estimate.reason === null ? effectOverPooled(moments) : null;
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

/** What the users of a day did, who have sums and squares of single columns. */
function aggregatesOf({ users, sums, squares }: DayOfUsers): Aggregates {
  const products = Object.fromEntries(
    Object.entries(squares).map(([name, square]) => [name, { [name]: square }]),
  );
  return Aggregates.parse(users, { sums, products });
}
