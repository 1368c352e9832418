/** The marts' semantics once more, row by row and without SQL: slow and obvious. Times are hours. */
export interface Assignment {
  readonly user: number;
  readonly variant: string;
  readonly at: number;
}

export interface ShopEvent {
  readonly id: number;
  readonly user: number;
  readonly session: number | null;
  readonly name: string;
  readonly at: number;
  readonly cents: number | null;
  readonly order: string | null;
}

export interface Session {
  readonly id: number;
  readonly user: number;
  readonly start: number;
  readonly end: number | null;
}

export interface Rules {
  readonly windowDays: number;
  readonly requireAssignmentBefore: boolean;
  readonly variants: readonly string[];
  readonly asOf: number;
  readonly lookbackDays: number;
}

export interface Outcome {
  readonly user: number;
  readonly variant: string;
  readonly exposedAt: number;
  readonly isMature: boolean;
  readonly purchased: number;
  readonly addedToCart: number;
  readonly orders: number;
  readonly refundedOrders: number;
  readonly revenueCents: number;
  readonly eventsInWindow: number;
  readonly exposureSessions: number;
  readonly bouncedSessions: number;
  readonly sessions: number;
  readonly sessionHours: number;
  readonly retainedD7: number;
  readonly before: Before;
  readonly declared: Declared;
  /** Events, purchasers and cents of each day since exposure that was observed as a whole. */
  readonly days: readonly { readonly events: number; readonly purchased: number; readonly cents: number }[];
}

/** The lookback; revenue also over two days alone. */
export interface Before {
  readonly events: number;
  readonly purchased: number;
  readonly addedToCart: number;
  readonly cents: number;
  readonly centsOf2Days: number;
  readonly orders: number;
  readonly sessions: number;
  readonly sessionHours: number;
}

/** The metrics that `declaredMetrics` declares. */
export interface Declared {
  readonly others: number;
  readonly othersIn3Days: number;
  readonly othersBefore: number;
  readonly refundedCents: number;
  readonly backOnDay2: number;
  readonly centsIn3Days: number;
}

export const declaredMetrics = `
  has_other: { kind: conversion, event: other }
  others_in_3_days: { kind: mean, event: other, window_days: 3 }
  refunded: { kind: mean, event: refund, value: revenue }
  back_on_day_2: { kind: retention, event: null, day: 2 }
  revenue_in_3_days: { kind: mean, value: revenue, window_days: 3 }
  session_p50: { kind: quantile, value: session_duration, quantile: 0.5 }`;

interface AssignedUser {
  readonly user: number;
  readonly variant: string;
  readonly assignedAt: number;
  /** Up to the end of the data, in order. */
  readonly events: readonly ShopEvent[];
  readonly exposure: ShopEvent | undefined;
}

/** Users of one known variant. */
function assignedUsers(
  rules: Rules,
  allAssignments: readonly Assignment[],
  allEvents: readonly ShopEvent[],
): AssignedUser[] {
  const assignments = allAssignments.filter(({ at }) => at < rules.asOf);
  const users = [...new Set(assignments.map(({ user }) => user))].sort((a, b) => a - b);
  return users.flatMap((user) => {
    const own = assignments.filter((assignment) => assignment.user === user);
    const variants = [...new Set(own.map(({ variant }) => variant))];
    const [variant] = variants;
    if (variant === undefined || variants.length > 1 || !rules.variants.includes(variant)) return [];
    const assignedAt = Math.min(...own.map(({ at }) => at));
    const events = allEvents
      .filter((event) => event.user === user && event.at < rules.asOf)
      .sort((a, b) => a.at - b.at || a.id - b.id);
    const exposure = events.find(
      ({ name, at }) => name === 'view_product' && (!rules.requireAssignmentBefore || at >= assignedAt),
    );
    return [{ user, variant, assignedAt, events, exposure }];
  });
}

export function expectedOutcomes(
  rules: Rules,
  allAssignments: readonly Assignment[],
  allEvents: readonly ShopEvent[],
  allSessions: readonly Session[],
): Outcome[] {
  return assignedUsers(rules, allAssignments, allEvents).flatMap(
    ({ user, variant, assignedAt, events, exposure }) => {
      if (exposure === undefined) return [];
      const sessions = allSessions.filter((session) => session.user === user && session.start < rules.asOf);
      return [outcome(rules, user, variant, assignedAt, exposure, events, sessions)];
    },
  );
}

