import { bouncedSteps, type Sink, type Visitor, visitSteps } from './sink.ts';
import { horizonDays, type Truth } from './truth.ts';
import { visitsOf } from './visits.ts';

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

/** A user who bought, when (days from the first assignment on) and for how much. */
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
  readonly assigned: readonly (readonly number[])[];
  readonly exposed: readonly (readonly number[])[];
  /** Sums over the users of an arm and exposure day at an age, in the order of `totals`. */
  totalsOf(arm: number, exposureDay: number, age: number): Float64Array;
  /** Sums over the users of an arm and exposure day of their k-th day alone, in the order of `daily`. */
  dailyOf(arm: number, exposureDay: number, k: number): Float64Array;
  /** Users of an arm and exposure day at an age by events, and of them those who bought: a pair at 2 × events. */
  byEventsOf(arm: number, exposureDay: number, age: number): Float64Array;
  /** By amount, the smallest first. */
  readonly buyers: readonly Buyer[];
}

const places = Object.fromEntries(totals.map((name, place) => [name, place]));
const dailyPlaces = Object.fromEntries(daily.map((name, place) => [name, place]));

/** Adds up an experiment while it is generated; `history` is called when it is complete. */
export function recordHistory(truth: Truth): { readonly sink: Sink; readonly history: () => History } {
  const exposureDays = truth.assignmentDays + truth.exposure.length - 1;
  const cells = truth.arms.length * exposureDays * horizonDays;
  const sums = new Float64Array(cells * totals.length);
  const days = new Float64Array(cells * daily.length);
  const byEvents = new Float64Array(cells * eventLevels * 2);
  const assigned = truth.arms.map(() => new Array<number>(truth.assignmentDays).fill(0));
  const exposed = truth.arms.map(() => new Array<number>(exposureDays).fill(0));
  const buyers: Buyer[] = [];

  const cellOf = (arm: number, day: number, age: number) => (arm * exposureDays + day) * horizonDays + age;
  const addTotal = (cell: number, name: (typeof totals)[number], value: number) =>
    add(sums, cell * totals.length + (places[name] as number), value);
  const addDaily = (cell: number, name: (typeof daily)[number], value: number) =>
    add(days, cell * daily.length + (dailyPlaces[name] as number), value);
  const addByEvents = (cell: number, events: number, users: number, buying: number) => {
    add(byEvents, (cell * eventLevels + events) * 2, users);
    add(byEvents, (cell * eventLevels + events) * 2 + 1, buying);
  };
  const addBoth = (cell: number, name: 'purchased' | 'carted' | 'checkedOut', value: number) => {
    addTotal(cell, name, value);
    addDaily(cell, name, value);
  };

  /** Users with one session, by the number of its events. */
  const addEvents = (cell: number, events: number, users: number) => {
    addTotal(cell, 'events', users * events);
    addTotal(cell, 'eventsSquared', users * events ** 2);
    addDaily(cell, 'events', users * events);
    addDaily(cell, 'eventsSquared', users * events ** 2);
    addByEvents(cell, events, users, 0);
  };
  /** The same users by the length of the session. */
  const addSteps = (cell: number, bySteps: readonly number[], levels: readonly number[]) => {
    for (const [level, users] of bySteps.entries()) {
      const length = levels[level] as number;
      addTotal(cell, 'sessions', users);
      addTotal(cell, 'sessionsSquared', users);
      addTotal(cell, 'steps', users * length);
      addTotal(cell, 'stepsSquared', users * length ** 2);
      addTotal(cell, 'stepsTimesSessions', users * length);
    }
  };
  /** A single user, visit by visit: each changes the squares by what came before it. */
  const addVisitor = (arm: number, day: number, visitor: Visitor) => {
    if (visitor.stage === 0) addTotal(cellOf(arm, day, 0), 'bounced', 1);
    let [events, sessions, steps, hasBought] = [0, 0, 0, 0];
    for (const visit of visitsOf(visitor)) {
      const cell = cellOf(arm, day, visit.age);
      if (sessions > 0) addByEvents(cell, events, -1, -hasBought);
      addTotal(cell, 'events', visit.events);
      addTotal(cell, 'eventsSquared', (events + visit.events) ** 2 - events ** 2);
      addTotal(cell, 'sessions', 1);
      addTotal(cell, 'sessionsSquared', (sessions + 1) ** 2 - sessions ** 2);
      addTotal(cell, 'steps', visit.steps);
      addTotal(cell, 'stepsSquared', (steps + visit.steps) ** 2 - steps ** 2);
      addTotal(cell, 'stepsTimesSessions', (steps + visit.steps) * (sessions + 1) - steps * sessions);
      addDaily(cell, 'events', visit.events);
      addDaily(cell, 'eventsSquared', visit.events ** 2);
      addBoth(cell, 'carted', visit.carts);
      addBoth(cell, 'checkedOut', visit.checksOut);
      if (visit.age === 7) addTotal(cell, 'retained', 1);
      if (visit.orders > 0) {
        addPurchase(cell, visit);
        buyers.push({ arm, exposureDay: day, purchaseDay: day + visit.age, cents: visit.cents });
        hasBought = 1;
      }
      events += visit.events;
      sessions += 1;
      steps += visit.steps;
      addByEvents(cell, events, 1, hasBought);
    }
  };
  /** Nobody buys on two days. */
  const addPurchase = (cell: number, { orders, cents }: { orders: number; cents: number }) => {
    addBoth(cell, 'purchased', 1);
    addTotal(cell, 'revenue', cents);
    addTotal(cell, 'revenueSquared', cents ** 2);
    addTotal(cell, 'orders', orders);
    addTotal(cell, 'ordersSquared', orders ** 2);
    addTotal(cell, 'revenueTimesOrders', cents * orders);
    addDaily(cell, 'revenue', cents);
    addDaily(cell, 'revenueSquared', cents ** 2);
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
      addTotal(cell, 'bounced', users);
      addEvents(cell, 1, users);
      addSteps(cell, bySteps, bouncedSteps);
    },
    browsed(arm, day, byStage, bySteps) {
      const cell = cellOf(arm, day, 0);
      for (const [stage, byFurther] of byStage.entries()) {
        for (const [further, users] of byFurther.entries()) {
          addEvents(cell, 2 + further + stage, users);
          if (stage > 0) addBoth(cell, 'carted', users);
          if (stage > 1) addBoth(cell, 'checkedOut', users);
        }
      }
      addSteps(cell, bySteps, visitSteps);
    },
    visitor: addVisitor,
  };
  return {
    sink,
    history() {
      sumUp(sums, totals.length);
      sumUp(byEvents, eventLevels * 2);
      const part = (values: Float64Array, cell: number, width: number) =>
        values.subarray(cell * width, (cell + 1) * width);
      return {
        exposureDays,
        assigned,
        exposed,
        totalsOf: (arm, day, age) => part(sums, cellOf(arm, day, age), totals.length),
        dailyOf: (arm, day, k) => part(days, cellOf(arm, day, k), daily.length),
        byEventsOf: (arm, day, age) => part(byEvents, cellOf(arm, day, age), eventLevels * 2),
        buyers: buyers.toSorted((a, b) => a.cents - b.cents),
      };
    },
  };
}

/** From what each age adds to what there is by then. */
function sumUp(values: Float64Array, width: number): void {
  for (let start = 0; start < values.length; start += horizonDays * width) {
    for (let i = start + width; i < start + horizonDays * width; i++) {
      add(values, i, values[i - width] as number);
    }
  }
}

function add(values: Float64Array | number[], place: number, value: number): void {
  values[place] = (values[place] as number) + value;
}
