import { bouncedSteps, type Sink, type Visitor, visitSteps } from './sink.ts';
import { type Truth, windowDays } from './truth.ts';

/** What is added up over users, by the age of their cohort in days: sums, squares and the products that metrics need. */
export const totals = [
  ...['purchased', 'carted', 'checkedOut', 'bounced', 'retained'],
  ...['revenue', 'revenueSquared', 'orders', 'ordersSquared', 'revenueTimesOrders'],
  ...[
    'events',
    'eventsSquared',
    'sessions',
    'sessionsSquared',
    'steps',
    'stepsSquared',
    'stepsTimesSessions',
  ],
] as const;
/** The same of what users did on one day since exposure alone. */
export const daily = [
  ...['purchased', 'carted', 'checkedOut', 'revenue', 'revenueSquared', 'events', 'eventsSquared'],
] as const;

/** More events than any user has. */
export const eventLevels = 32;

/** An order-placing user: since when (day of purchase, from the first assignment on), and for how much. */
export interface Buyer {
  readonly arm: number;
  readonly exposureDay: number;
  readonly purchaseDay: number;
  readonly cents: number;
}

/** A whole experiment as sums, to be looked at on any day. */
export interface History {
  /** Days on which users may be exposed. */
  readonly exposureDays: number;
  /** Users by arm and day. */
  readonly assigned: readonly number[][];
  readonly exposed: readonly number[][];
  /** Sums over the users of an arm and exposure day at an age, in the order of `totals`. */
  totalsOf(arm: number, exposureDay: number, age: number): Float64Array;
  /** Sums over the users of an arm and exposure day of their k-th day alone, in the order of `daily`. */
  dailyOf(arm: number, exposureDay: number, k: number): Float64Array;
  /** Users of an arm and exposure day at an age by events, and of them who bought: pairs at 2 × events. */
  byEventsOf(arm: number, exposureDay: number, age: number): Float64Array;
  /** By amount, the smallest first. */
  buyers(): readonly Buyer[];
}

const at = Object.fromEntries(totals.map((name, index) => [name, index])) as Record<string, number>;
const on = Object.fromEntries(daily.map((name, index) => [name, index])) as Record<string, number>;
const index = (name: string) => at[name] as number;
const [purchased, carted, checkedOut, bounced, retained] = [
  index('purchased'),
  index('carted'),
  index('checkedOut'),
  index('bounced'),
  index('retained'),
];
const [revenue, orders] = [index('revenue'), index('orders')];
const [events, sessions, steps] = [index('events'), index('sessions'), index('steps')];
const [dayPurchased, dayCarted, dayCheckedOut, dayRevenue, dayEvents] = [
  on.purchased as number,
  on.carted as number,
  on.checkedOut as number,
  on.revenue as number,
  on.events as number,
];