export function expectedEarlyExposures(
  rules: Rules,
  allAssignments: readonly Assignment[],
  allEvents: readonly ShopEvent[],
): { events: number; users: number; usersLeftOut: number } {
  const early = assignedUsers(rules, allAssignments, allEvents)
    .map(({ assignedAt, events, exposure }) => ({
      events: events.filter(({ name, at }) => name === 'view_product' && at < assignedAt).length,
      isLeftOut: exposure === undefined,
    }))
    .filter(({ events }) => events > 0);
  return {
    events: early.reduce((sum, user) => sum + user.events, 0),
    users: early.length,
    usersLeftOut: early.filter(({ isLeftOut }) => isLeftOut).length,
  };
}

function outcome(
  rules: Rules,
  user: number,
  variant: string,
  assignedAt: number,
  exposure: ShopEvent,
  events: readonly ShopEvent[],
  sessions: readonly Session[],
): Outcome {
  const exposedAt = exposure.at;
  const windowEnd = exposedAt + rules.windowDays * 24;
  const inWindow = events.filter(({ at }) => at >= exposedAt && at < windowEnd);
  const purchases = inWindow.filter(({ name }) => name === 'purchase');
  const boughtInWindow = named(purchases);
  const refunds = inWindow.filter(({ name }) => name === 'refund');
  const refundedOrders = [...boughtInWindow].filter((bought) =>
    refunds.some(({ order }) => order === bought),
  );
  const further = inWindow.slice(inWindow.indexOf(exposure) + 1);
  const bounced = exposure.session !== null && !further.some(({ session }) => session === exposure.session);
  const timed = timesOf(sessions, exposedAt, windowEnd);
  const start = Math.min(assignedAt, exposedAt);
  const between = (from: number, to: number) => events.filter(({ at }) => at >= from && at < to);
  const afterDays = (from: number, to: number) => between(exposedAt + from * 24, exposedAt + to * 24);
  const early = between(start - rules.lookbackDays * 24, start);
  const earlySessions = timesOf(sessions, start - rules.lookbackDays * 24, start);
  const others = (all: readonly ShopEvent[]) => all.filter(({ name }) => name === 'other').length;
  return {
    user,
    variant,
    exposedAt,
    isMature: exposedAt + Math.max(rules.windowDays, 3) * 24 <= rules.asOf,
    purchased: Number(purchases.length > 0),
    addedToCart: Number(inWindow.some(({ name }) => name === 'add_to_cart')),
    orders: ordersOf(inWindow),
    refundedOrders: refundedOrders.length + refunds.filter(({ order }) => order === null).length,
    revenueCents: revenue(inWindow),
    eventsInWindow: inWindow.length,
    exposureSessions: Number(exposure.session !== null),
    bouncedSessions: Number(bounced),
    sessions: timed.length,
    sessionHours: sum(timed),
    retainedD7: Number(afterDays(7, 8).length > 0),
    before: {
      events: early.length,
      purchased: Number(early.some(({ name }) => name === 'purchase')),
      addedToCart: Number(early.some(({ name }) => name === 'add_to_cart')),
      cents: revenue(early),
      centsOf2Days: revenue(between(start - 48, start)),
      orders: ordersOf(early),
      sessions: earlySessions.length,
      sessionHours: sum(earlySessions),
    },
    declared: {
      others: Number(others(inWindow) > 0),
      othersIn3Days: others(afterDays(0, 3)),
      othersBefore: Number(others(early) > 0),
      refundedCents: sum(refunds.map(({ cents }) => Math.abs(cents ?? 0))),
      backOnDay2: Number(afterDays(2, 3).length > 0),
      centsIn3Days: revenue(afterDays(0, 3)),
    },
    days: Array.from({ length: rules.windowDays }, (_, day) => day)
      .filter((day) => exposedAt + (day + 1) * 24 <= rules.asOf)
      .map((day) => afterDays(day, day + 1))
      .map((all) => ({
        events: all.length,
        purchased: Number(all.some(({ name }) => name === 'purchase')),
        cents: revenue(all),
      })),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function revenue(events: readonly ShopEvent[]): number {
  return sum(
    events.map(({ name, cents }) =>
      name === 'purchase' ? (cents ?? 0) : name === 'refund' ? -Math.abs(cents ?? 0) : 0,
    ),
  );
}

function named(purchases: readonly ShopEvent[]): Set<string> {
  return new Set(purchases.flatMap(({ order }) => order ?? []));
}

function ordersOf(events: readonly ShopEvent[]): number {
  const purchases = events.filter(({ name }) => name === 'purchase');
  return named(purchases).size + purchases.filter(({ order }) => order === null).length;
}

/** Hours of the sessions that start in [from, to) and whose end is known, cut at `to`. */
function timesOf(sessions: readonly Session[], from: number, to: number): number[] {
  return sessions.flatMap(({ start, end }) =>
    end !== null && end >= start && start >= from && start < to ? [Math.min(end, to) - start] : [],
  );
}
