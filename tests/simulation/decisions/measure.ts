import { measuredColumns } from '../../../layers/engine/measure/columns.ts';
import {
  type Config,
  decisiveEvents,
  type ExperimentSettings,
  settingsOf,
} from '../../../layers/experiment/config.ts';
import type {
  ArmMeasurement,
  CapMeasurement,
  ExperimentMeasurement,
  Measurements,
} from '../../../layers/experiment/measurements.ts';
import { columnsSinceExposure, type Metric, metricsOf } from '../../../layers/experiment/metrics.ts';
import { isEventColumn, type OutcomeColumn } from '../../../layers/experiment/outcome-columns.ts';
import { normalCritical } from '../../../layers/statistics/distributions.ts';
import { nearestRank, quantileRanks } from '../../../layers/statistics/quantile.ts';
import { type Buyer, daily, eventLevels, type History, totals } from './history.ts';
import { type Truth, windowDays } from './truth.ts';

export const experimentId = 'simulated';

/** Day 0 of every experiment. */
const firstDay = Date.UTC(2024, 0, 15);

/** The UTC date of a day. */
export function dateOf(day: number): string {
  return new Date(firstDay + day * 86_400_000).toISOString().slice(0, 10);
}

/** An experiment as seen at the end of a day. */
interface Look {
  readonly truth: Truth;
  readonly history: History;
  readonly settings: ExperimentSettings;
  readonly day: number;
  /** Last exposure day whose users are analysed. */
  readonly lastAnalysed: number;
  /** Of the analysed users, the smallest amount first. */
  readonly buyers: readonly Buyer[];
  readonly caps: readonly CapMeasurement[];
  /** Columns of which this one is another name. */
  readonly sources: ReadonlyMap<string, string>;
  readonly columns: ReturnType<typeof measuredColumns>;
}

/**
 * What layers/engine/measure would make of the events that there are at the end of a day (the test
 * tests/oracle/simulated-drop.test.ts holds the two together): a new shop's, of users without a past.
 */
