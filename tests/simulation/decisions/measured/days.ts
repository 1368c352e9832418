import type { Config } from '../../../../layers/experiment/config.ts';
import type { ExperimentMeasurement } from '../../../../layers/experiment/measurements.ts';
import { columnsSinceExposure } from '../../../../layers/experiment/metrics.ts';
import { dateOf } from '../calendar.ts';
import { daily } from '../history.ts';
import { accumulate, armOf, byVariant, exact, type Look, usersBetween } from './look.ts';
import { sumsOf, unknown } from './sums.ts';

export function cohortsOf(look: Look): ExperimentMeasurement['cohorts'] {
  return daysWith(look, (arm, day) => (day <= look.day ? (look.history.exposed[arm]?.[day] ?? 0) : 0)).map(
    ({ day, index, arms }) => ({
      day,
      arms: arms.map(({ variant }) => ({
        variant,
        assigned: 0,
        ...sumsOf(look, armOf(look, variant), index, index, 'outcomes'),
      })),
    }),
  );
}

export function sinceExposureOf(look: Look, config: Config): ExperimentMeasurement['sinceExposure'] {
  const { history, day, lastAnalysed, sources, settings } = look;
  const columns = columnsSinceExposure(config, settings).map(({ column }) => column);
  const parts: Readonly<Record<string, readonly [(typeof daily)[number], (typeof daily)[number]]>> = {
    purchased: ['purchased', 'purchased'],
    added_to_cart: ['carted', 'carted'],
    began_checkout: ['checkedOut', 'checkedOut'],
    revenue: ['revenue', 'revenueSquared'],
    events_in_window: ['events', 'eventsSquared'],
  };
  const arms = byVariant(look, (arm, variant) => ({
    variant,
    days: Array.from({ length: settings.outcome_window_days }, (_, k) => {
      const last = Math.min(lastAnalysed, day - k - 1);
      const added = new Float64Array(daily.length);
      for (let exposureDay = 0; exposureDay <= Math.min(last, history.exposureDays - 1); exposureDay++) {
        accumulate(added, history.dailyOf(arm, exposureDay, k));
      }
      const valuesIn = (which: 0 | 1) =>
        Object.fromEntries(
          columns.map((column) => {
            const part = parts[sources.get(column) ?? column]?.[which] ?? unknown(column);
            return [column, String(exact(added[daily.indexOf(part)] as number))];
          }),
        );
      return { day: k, users: usersBetween(look, arm, 0, last), sums: valuesIn(0), squares: valuesIn(1) };
    }).filter(({ users }) => users > 0),
  }));
  return { columns, arms: arms.filter(({ days }) => days.length > 0) };
}

/** Days on which some arm has a count, with the arms that have one. */
export function daysWith(look: Look, usersOf: (arm: number, day: number) => number) {
  const days = Math.min(look.day + 1, look.history.exposureDays);
  return Array.from({ length: days }, (_, index) => ({
    day: dateOf(index),
    index,
    arms: byVariant(look, (arm, variant) => ({ variant, users: usersOf(arm, index) })).filter(
      ({ users }) => users > 0,
    ),
  })).filter(({ arms }) => arms.length > 0);
}
