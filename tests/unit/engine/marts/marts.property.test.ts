import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Measurements } from '../../../../layers/experiment/measurements.ts';
import { type Row, runShop, type Shop } from '../clean/shop.ts';
import {
  type Assignment,
  declaredMetrics,
  expectedEarlyExposures,
  expectedOutcomes,
  type Outcome,
  type Rules,
  type Session,
  type ShopEvent,
} from './reference.ts';

const hour = fc.integer({ min: 0, max: 24 * 25 });
const user = fc.integer({ min: 1, max: 6 });
const epoch = Date.UTC(2024, 0, 1);
const instant = (hours: number) => new Date(epoch + hours * 3_600_000).toISOString();
const timestamp = (hours: number) => instant(hours).replace('T', ' ').replace('.000Z', '');

const assignments = fc.uniqueArray(
  fc.record({ user, variant: fc.constantFrom('control', 'control', 'treatment', 'typo'), at: hour }),
  { maxLength: 10, selector: (assignment) => JSON.stringify(assignment) },
);
const sessions = fc
  .array(fc.record({ user, start: hour, length: fc.option(fc.integer({ min: -2, max: 100 })) }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((rows) =>
    rows.map(
      ({ user, start, length }, index): Session => ({
        id: index + 1,
        user,
        start,
        end: length === null ? null : start + length,
      }),
    ),
  );
const events = fc
  .array(
    fc.record({
      user,
      session: fc.option(fc.integer({ min: 1, max: 3 })),
      name: fc.constantFrom(
        'view_product',
        'view_product',
        'add_to_cart',
        'purchase',
        'purchase',
        'refund',
        'other',
      ),
      at: fc.oneof(hour, fc.integer({ min: 0, max: 20 })),
      cents: fc.option(fc.integer({ min: -5000, max: 5000 })),
      order: fc.option(fc.constantFrom('a', 'b', 'c')),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .chain((rows) =>
    fc
      .shuffledSubarray(
        rows.map((_, index) => index + 1),
        { minLength: rows.length },
      )
      .map((ids) => rows.map((row, index): ShopEvent => ({ ...row, id: ids[index] ?? 0 }))),
  );
const rules: fc.Arbitrary<Rules> = fc.record({
  windowDays: fc.constantFrom(1, 7, 14),
  requireAssignmentBefore: fc.boolean(),
  variants: fc.constant(['control', 'treatment']),
  asOf: fc.oneof(hour, fc.constant(24 * 60)),
  lookbackDays: fc.constantFrom(1, 5, 14),
});

function shopOf(
  assigned: readonly Assignment[],
  happened: readonly ShopEvent[],
  visits: readonly Session[],
): Shop {
  return {
    sessions: visits.map(({ id, user, start, end }) => ({
      session_id: id,
      user_id: user,
      session_start_ts: timestamp(start),
      session_end_ts: end === null ? null : timestamp(end),
    })),
    experiment_assignments: assigned.map(({ user, variant, at }) => ({
      user_id: user,
      experiment_id: 'exp',
      variant,
      assigned_ts: timestamp(at),
    })),
    events: happened.map(({ id, user, session, name, at, cents, order }) => ({
      event_id: id,
      session_id: session,
      user_id: user,
      event_name: name,
      event_ts: timestamp(at),
      revenue: cents === null ? null : (cents / 100).toFixed(2),
      order_id: order,
    })),
  };
}

function configOf({ windowDays, requireAssignmentBefore, lookbackDays }: Rules): string {
  return `
experiments:
  "*":
    outcome_window_days: ${windowDays}
    weights: { control: 0.5, treatment: 0.5 }
    exposure: { require_assignment_before: ${requireAssignmentBefore} }
    secondary: [revenue_per_user, average_order_value, add_to_cart_rate, events_in_window, has_other,
      others_in_3_days, refunded, back_on_day_2, revenue_in_3_days, session_p50]
    cuped:
      lookback_days: ${lookbackDays}
      metrics: { average_order_value: { lookback_days: ${lookbackDays} }, revenue_in_3_days: { lookback_days: 2, covariates: [revenue_per_user] } }
    capping: { revenue_per_user: { percentile: 60 }, average_order_value: { percentile: 70, ignore_zeros: true } }
metrics:${declaredMetrics}`;
}

const cents = (money: Row[string] | undefined) => Math.round(Number(money) * 100);

const actual = (row: Row) => ({
  user: Number(row.user_id),
  variant: row.variant,
  exposedAt: (Date.parse(`${row.exposed_at}Z`) - epoch) / 3_600_000,
  isMature: row.is_mature,
  purchased: row.purchased,
  addedToCart: row.added_to_cart,
  orders: Number(row.orders),
  refundedOrders: Number(row.refunded_orders),
  revenueCents: cents(row.revenue),
  eventsInWindow: Number(row.events_in_window),
  exposureSessions: row.exposure_sessions,
  bouncedSessions: row.bounced_sessions,
  sessions: Number(row.sessions),
  sessionHours: Number(row.session_ms) / 3_600_000,
  retainedD7: row.retained_d7,
  before: {
    events: Number(row.pre_events),
    purchased: Number(row.pre_purchased),
    addedToCart: Number(row.pre_added_to_cart),
    cents: cents(row.pre_revenue),
    centsOf2Days: cents(row.pre2_revenue),
    orders: Number(row.pre_orders),
    sessions: Number(row.pre_sessions),
    sessionHours: Number(row.pre_session_ms) / 3_600_000,
  },
  declared: {
    others: Number(row.has_other),
    othersIn3Days: Number(row.others_in_3_days),
    othersBefore: Number(row.pre_has_other),
    refundedCents: cents(row.refunded),
    backOnDay2: Number(row.back_on_day_2),
    centsIn3Days: cents(row.revenue_in_3_days),
  },
});

/** Users and sums by arm and day since exposure. */
function daysOf({ experiments }: Measurements) {
  return (experiments[0]?.sinceExposure.arms ?? []).flatMap(({ variant, days }) =>
    days.map(({ day, users, sums, squares }) => ({
      variant,
      day,
      users,
      events: Number(sums.events_in_window),
      purchased: Number(sums.purchased),
      cents: Number(sums.revenue),
      squares: [Number(squares.events_in_window), Number(squares.purchased), Number(squares.revenue)],
    })),
  );
}

function expectedDays(outcomes: readonly Outcome[]): ReturnType<typeof daysOf> {
  return [...new Set(outcomes.map(({ variant }) => variant))].sort().flatMap((variant) => {
    const own = outcomes.filter((outcome) => outcome.variant === variant);
    const longest = Math.max(...own.map(({ days }) => days.length));
    return Array.from({ length: longest }, (_, day) => {
      const observed = own.flatMap(({ days }) => days[day] ?? []);
      const total = (value: (user: (typeof observed)[number]) => number) =>
        observed.reduce((sum, user) => sum + value(user), 0);
      return {
        variant,
        day,
        users: observed.length,
        events: total(({ events }) => events),
        purchased: total(({ purchased }) => purchased),
        cents: total((user) => user.cents),
        squares: [
          total(({ events }) => events ** 2),
          total(({ purchased }) => purchased),
          total((user) => user.cents ** 2),
        ],
      };
    });
  });
}

test('the marts are what a slow and obvious reading of the semantics gives', async () => {
  await fc.assert(
    fc.asyncProperty(rules, assignments, events, sessions, async (rule, assigned, happened, visits) => {
      fc.pre(assigned.length > 0);
      const { outcomes, measurements } = await runShop(shopOf(assigned, happened, visits), {
        config: configOf(rule),
        asOf: instant(rule.asOf),
      });
      const expected = expectedOutcomes(rule, assigned, happened, visits);
      expect(outcomes.map(actual)).toEqual(expected.map(({ days: _, ...outcome }) => outcome));
      expect(daysOf(measurements)).toEqual(expectedDays(expected));
      const early = expectedEarlyExposures(rule, assigned, happened);
      const noExperiment = measurements.experiments.length === 0;
      expect(measurements.experiments[0]?.earlyExposures).toEqual(noExperiment ? undefined : early);
      expect(
        measurements.population.find(({ step }) => step === 'exposed_before_assignment')?.users ?? 0,
      ).toBe(early.usersLeftOut);
    }),
    { numRuns: 25, seed: 20240101 },
  );
}, 120_000);

test('the same rows give the same bytes', async () => {
  const shop = shopOf(
    Array.from({ length: 3000 }, (_, i) => ({
      user: i + 1,
      variant: i % 2 ? 'control' : 'treatment',
      at: i % 50,
    })),
    Array.from({ length: 9000 }, (_, i) => ({
      id: i + 1,
      user: 1 + ((i * 7919) % 3000),
      session: null,
      name: i % 5 ? 'view_product' : 'purchase',
      at: (i * 31) % 500,
      cents: i % 1000,
      order: null,
    })),
    [{ id: 1, user: 1, start: 0, end: 1 }],
  );
  const [first, second] = [await runShop(shop), await runShop(shop)];
  expect(first.outcomes.length).toBeGreaterThan(2000);
  for (const [name, bytes] of first.bytes) expect(second.bytes.get(name)?.equals(bytes), name).toBe(true);
  expect(JSON.stringify(second.measurements)).toBe(JSON.stringify(first.measurements));
}, 60_000);
