import type { ArmMeasurement } from '../../../../layers/experiment/measurements.ts';
import { isEventColumn, type OutcomeColumn } from '../../../../layers/experiment/outcome-columns.ts';
import { totals } from '../history.ts';
import { horizonDays } from '../truth.ts';
import { addUp, exact, type Look, sumOver, usersBetween } from './look.ts';

/** Sums of an arm's users exposed from one day to another, as the document names them. */
export function sumsOf(
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
  for (const [a, b] of which === 'all' ? columns.all.pairs : columns.outcomesAlone.pairs) {
    const row = products[a] ?? {};
    row[b] = String(values.product(a, b));
    products[a] = row;
  }
  const { cubes = [] } = which === 'all' ? columns.all : columns.outcomesAlone;
  return {
    exposed: usersBetween(look, arm, from, to),
    users,
    sums: Object.fromEntries(names.map((name) => [name, String(values.sum(name))])),
    products,
    ...(cubes.length > 0 && {
      cubes: Object.fromEntries(cubes.map((name) => [name, String(values.cube(name))])),
    }),
  };
}

interface Values {
  sum(column: string): bigint;
  product(a: string, b: string): bigint;
  /** Of amounts. */
  cube(column: string): bigint;
}

/** Sums and products of columns by their names, in the document's integer units. */
function valuesOf(look: Look, arm: number, from: number, to: number, users: number): Values {
  const { truth, sources, caps, buyers } = look;
  const added = addUp(look, arm, from, to, look.settings.outcome_window_days);
  // Day 7 counts also where the window ends before it.
  const late = addUp(look, arm, from, to, horizonDays);
  const of = (name: (typeof totals)[number]) => exact(added[totals.indexOf(name)] as number);
  const stepMs = exact(truth.arms[arm]?.behaviour.stepMs ?? 0);
  const source = (column: string) => sources.get(column) ?? column;
  const flags: Readonly<Record<string, bigint>> = {
    purchased: of('purchased'),
    added_to_cart: of('carted'),
    began_checkout: of('checkedOut'),
    bounced_sessions: of('bounced'),
    retained_d7: exact(late[totals.indexOf('retained')] as number),
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
    cube: (column) => own().reduce((sum, { cents }) => sum + BigInt(amountsOf(column)(cents)) ** 3n, 0n),
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

export function unknown(what: string): never {
  throw new Error(`the simulated shop does not add up ${what}`);
}

/** Declared columns that add up what a built-in one does: net revenue over the experiment's window. */
export function sourcesOf(outcomes: readonly OutcomeColumn[]): Map<string, string> {
  return new Map(
    outcomes.flatMap((column): [string, string][] =>
      isEventColumn(column) && column.sum.of === 'net_revenue' && column.toDay === null
        ? [[column.column, 'revenue']]
        : [],
    ),
  );
}
