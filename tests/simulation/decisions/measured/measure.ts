import { areUnequal, measuredColumns } from '../../../../layers/engine/measure/columns.ts';
import { type Config, decisiveEvents, settingsOf } from '../../../../layers/experiment/config.ts';
import type { Measurements } from '../../../../layers/experiment/measurements.ts';
import { metricsOf } from '../../../../layers/experiment/metrics.ts';
import { dateOf, experimentId } from '../calendar.ts';
import { type History, totals } from '../history.ts';
import { horizonDays, type Truth } from '../truth.ts';
import { capOf, histogramOf, quantileOf } from './amounts.ts';
import { adjustedCellsOf, logitCellsOf } from './cells.ts';
import { cohortsOf, daysWith, sinceExposureOf } from './days.ts';
import { addUp, byVariant, type Look, sumOver, usersBetween } from './look.ts';
import { sourcesOf, sumsOf } from './sums.ts';

/**
 * What layers/engine/measure would make of the events that there are at the end of a day (the test
 * tests/oracle/simulated-drop.test.ts holds the two together): a new shop's, of users without a past.
 */
export function measurementsAt(truth: Truth, history: History, config: Config, day: number): Measurements {
  const settings = settingsOf(config, experimentId);
  const { outcome_window_days: window, immature } = settings;
  const lastAnalysed = immature === 'include' ? day : day - window;
  const buyers = history.buyers.filter(
    ({ exposureDay, purchaseDay }) =>
      exposureDay <= lastAnalysed && purchaseDay <= day && purchaseDay < exposureDay + window,
  );
  const arms = truth.arms.map((_, arm) => arm);
  const assignedTo = (arm: number) => sumOver((history.assigned[arm] ?? []).slice(0, day + 1), Number);
  const columns = measuredColumns(config, settings, areUnequal(arms.map(assignedTo)));
  const metrics = metricsOf(config, settings);
  const seen = { truth, history, settings, day, lastAnalysed, buyers, columns };
  const uncapped: Look = { ...seen, caps: [], sources: sourcesOf(columns.outcomes) };
  const look: Look = { ...uncapped, caps: metrics.flatMap((metric) => capOf(uncapped, metric)) };

  const immatureUsers = sumOver(arms, (arm) => usersBetween(look, arm, day - window + 1, day));
  const everyone = arms.map((arm) => addUp(look, arm, 0, day, horizonDays));
  const counts = (name: (typeof totals)[number]) =>
    sumOver(everyone, (values) => values[totals.indexOf(name)] as number);
  const events = {
    add_to_cart: counts('carted'),
    begin_checkout: counts('checkedOut'),
    purchase: counts('orders'),
    view_product: counts('events') - counts('carted') - counts('checkedOut') - counts('orders'),
  };
  const happened = Object.entries(events).filter(([, lines]) => lines > 0);
  const assigned = sumOver(arms, assignedTo);
  const exposed = sumOver(arms, (arm) => usersBetween(look, arm, 0, day));
  const analysed = sumOver(arms, (arm) => usersBetween(look, arm, 0, lastAnalysed));
  const step = (name: string, users: number) => ({ experimentId, step: name, rows: users, users });
  const all = (lines: number) => ({ lines, accepted: lines, quarantined: 0, duplicates: 0 });

  return {
    schemaVersion: 1,
    asOf: `${dateOf(day + 1)}T00:00:00.000Z`,
    eventNames: happened.map(([name]) => name),
    decisiveEvents: decisiveEvents(config).flatMap((event) => {
      const accepted = happened.find(([name]) => name === event)?.[1] ?? 0;
      return accepted === 0 ? [] : [{ event, accepted, quarantined: 0 }];
    }),
    experiments: [
      {
        experimentId,
        columns: [...columns.outcomes, ...columns.covariates, ...columns.capped].map(({ column, unit }) => ({
          column,
          unit,
        })),
        caps: [...look.caps],
        arms: byVariant(look, (arm, variant) => ({
          variant,
          assigned: assignedTo(arm),
          ...sumsOf(look, arm, 0, day, 'all'),
        })),
        crossovers: 0,
        crossoversByFirstVariant: [],
        unknownVariants: [],
        earlyExposures: { events: 0, users: 0, usersLeftOut: 0 },
        segments: [],
        cohorts: cohortsOf(look),
        assignedByDay: daysWith(look, (arm, d) => history.assigned[arm]?.[d] ?? 0).map(
          ({ index: _, ...rest }) => rest,
        ),
        // Made when asked for: the decision does without.
        get sinceExposure() {
          return sinceExposureOf(look, config);
        },
        quantiles: metrics.flatMap((metric) => quantileOf(look, metric)),
        get revenueHistogram() {
          return histogramOf(look);
        },
        get logitCells() {
          return logitCellsOf(look);
        },
        get adjustedCells() {
          return settings.cuped === null ? [] : adjustedCellsOf(look);
        },
        immatureUsers,
      },
    ],
    population: [
      step('assigned', assigned),
      step('crossovers', 0),
      step('unknown_variant', 0),
      step('excluded_users', 0),
      step('not_exposed', assigned - exposed),
      step('exposed_before_assignment', 0),
      step('exposed', exposed),
      step('immature', immatureUsers),
      step('analysed', analysed),
    ],
    quality: {
      users: all(assigned),
      products: all(1),
      sessions: all(counts('sessions')),
      experiment_assignments: all(assigned),
      events: all(counts('events')),
    },
    quarantineRules: [],
    warnings: [],
  };
}