/** Adds up an experiment while it is generated; `history` is complete afterwards. */
export function recordHistory(truth: Truth): { readonly sink: Sink; readonly history: History } {
  const exposureDays = truth.assignmentDays + truth.exposure.length - 1;
  const cells = truth.arms.length * exposureDays * windowDays;
  const sums = new Float64Array(cells * totals.length);
  const days = new Float64Array(cells * daily.length);
  const byEvents = new Float64Array(cells * eventLevels * 2);
  const assigned = truth.arms.map(() => new Array<number>(truth.assignmentDays).fill(0));
  const exposed = truth.arms.map(() => new Array<number>(exposureDays).fill(0));
  const buyers: Buyer[] = [];
  const cellOf = (arm: number, day: number, age: number) => (arm * exposureDays + day) * windowDays + age;

  /** Users who had one session: what they have from day 0 on. */
  const addOnce = (cell: number, eventCount: number, users: number) => {
    const [o, d] = [cell * totals.length, cell * daily.length];
    add(sums, o + events, users * eventCount);
    add(sums, o + events + 1, users * eventCount ** 2);
    add(days, d + dayEvents, users * eventCount);
    add(days, d + dayEvents + 1, users * eventCount ** 2);
    add(byEvents, (cell * eventLevels + eventCount) * 2, users);
  };
  const addSteps = (cell: number, bySteps: readonly number[], levels: readonly number[]) => {
    const o = cell * totals.length;
    for (const [level, users] of bySteps.entries()) {
      const length = levels[level] as number;
      add(sums, o + sessions, users);
      add(sums, o + sessions + 1, users);
      add(sums, o + steps, users * length);
      add(sums, o + steps + 1, users * length ** 2);
      add(sums, o + steps + 2, users * length);
    }
  };

  const sink: Sink = {
    assigned(arm, day, users) {
      add(assigned[arm] as number[], day, users);
    },
    exposed(arm, _assignedDay, day, users) {
      add(exposed[arm] as number[], day, users);
    },
    bounced(arm, day, bySteps) {
      const cell = cellOf(arm, day, 0);
      const users = bySteps.reduce((sum, count) => sum + count, 0);
      add(sums, cell * totals.length + bounced, users);
      addOnce(cell, 1, users);
      addSteps(cell, bySteps, bouncedSteps);
    },
    browsed(arm, day, byStage, bySteps) {
      const cell = cellOf(arm, day, 0);
      const [o, d] = [cell * totals.length, cell * daily.length];
      for (const [stage, byFurther] of byStage.entries()) {
        for (const [further, users] of byFurther.entries()) {
          addOnce(cell, 2 + further + stage, users);
          if (stage > 0) {
            add(sums, o + carted, users);
            add(days, d + dayCarted, users);
          }
          if (stage > 1) {
            add(sums, o + checkedOut, users);
            add(days, d + dayCheckedOut, users);
          }
        }
      }
      addSteps(cell, bySteps, visitSteps);
    },
    visitor(arm, day, visitor) {
      addVisitor(arm, day, visitor);
    },
  };

  const addVisitor = (
    arm: number,
    day: number,
    { stage, further, steps: first, purchase, returnSteps }: Visitor,
  ) => {
    let [eventsSoFar, sessionsSoFar, stepsSoFar, hasBought] = [0, 0, 0, 0];
    const visit = (age: number, newEvents: number, newSessions: number, newSteps: number, buys: 0 | 1) => {
      const cell = cellOf(arm, day, age);
      const [o, d] = [cell * totals.length, cell * daily.length];
      const [eventsNow, sessionsNow, stepsNow] = [
        eventsSoFar + newEvents,
        sessionsSoFar + newSessions,
        stepsSoFar + newSteps,
      ];
      add(sums, o + events, newEvents);
      add(sums, o + events + 1, eventsNow ** 2 - eventsSoFar ** 2);
      add(sums, o + sessions, newSessions);
      add(sums, o + sessions + 1, sessionsNow ** 2 - sessionsSoFar ** 2);
      add(sums, o + steps, newSteps);
      add(sums, o + steps + 1, stepsNow ** 2 - stepsSoFar ** 2);
      add(sums, o + steps + 2, stepsNow * sessionsNow - stepsSoFar * sessionsSoFar);
      add(days, d + dayEvents, newEvents);
      add(days, d + dayEvents + 1, newEvents ** 2);
      const [from, to] = [(cell * eventLevels + eventsSoFar) * 2, (cell * eventLevels + eventsNow) * 2];
      if (eventsSoFar > 0) {
        add(byEvents, from, -1);
        add(byEvents, from + 1, -hasBought);
      }
      hasBought += buys;
      add(byEvents, to, 1);
      add(byEvents, to + 1, hasBought);
      [eventsSoFar, sessionsSoFar, stepsSoFar] = [eventsNow, sessionsNow, stepsNow];
    };
    const buy = (age: number, bought: NonNullable<Visitor['purchase']>) => {
      const cell = cellOf(arm, day, age);
      const [o, d] = [cell * totals.length, cell * daily.length];
      add(sums, o + purchased, 1);
      add(sums, o + carted, 1);
      add(sums, o + checkedOut, 1);
      add(sums, o + revenue, bought.cents);
      add(sums, o + revenue + 1, bought.cents ** 2);
      add(sums, o + orders, bought.orders);
      add(sums, o + orders + 1, bought.orders ** 2);
      add(sums, o + orders + 2, bought.cents * bought.orders);
      add(days, d + dayPurchased, 1);
      add(days, d + dayCarted, 1);
      add(days, d + dayCheckedOut, 1);
      add(days, d + dayRevenue, bought.cents);
      add(days, d + dayRevenue + 1, bought.cents ** 2);
      buyers.push({ arm, exposureDay: day, purchaseDay: day + age, cents: bought.cents });
    };

    const buysAtOnce = purchase?.day === 0;
    const cell = cellOf(arm, day, 0);
    if (stage === 0) add(sums, cell * totals.length + bounced, 1);
    for (const [least, total, ofDay] of [
      [2, carted, dayCarted],
      [3, checkedOut, dayCheckedOut],
    ] as const) {
      if (stage < least) continue;
      add(sums, cell * totals.length + total, 1);
      add(days, cell * daily.length + ofDay, 1);
    }
    visit(
      0,
      1 + further + Math.max(0, stage - 1) + (buysAtOnce ? 2 + purchase.orders : 0),
      1,
      first,
      buysAtOnce ? 1 : 0,
    );
    if (buysAtOnce) buy(0, purchase);
    const later = purchase === null || purchase.day === 0 ? null : purchase;
    const comeBack = () => {
      if (returnSteps === null) return;
      visit(7, 1, 1, returnSteps, 0);
      add(sums, cellOf(arm, day, 7) * totals.length + retained, 1);
    };
    if (later === null || later.day > 7) comeBack();
    if (later !== null) {
      visit(later.day, 3 + later.orders, 1, later.steps, 1);
      buy(later.day, later);
      if (later.day === 7) add(sums, cellOf(arm, day, 7) * totals.length + retained, 1);
      if (later.day < 7) comeBack();
    }
  };

  let isSummed = false;
  /** From what a day adds to what there is by then. */
  const sumUp = () => {
    if (isSummed) return;
    isSummed = true;
    for (const [values, width] of [
      [sums, totals.length],
      [byEvents, eventLevels * 2],
    ] as const) {
      for (let start = 0; start < cells; start += windowDays) {
        const end = (start + windowDays) * width;
        for (let i = (start + 1) * width; i < end; i++) add(values, i, values[i - width] as number);
      }
    }
    buyers.sort((a, b) => a.cents - b.cents);
  };
  const part = (values: Float64Array, cell: number, width: number) => {
    sumUp();
    return values.subarray(cell * width, (cell + 1) * width);
  };
  const history: History = {
    exposureDays,
    assigned,
    exposed,
    totalsOf: (arm, day, age) => part(sums, cellOf(arm, day, age), totals.length),
    dailyOf: (arm, day, k) => part(days, cellOf(arm, day, k), daily.length),
    byEventsOf: (arm, day, age) => part(byEvents, cellOf(arm, day, age), eventLevels * 2),
    buyers() {
      sumUp();
      return buyers;
    },
  };
  return { sink, history };
}

function add(values: Float64Array | number[], position: number, value: number): void {
  values[position] = (values[position] as number) + value;
}
