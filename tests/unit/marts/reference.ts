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
}

export function expectedOutcomes(
  rules: Rules,
  allAssignments: readonly Assignment[],
  allEvents: readonly ShopEvent[],
  allSessions: readonly Session[],
): Outcome[] {
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
    if (exposure === undefined) return [];
    const sessions = allSessions.filter((session) => session.user === user && session.start < rules.asOf);
    return [outcome(rules, user, variant, exposure, events, sessions)];
  });
}

function outcome(
  rules: Rules,
  user: number,
  variant: string,
  exposure: ShopEvent,
  events: readonly ShopEvent[],
  sessions: readonly Session[],
): Outcome {
  const exposedAt = exposure.at;
  const windowEnd = exposedAt + rules.windowDays * 24;
  const inWindow = events.filter(({ at }) => at >= exposedAt && at < windowEnd);
  const purchases = inWindow.filter(({ name }) => name === 'purchase');
  const boughtInWindow = new Set(purchases.flatMap(({ order }) => order ?? []));
  const refunds = inWindow.filter(({ name }) => name === 'refund');
  const refundedOrders = [...boughtInWindow].filter((bought) =>
    refunds.some(({ order }) => order === bought),
  );
  const further = events.slice(events.indexOf(exposure) + 1);
  const bounced = exposure.session !== null && !further.some(({ session }) => session === exposure.session);
  const timed = sessions.flatMap(({ start, end }) =>
    end !== null && end >= start && start >= exposedAt && start < windowEnd
      ? [Math.min(end, windowEnd) - start]
      : [],
  );
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return {
    user,
    variant,
    exposedAt,
    isMature: windowEnd <= rules.asOf,
    purchased: Number(purchases.length > 0),
    addedToCart: Number(inWindow.some(({ name }) => name === 'add_to_cart')),
    orders: boughtInWindow.size + purchases.filter(({ order }) => order === null).length,
    refundedOrders: refundedOrders.length + refunds.filter(({ order }) => order === null).length,
    revenueCents:
      sum(purchases.map(({ cents }) => cents ?? 0)) - sum(refunds.map(({ cents }) => Math.abs(cents ?? 0))),
    eventsInWindow: inWindow.length,
    exposureSessions: Number(exposure.session !== null),
    bouncedSessions: Number(bounced),
    sessions: timed.length,
    sessionHours: sum(timed),
    retainedD7: Number(events.some(({ at }) => at >= exposedAt + 7 * 24 && at < exposedAt + 8 * 24)),
  };
}