export function measurementsAt(truth: Truth, history: History, config: Config, day: number): Measurements {
  const settings = settingsOf(config, experimentId);
  const lastAnalysed = settings.immature === 'include' ? day : day - windowDays;
  const buyers = history
    .buyers()
    .filter(({ exposureDay, purchaseDay }) => exposureDay <= lastAnalysed && purchaseDay <= day);
  const columns = measuredColumns(config, settings);
  const metrics = metricsOf(config, settings);
  const seen = { truth, history, settings, day, lastAnalysed, buyers, columns };
  const uncapped: Look = { ...seen, caps: [], sources: sourcesOf(columns.outcomes) };
  const look: Look = { ...uncapped, caps: metrics.flatMap((metric) => capOf(uncapped, metric)) };

  const arms = truth.arms.map((_, arm) => arm);
  const immatureUsers = sumOver(arms, (arm) => usersBetween(look, arm, day - windowDays + 1, day));
  const everyone = arms.map((arm) => totalsUpTo(look, arm, day));
  const counts = (name: (typeof totals)[number]) =>
    sumOver(everyone, (values) => values[totals.indexOf(name)] as number);
  const events = {
    add_to_cart: counts('carted'),
    begin_checkout: counts('checkedOut'),
    purchase: counts('orders'),
    view_product: counts('events') - counts('carted') - counts('checkedOut') - counts('orders'),
  };
  const happened = Object.entries(events).filter(([, lines]) => lines > 0);
  const assigned = sumOver(arms, (arm) => sumOver((history.assigned[arm] ?? []).slice(0, day + 1), Number));
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
          assigned: sumOver((history.assigned[arm] ?? []).slice(0, day + 1), Number),
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
        sinceExposure: sinceExposureOf(look, config),
        quantiles: metrics.flatMap((metric) => quantileOf(look, metric)),
        revenueHistogram: histogramOf(look),
        logitCells: logitCellsOf(look),
        adjustedCells: settings.cuped === null ? [] : adjustedCellsOf(look),
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

/** Sums of an arm's users exposed from one day to another, as the document names them. */
function sumsOf(
  look: Look,
  arm: number,
  from: number,
  to: number,
  which: 'all' | 'outcomes',
): Omit<ArmMeasurement, 'variant' | 'assigned'> {
  const { columns, lastAnalysed } = look;
  const last = Math.min(to, lastAnalysed);
  const users = usersBetween(look, arm, from, last);
  const names = (
    which === 'all' ? [...columns.outcomes, ...columns.covariates, ...columns.capped] : columns.outcomes
  ).map(({ column }) => column);
  const values = valuesOf(look, arm, from, last, users);
  const products: Record<string, Record<string, string>> = {};
  for (const [a, b] of which === 'all' ? columns.pairs : columns.outcomePairs) {
    const row = products[a] ?? {};
    row[b] = String(values.product(a, b));
    products[a] = row;
  }
  return {
    exposed: usersBetween(look, arm, from, to),
    users,
    sums: Object.fromEntries(names.map((name) => [name, String(values.sum(name))])),
    products,
  };
}

interface Values {
  sum(column: string): bigint;
  product(a: string, b: string): bigint;
}

/** Sums and products of columns by their names, in the document's integer units. */
function valuesOf(look: Look, arm: number, from: number, to: number, users: number): Values {
  const { truth, sources, caps, buyers } = look;
  const added = addUp(look, arm, from, to);
  const of = (name: (typeof totals)[number]) => exact(added[totals.indexOf(name)] as number);
  const stepMs = exact(truth.arms[arm]?.behaviour.stepMs ?? 0);
  const source = (column: string) => sources.get(column) ?? column;
  const flags: Readonly<Record<string, bigint>> = {
    purchased: of('purchased'),
    added_to_cart: of('carted'),
    began_checkout: of('checkedOut'),
    bounced_sessions: of('bounced'),
    retained_d7: of('retained'),
    exposure_sessions: exact(users),
    refunded_orders: 0n,
  };
  const sums: Readonly<Record<string, bigint>> = {
    ...flags,
    revenue: of('revenue'),
    orders: of('orders'),
    events_in_window: of('events'),
    sessions: of('sessions'),
    session_ms: of('steps') * stepMs,
  };
  const products: Readonly<Record<string, bigint>> = {
    'revenue revenue': of('revenueSquared'),
    'revenue orders': of('revenueTimesOrders'),
    'orders orders': of('ordersSquared'),
    'events_in_window events_in_window': of('eventsSquared'),
    'sessions sessions': of('sessionsSquared'),
    'session_ms session_ms': of('stepsSquared') * stepMs ** 2n,
    'session_ms sessions': of('stepsTimesSessions') * stepMs,
    'bounced_sessions exposure_sessions': of('bounced'),
    'refunded_orders orders': 0n,
  };
  const own = () =>
    buyers.filter(({ arm: other, exposureDay }) => other === arm && exposureDay >= from && exposureDay <= to);
  const amountsOf = (column: string) => {
    const cap = caps.find((known) => known.column === column)?.cap ?? null;
    return (cents: number) => (cap === null ? cents : Math.min(cents, Number(cap)));
  };
  const isBefore = (column: string) => /^pre\d*_/.test(column);
  const isCapped = (column: string) => column.endsWith('__capped');
  return {
    sum(column) {
      if (isBefore(column)) return 0n;
      if (isCapped(column)) return exact(sumOver(own(), ({ cents }) => amountsOf(column)(cents)));
      return sums[source(column)] ?? unknown(column);
    },
    product(a, b) {
      if (isBefore(a) || isBefore(b)) return 0n;
      if (isCapped(a) || isCapped(b)) {
        const [x, y] = [amountsOf(a), amountsOf(b)];
        return exact(sumOver(own(), ({ cents }) => x(cents) * y(cents)));
      }
      const [first, second] = [source(a), source(b)];
      const squared = first === second ? flags[first] : undefined;
      return (
        squared ?? products[`${first} ${second}`] ?? products[`${second} ${first}`] ?? unknown(`${a} x ${b}`)
      );
    },
  };
}

function unknown(what: string): never {
  throw new Error(`the simulated shop does not add up ${what}`);
}

/** Declared columns that add up what a built-in one does: net revenue over the experiment's window. */
function sourcesOf(outcomes: readonly OutcomeColumn[]): Map<string, string> {
  return new Map(
    outcomes.flatMap((column): [string, string][] =>
      isEventColumn(column) && column.sum.of === 'net_revenue' && column.toDay === null
        ? [[column.column, 'revenue']]
        : [],
    ),
  );
}

/** Amounts of users as one sorted list: so many zeros, then the buyers'. */
function ranked(users: number, buyers: readonly Buyer[]): (rank: number) => number {
  const zeros = users - buyers.length;
  return (rank) => (rank <= zeros ? 0 : (buyers[rank - zeros - 1]?.cents ?? 0));
}

function capOf(look: Look, { capped }: Metric): CapMeasurement[] {
  if (capped === undefined) return [];
  const { column, of, percentile, ignoreZeros } = capped;
  if ((look.sources.get(of.column) ?? of.column) !== 'revenue') unknown(column);
  const arms = look.truth.arms.map((_, arm) => arm);
  const users = ignoreZeros ? look.buyers.length : sumOver(arms, (arm) => analysedUsers(look, arm));
  const found = users === 0 ? 0 : ranked(users, look.buyers)(nearestRank(users, percentile / 100));
  const cut = byVariant(look, (arm, variant) => ({
    variant,
    users: found === 0 ? 0 : look.buyers.filter((buyer) => buyer.arm === arm && buyer.cents > found).length,
  }));
  return [
    {
      column,
      of: of.column,
      percentile,
      ignoreZeros,
      cap: found > 0 ? String(found) : null,
      capped: cut.filter(({ variant }) => analysedUsers(look, armOf(look, variant)) > 0),
    },
  ];
}

function quantileOf(look: Look, { name, numerator, quantile }: Metric): ExperimentMeasurement['quantiles'] {
  if (quantile === undefined) return [];
  if ((look.sources.get(numerator.column) ?? numerator.column) !== 'revenue') unknown(name);
  const z = normalCritical(0.05);
  const arms = byVariant(look, (arm, variant) => {
    const n = analysedUsers(look, arm);
    const value = ranked(
      n,
      look.buyers.filter((buyer) => buyer.arm === arm),
    );
    const ranks = quantileRanks({ observations: n }, { quantile, z });
    return {
      variant,
      n,
      value: String(value(nearestRank(n, quantile))),
      lower: ranks && String(value(ranks.lower)),
      upper: ranks && String(value(ranks.upper)),
      clusters: null,
    };
  });
  return [{ metric: name, unit: numerator.unit, quantile, z, arms: arms.filter(({ n }) => n > 0) }];
}

function cohortsOf(look: Look): ExperimentMeasurement['cohorts'] {
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

function sinceExposureOf(look: Look, config: Config): ExperimentMeasurement['sinceExposure'] {
  const { history, day, lastAnalysed, sources } = look;
  const columns = columnsSinceExposure(config, look.settings).map(({ column }) => column);
  const parts: Readonly<Record<string, readonly [(typeof daily)[number], (typeof daily)[number]]>> = {
    purchased: ['purchased', 'purchased'],
    added_to_cart: ['carted', 'carted'],
    began_checkout: ['checkedOut', 'checkedOut'],
    revenue: ['revenue', 'revenueSquared'],
    events_in_window: ['events', 'eventsSquared'],
  };
  const arms = byVariant(look, (arm, variant) => ({
    variant,
    days: Array.from({ length: windowDays }, (_, k) => {
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

function logitCellsOf(look: Look): ExperimentMeasurement['logitCells'] {
  const { history, day } = look;
  return byVariant(look, (arm, variant) => {
    const added = new Float64Array(eventLevels * 2);
    for (const exposureDay of analysedDays(look)) {
      accumulate(added, history.byEventsOf(arm, exposureDay, ageAt(day, exposureDay)));
    }
    return Array.from({ length: eventLevels }, (_, eventsInWindow) => ({
      variant,
      eventsInWindow,
      users: added[2 * eventsInWindow] as number,
      purchased: added[2 * eventsInWindow + 1] as number,
    })).filter(({ users }) => users > 0);
  }).flat();
}

/** Nobody did anything before the exposure. */
function adjustedCellsOf(look: Look): ExperimentMeasurement['adjustedCells'] {
  return byVariant(look, (arm, variant) => ({
    variant,
    preEvents: 0,
    prePurchased: false,
    users: analysedUsers(look, arm),
    purchased: look.buyers.filter((buyer) => buyer.arm === arm).length,
  })).filter(({ users }) => users > 0);
}

/** Ends of bins in cents: 1, 2, 3, 5, 7, then 1, 1.5, 2, 3, 5 and 7 times each power of ten. */
const edges = [
  ...[1, 2, 3, 5, 7],
  ...Array.from({ length: 9 }, (_, power) =>
    [10, 15, 20, 30, 50, 70].map((edge) => edge * 10 ** power),
  ).flat(),
];

function histogramOf(look: Look): ExperimentMeasurement['revenueHistogram'] {
  return byVariant(look, (arm, variant) => {
    const own = look.buyers.filter((buyer) => buyer.arm === arm);
    const users = new Map<number, number>();
    let bin = 0;
    for (const { cents } of own) {
      while ((edges[bin + 1] as number) <= cents) bin++;
      users.set(bin, (users.get(bin) ?? 0) + 1);
    }
    return {
      variant,
      negative: 0,
      zero: analysedUsers(look, arm) - own.length,
      bins: [...users].map(([index, count]) => ({
        from: String(edges[index]),
        to: String(edges[index + 1]),
        users: count,
      })),
    };
  }).filter(({ variant }) => analysedUsers(look, armOf(look, variant)) > 0);
}

/** Days on which some arm has a count, with the arms that have one. */
function daysWith(look: Look, usersOf: (arm: number, day: number) => number) {
  const days = Math.min(look.day + 1, look.history.exposureDays);
  return Array.from({ length: days }, (_, index) => ({
    day: dateOf(index),
    index,
    arms: byVariant(look, (arm, variant) => ({ variant, users: usersOf(arm, index) })).filter(
      ({ users }) => users > 0,
    ),
  })).filter(({ arms }) => arms.length > 0);
}

function byVariant<Value>({ truth }: Look, of: (arm: number, variant: string) => Value): Value[] {
  return truth.arms
    .map(({ variant }, arm) => ({ variant, arm }))
    .toSorted((a, b) => (a.variant < b.variant ? -1 : 1))
    .map(({ variant, arm }) => of(arm, variant));
}

function armOf({ truth }: Look, variant: string): number {
  return truth.arms.findIndex((arm) => arm.variant === variant);
}

function usersBetween({ history }: Pick<Look, 'history'>, arm: number, from: number, to: number): number {
  return sumOver((history.exposed[arm] ?? []).slice(Math.max(0, from), Math.max(0, to + 1)), Number);
}

function analysedUsers(look: Look, arm: number): number {
  return usersBetween(look, arm, 0, look.lastAnalysed);
}

function analysedDays({ history, lastAnalysed }: Look): number[] {
  return Array.from(
    { length: Math.max(0, Math.min(lastAnalysed + 1, history.exposureDays)) },
    (_, day) => day,
  );
}

function ageAt(day: number, exposureDay: number): number {
  return Math.min(day - exposureDay, windowDays - 1);
}

function addUp({ history, day }: Look, arm: number, from: number, to: number): Float64Array {
  const added = new Float64Array(totals.length);
  for (let exposureDay = from; exposureDay <= Math.min(to, history.exposureDays - 1); exposureDay++) {
    accumulate(added, history.totalsOf(arm, exposureDay, ageAt(day, exposureDay)));
  }
  return added;
}

/** Of everyone exposed by a day, analysed or not. */
function totalsUpTo(look: Look, arm: number, to: number): Float64Array {
  return addUp(look, arm, 0, to);
}

function accumulate(into: Float64Array, values: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + (values[i] as number);
}

function sumOver<Item>(items: Iterable<Item>, of: (item: Item) => number): number {
  let sum = 0;
  for (const item of items) sum += of(item);
  return sum;
}

/** @throws RangeError where a double has lost a unit */
function exact(value: number): bigint {
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${value} is beyond the integers that a double holds`);
  return BigInt(value);
}
