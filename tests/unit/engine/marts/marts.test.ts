import { describe, expect, test } from 'vitest';
import { type Row, runShop, type Shop } from '../clean/shop.ts';

const experiment = 'exp';

function assign(user: number, variant = 'control', assigned_ts = '2024-01-01 00:00:00', rest: Row = {}): Row {
  return { user_id: user, experiment_id: experiment, variant, assigned_ts, ...rest };
}

let eventId = 0;
function event(user: number, event_name: string, event_ts: string, rest: Row = {}): Row {
  eventId += 1;
  return { event_id: eventId, user_id: user, event_name, event_ts, ...rest };
}

const view = (user: number, at: string, rest: Row = {}) => event(user, 'view_product', at, rest);
const buy = (user: number, at: string, rest: Row = {}) =>
  event(user, 'purchase', at, { revenue: '10.00', ...rest });
/** Ends the data late enough for every window to have ended. */
const lateEvent = event(999, 'other', '2024-06-01 00:00:00');

function shop(assignments: readonly Row[], events: readonly Row[], rest: Shop = {}): Shop {
  return { experiment_assignments: assignments, events: [...events, lateEvent], ...rest };
}

const week = 'experiments: { "*": { outcome_window_days: 7 } }';

async function population(of: Shop, config: string, asOf: string) {
  const { measurements } = await runShop(of, { config, asOf });
  return Object.fromEntries(measurements.population.map(({ step, users }) => [step, users]));
}

describe('exposure', () => {
  test('is the first exposure event at or after the assignment', async () => {
    const { exposure } = await runShop(
      shop(
        [assign(1, 'control', '2024-01-02 12:00:00'), assign(2, 'treatment', '2024-01-02 12:00:00')],
        [
          view(1, '2024-01-02 11:59:59'),
          view(1, '2024-01-02 12:00:00'),
          view(1, '2024-01-03 00:00:00'),
          event(2, 'add_to_cart', '2024-01-02 13:00:00'),
          view(2, '2024-01-02 14:00:00'),
        ],
      ),
    );
    expect(exposure).toEqual([
      {
        experiment_id: 'exp',
        user_id: '1',
        variant: 'control',
        assigned_at: '2024-01-02 12:00:00',
        exposed_at: '2024-01-02 12:00:00',
        country: '(unknown)',
        device: '(unknown)',
      },
      {
        experiment_id: 'exp',
        user_id: '2',
        variant: 'treatment',
        assigned_at: '2024-01-02 12:00:00',
        exposed_at: '2024-01-02 14:00:00',
        country: '(unknown)',
        device: '(unknown)',
      },
    ]);
  });

  test('may precede the assignment where the experiment says so', async () => {
    const { exposure } = await runShop(
      shop([assign(1, 'control', '2024-01-02 12:00:00')], [view(1, '2024-01-01 00:00:00')]),
      { config: 'experiments: { "*": { exposure: { require_assignment_before: false } } }' },
    );
    expect(exposure.map(({ exposed_at }) => exposed_at)).toEqual(['2024-01-01 00:00:00']);
  });

  test('is the assignment itself where the experiment says so', async () => {
    const { outcomes } = await runShop(
      shop([assign(1, 'control', '2024-01-02 12:00:00'), assign(2)], [buy(1, '2024-01-03 00:00:00')]),
      { config: 'experiments: { "*": { exposure: assignment } }' },
    );
    expect(outcomes).toMatchObject([
      { user_id: '1', exposed_at: '2024-01-02 12:00:00', purchased: 1, exposure_sessions: null },
      { user_id: '2', exposed_at: '2024-01-01 00:00:00', purchased: 0, events_in_window: '0' },
    ]);
  });

  test('may be another event, by any of its names', async () => {
    const { exposure } = await runShop(
      shop([assign(1)], [view(1, '2024-01-02 00:00:00'), event(1, 'banner', '2024-01-03 00:00:00')]),
      {
        config:
          'event_aliases: { banner: see_banner }\nexperiments: { "*": { exposure: { event: banner } } }',
      },
    );
    expect(exposure.map(({ exposed_at }) => exposed_at)).toEqual(['2024-01-03 00:00:00']);
  });

  test('of two events at one moment is the one of the lower id, which decides on the bounce', async () => {
    const at = '2024-01-02 10:00:00';
    const { outcomes } = await runShop(
      shop(
        [assign(1), assign(2)],
        [
          view(1, at, { event_id: 9002, session_id: 21 }),
          view(1, at, { event_id: 9001, session_id: 20 }),
          view(1, '2024-01-02 11:00:00', { session_id: 21 }),
          view(2, at, { event_id: 9003, session_id: 30 }),
          event(2, 'other', at, { event_id: 9004, session_id: 30 }),
        ],
      ),
    );
    expect(outcomes).toMatchObject([
      { user_id: '1', exposure_sessions: 1, bounced_sessions: 1 },
      { user_id: '2', exposure_sessions: 1, bounced_sessions: 0 },
    ]);
  });
});

describe('assignment', () => {
  test('a repeated one to the same variant keeps the earliest', async () => {
    const { exposure } = await runShop(
      shop(
        [assign(1, 'control', '2024-01-03 00:00:00'), assign(1, 'control', '2024-01-01 00:00:00')],
        [view(1, '2024-01-02 00:00:00')],
      ),
    );
    expect(exposure).toMatchObject([
      { assigned_at: '2024-01-01 00:00:00', exposed_at: '2024-01-02 00:00:00' },
    ]);
  });

  test('to two variants is a crossover: left out, counted, and known by its first variant', async () => {
    const run = await runShop(
      shop(
        [
          assign(1, 'treatment', '2024-01-01 00:00:00'),
          assign(1, 'control', '2024-01-05 00:00:00'),
          assign(2, 'control'),
        ],
        [view(1, '2024-01-02 00:00:00'), view(2, '2024-01-02 00:00:00')],
      ),
    );
    expect(run.outcomes.map(({ user_id }) => user_id)).toEqual(['2']);
    expect(run.measurements.experiments[0]).toMatchObject({
      crossovers: 1,
      crossoversByFirstVariant: [{ variant: 'treatment', users: 1 }],
      arms: [{ variant: 'control', assigned: 1, exposed: 1, users: 1 }],
    });
  });

  test('to a second variant after as_of is no crossover', async () => {
    const { outcomes } = await runShop(
      shop(
        [assign(1, 'control'), assign(1, 'treatment', '2024-02-01 00:00:00')],
        [view(1, '2024-01-02 00:00:00')],
      ),
      { asOf: '2024-02-01T00:00:00.000Z' },
    );
    expect(outcomes).toMatchObject([{ variant: 'control' }]);
  });

  test.each([
    ['with a header', '\uFEFFuser_id\r\n1\r\n3\r\n'],
    ['without one', '"1"\n\n 3 \n99'],
    ['in a column among others', 'reason,User_ID\n"a robot, we think",1\n,3.0\n'],
  ])('of users that the drop lists %s leaves them out, counted', async (_, excludedUsers) => {
    const seen = [1, 2, 3].map((user) => view(user, '2024-01-02 00:00:00'));
    const { outcomes, measurements } = await runShop(shop([assign(1), assign(2), assign(3)], seen), {
      excludedUsers,
    });
    expect(outcomes.map(({ user_id }) => user_id)).toEqual(['2']);
    expect(measurements.population).toContainEqual({
      experimentId: 'exp',
      step: 'excluded_users',
      rows: 2,
      users: 2,
    });
  });

  test('of users that the drop lists by what is no id stops the run', async () => {
    await expect(
      runShop(shop([assign(1)], []), { excludedUsers: 'user_id\n1\nsomeone@example.com\n' }),
    ).rejects.toThrow('"someone@example.com" is no id of a user (id_type: bigint) (excluded_users.csv:3)');
  });

  test.each([
    ['a fraction, which is another user when it is rounded', 'user_id\n1.5\n', 'DataError', '"1.5" is no id'],
    ['an empty id', 'user_id,reason\n1,robot\n,robot\n', 'DataError', '(excluded_users.csv:3)'],
    ['a line with more than an id', '1\n2,robot\n', 'DataError', 'too many fields (excluded_users.csv:2)'],
    [
      'columns of which none is user_id',
      'id,reason\n1,robot\n',
      'SchemaError',
      'none is called user_id (excluded_users.csv:1)',
    ],
  ])('of users that the drop lists with %s stops the run', async (_, excludedUsers, name, message) => {
    const run = runShop(shop([assign(1)], []), { excludedUsers });
    await expect(run).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });

  test('of users that the drop lists as texts leaves out those with exactly these texts', async () => {
    const seen = { event_name: 'view_product', event_ts: '2024-01-02 00:00:00' };
    const { measurements, outcomes } = await runShop(
      {
        experiment_assignments: ['007', '7'].map((id) => ({ ...assign(0), user_id: id })),
        events: ['007', '7'].map((id) => ({ ...seen, event_id: id, user_id: id })),
      },
      { config: 'id_type: string', excludedUsers: 'user_id\n007\n' },
    );
    expect(outcomes.map(({ user_id }) => user_id)).toEqual(['7']);
    expect(measurements.population).toContainEqual({
      experimentId: 'exp',
      step: 'excluded_users',
      rows: 1,
      users: 1,
    });
  });

  test('to a variant without a weight, and beyond-human activity, leave a user out; every step is counted', async () => {
    const config = `
experiments: { "*": { outcome_window_days: 7, immature: exclude, weights: { control: 0.5, treatment: 0.5 } } }
exclude_users: { max_events_per_day: 2 }`;
    const robot = [10, 11, 12].map((hour) => view(4, `2024-01-02 ${hour}:00:00`));
    const found = await population(
      {
        experiment_assignments: [
          assign(1),
          assign(2, 'treatment'),
          assign(3, 'typo'),
          assign(4),
          assign(5),
          assign(6),
          assign(6, 'treatment'),
          assign(7),
          assign(7, 'control', '2024-01-02 00:00:00'),
          assign(8, 'control', '2024-01-02 00:00:00'),
        ],
        events: [
          view(1, '2024-01-02 00:00:00'),
          view(2, '2024-01-19 00:00:00'),
          view(3, '2024-01-02 00:00:00'),
          ...robot,
          event(5, 'other', '2024-01-02 00:00:00'),
          view(6, '2024-01-02 00:00:00'),
          view(7, '2024-01-13 00:00:00'),
          view(8, '2024-01-01 23:59:59'),
        ],
      },
      config,
      '2024-01-20T00:00:00.000Z',
    );
    expect(found).toEqual({
      assigned: 8,
      crossovers: 1,
      unknown_variant: 1,
      excluded_users: 1,
      not_exposed: 1,
      exposed_before_assignment: 1,
      exposed: 3,
      immature: 1,
      analysed: 2,
    });
  });
});

describe('outcomes', () => {
  test('come from the half-open window that begins with the exposure', async () => {
    const { outcomes } = await runShop(
      shop(
        [assign(1)],
        [
          buy(1, '2024-01-02 09:59:59'),
          view(1, '2024-01-02 10:00:00'),
          event(1, 'add_to_cart', '2024-01-02 10:00:00'),
          buy(1, '2024-01-09 09:59:59', { revenue: '7.00' }),
          event(1, 'begin_checkout', '2024-01-09 10:00:00'),
          buy(1, '2024-01-09 10:00:00'),
        ],
      ),
      { config: week },
    );
    expect(outcomes).toEqual([
      {
        experiment_id: 'exp',
        user_id: '1',
        variant: 'control',
        exposed_at: '2024-01-02 10:00:00',
        window_end: '2024-01-09 10:00:00',
        is_mature: true,
        purchased: 1,
        added_to_cart: 1,
        began_checkout: 0,
        orders: '1',
        refunded_orders: '0',
        purchase_value: '7.00',
        refunds: '0.00',
        revenue: '7.00',
        events_in_window: '3',
        exposure_sessions: null,
        bounced_sessions: null,
        sessions: null,
        session_ms: null,
        retained_d7: 1,
        // What lies between assignment and exposure is neither an outcome nor from before the experiment.
        pre_active: '0',
        pre_added_to_cart: '0',
        pre_began_checkout: '0',
        pre_events: '0',
        pre_orders: '0',
        pre_purchased: '0',
        pre_revenue: '0.00',
        pre_session_ms: null,
        pre_sessions: null,
      },
    ]);
  });

  test('are NULL, not zero, where the drop has no data for them', async () => {
    const bare = [
      event(1, 'view_product', '2024-01-02 10:00:00'),
      event(1, 'purchase', '2024-01-02 11:00:00'),
    ];
    const { outcomes, measurements } = await runShop(shop([assign(1)], bare), { config: week });
    expect(outcomes).toMatchObject([
      { purchased: 1, orders: '1', revenue: null, purchase_value: null, refunds: null, session_ms: null },
    ]);
    expect(measurements.experiments[0]?.arms[0]?.sums).toMatchObject({ purchased: '1', revenue: '0' });
  });

  test('an order is a distinct id, or a purchase without one; a refund lowers revenue when it happens and belongs to its order', async () => {
    const at = (hour: number) => `2024-01-03 ${String(hour).padStart(2, '0')}:00:00`;
    const refund = (user: number, hour: number, revenue: string, order_id: string | null) =>
      event(user, 'refund', at(hour), { revenue, order_id });
    const { outcomes } = await runShop(
      shop(
        [assign(1), assign(2)],
        [
          view(1, '2024-01-02 10:00:00'),
          buy(1, at(1), { order_id: 'a' }),
          buy(1, at(2), { order_id: 'a' }),
          buy(1, at(3), { order_id: 'b' }),
          buy(1, at(4)),
          buy(1, at(5)),
          refund(1, 6, '2.00', 'a'),
          refund(1, 7, '-3.00', 'a'),
          refund(1, 8, '1.00', null),
          buy(2, '2024-01-01 10:00:00', { order_id: 'before' }),
          view(2, '2024-01-02 10:00:00'),
          refund(2, 9, '10.00', 'before'),
          refund(2, 10, '0.50', 'never bought'),
        ],
      ),
      { config: week },
    );
    expect(outcomes).toMatchObject([
      {
        orders: '4',
        refunded_orders: '2',
        purchase_value: '50.00',
        refunds: '6.00',
        revenue: '44.00',
      },
      { orders: '0', refunded_orders: '0', purchase_value: '0.00', refunds: '10.50', revenue: '-10.50' },
    ]);
  });

  test('retention is any event in the eighth day', async () => {
    const exposures = [1, 2, 3, 4].map((user) => view(user, '2024-01-02 10:00:00'));
    const { outcomes } = await runShop(
      shop(
        [1, 2, 3, 4].map((user) => assign(user)),
        [
          ...exposures,
          event(1, 'other', '2024-01-09 09:59:59'),
          event(2, 'other', '2024-01-09 10:00:00'),
          event(3, 'other', '2024-01-10 09:59:59'),
          event(4, 'other', '2024-01-10 10:00:00'),
        ],
      ),
      { config: 'experiments: { "*": { outcome_window_days: 1 } }' },
    );
    expect(outcomes.map(({ retained_d7 }) => retained_d7)).toEqual([0, 1, 1, 0]);
  });

  test('a session bounces without a further event in it', async () => {
    const { outcomes } = await runShop(
      shop(
        [assign(1), assign(2)],
        [
          event(1, 'other', '2024-01-02 09:59:00', { session_id: 10 }),
          view(1, '2024-01-02 10:00:00', { session_id: 10 }),
          view(1, '2024-01-02 10:00:01', { session_id: 11 }),
          view(2, '2024-01-02 10:00:00', { session_id: 20 }),
          event(2, 'other', '2024-01-02 10:00:01', { session_id: 20 }),
        ],
      ),
    );
    expect(outcomes.map(({ bounced_sessions }) => bounced_sessions)).toEqual([1, 0]);
  });

  test('sessions that start in the window count, cut at its end, where their end is known', async () => {
    const session = (id: number, start: string, end: string | null): Row => ({
      session_id: id,
      user_id: 1,
      session_start_ts: start,
      session_end_ts: end,
    });
    const { outcomes } = await runShop(
      shop([assign(1)], [view(1, '2024-01-02 10:00:00')], {
        sessions: [
          session(1, '2024-01-02 09:59:59', '2024-01-02 11:00:00'),
          session(2, '2024-01-02 10:00:00', '2024-01-02 10:00:01.5'),
          session(3, '2024-01-09 09:59:59', '2024-01-09 12:00:00'),
          session(4, '2024-01-09 10:00:00', '2024-01-09 12:00:00'),
          session(5, '2024-01-03 10:00:00', null),
          session(6, '2024-01-03 10:00:00', '2024-01-03 09:00:00'),
        ],
      }),
      { config: week },
    );
    expect(outcomes).toMatchObject([{ sessions: '2', session_ms: '2500' }]);
  });

  test('what happens from as_of on is not used, and a window that ends later is immature', async () => {
    const of = shop(
      [assign(1), assign(2)],
      [view(1, '2024-01-02 00:00:00'), view(2, '2024-01-02 00:00:01'), buy(2, '2024-01-09 00:00:00')],
    );
    const { outcomes } = await runShop(of, { config: week, asOf: '2024-01-09T00:00:00.000Z' });
    expect(outcomes.map(({ is_mature, purchased }) => [is_mature, purchased])).toEqual([
      [true, 0],
      [false, 0],
    ]);
  });
});

describe('segments', () => {
  test('are the user’s own columns; the device else is that of the first session that names one', async () => {
    const session = (id: number, user: number, start: string, device: string | null): Row => ({
      session_id: id,
      user_id: user,
      session_start_ts: start,
      device,
    });
    const { exposure } = await runShop(
      shop(
        [assign(1), assign(2), assign(3)],
        [1, 2, 3].map((user) => view(user, '2024-01-02 00:00:00')),
        {
          users: [
            { user_id: 1, device: 'desktop', country: 'DE', plan: 'gold' },
            { user_id: 2, device: null, country: null, plan: null },
            { user_id: 3, device: null, country: 'FR', plan: 'free' },
            { user_id: 999 },
          ],
          sessions: [
            session(1, 1, '2024-01-01 00:00:00', 'mobile'),
            session(5, 2, '2024-01-03 00:00:00', 'desktop'),
            session(4, 2, '2024-01-02 00:00:00', 'tablet'),
            session(3, 2, '2024-01-02 00:00:00', 'mobile'),
            session(2, 2, '2024-01-01 00:00:00', null),
          ],
        },
      ),
      { config: 'experiments: { "*": { segments: [device, plan] }, other: { segments: [country] } }' },
    );
    expect(exposure.map(({ device, country, plan }) => [device, country, plan])).toEqual([
      ['desktop', 'DE', 'gold'],
      ['mobile', '(unknown)', '(unknown)'],
      ['(unknown)', 'FR', 'free'],
    ]);
  });
});

test('experiments of one drop have their own settings, and a user may be in several', async () => {
  const { outcomes } = await runShop(
    shop(
      [assign(1), assign(1, 'treatment', '2024-01-03 00:00:00', { experiment_id: 'long' })],
      [view(1, '2024-01-02 00:00:00'), view(1, '2024-01-04 00:00:00'), buy(1, '2024-01-20 00:00:00')],
    ),
    { config: 'experiments: { "*": { outcome_window_days: 7 }, long: { outcome_window_days: 30 } }' },
  );
  expect(outcomes.map((row) => [row.experiment_id, row.variant, row.exposed_at, row.purchased])).toEqual([
    ['exp', 'control', '2024-01-02 00:00:00', 0],
    ['long', 'treatment', '2024-01-04 00:00:00', 1],
  ]);
});

test('the data end with the day of the latest event', async () => {
  const { marts } = await runShop({
    experiment_assignments: [assign(1)],
    events: [view(1, '2024-01-02 00:00:00')],
  });
  expect(marts[0]?.asOf).toBe('2024-01-03T00:00:00.000Z');
});

test('ids may be text', async () => {
  const { outcomes } = await runShop(
    {
      experiment_assignments: [{ ...assign(1), user_id: 'u-1' }],
      events: [{ ...view(1, '2024-01-02 00:00:00'), user_id: 'u-1', event_id: 'e-1' }],
    },
    { config: 'id_type: string' },
  );
  expect(outcomes).toMatchObject([{ user_id: 'u-1', events_in_window: '1' }]);
});

test('who is left out of the exposed is known by arm', async () => {
  const { measurements } = await runShop(
    shop(
      [assign(1), assign(2), assign(3, 'treatment'), assign(4, 'treatment')],
      [
        view(1, '2023-12-31 00:00:00'),
        view(2, '2024-01-02 00:00:00'),
        ...['01', '02', '03'].map((hour) => view(3, `2024-01-02 ${hour}:00:00`)),
        view(4, '2024-01-02 00:00:00'),
      ],
    ),
    { config: 'exclude_users: { max_events_per_day: 2 }' },
  );
  expect(measurements.experiments[0]?.leftOut).toEqual([
    { variant: 'control', excluded: 0, early: 1 },
    { variant: 'treatment', excluded: 1, early: 0 },
  ]);
});

describe('everyone assigned', () => {
  const everyone = async (of: Shop, config: string) => {
    const { measurements } = await runShop(of, { config });
    return measurements.experiments[0];
  };

  test('counts from the assignment on, exposed or not', async () => {
    const found = await everyone(
      shop(
        [assign(1), assign(2), assign(3, 'treatment')],
        [
          // Before the assignment, between it and the exposure, and after the window that begins with the assignment.
          buy(1, '2023-12-31 23:59:59', { order_id: 'early' }),
          buy(1, '2024-01-01 00:00:00', { order_id: 'a' }),
          buy(1, '2024-01-02 00:00:00', { order_id: 'a' }),
          view(1, '2024-01-05 00:00:00'),
          buy(1, '2024-01-08 00:00:00'),
          buy(2, '2024-01-07 23:59:59'),
          buy(2, '2024-01-03 00:00:00'),
        ],
      ),
      week,
    );
    expect(found?.assignedOutcomes).toMatchObject([
      {
        variant: 'control',
        crossed: false,
        users: 2,
        sums: { purchased: '2', orders: '3', revenue: '4000', events_in_window: '5', retained_d7: '1' },
        products: { orders: { orders: '5', revenue: String(2000 * 1 + 2000 * 2) } },
      },
      { variant: 'treatment', crossed: false, users: 1, sums: { purchased: '0', revenue: '0' } },
    ]);
  });

  test('is the analysed users where the assignment exposes', async () => {
    const found = await everyone(
      shop(
        [assign(1), assign(2, 'treatment', '2024-01-03 00:00:00'), assign(3, 'treatment')],
        [
          buy(1, '2024-01-02 00:00:00', { order_id: 'a' }),
          event(1, 'refund', '2024-01-03 00:00:00', { revenue: '4.00', order_id: 'a' }),
          buy(2, '2024-01-03 00:00:00'),
          event(3, 'add_to_cart', '2024-01-08 12:00:00'),
          view(3, '2024-01-07 00:00:00'),
        ],
      ),
      'experiments: { "*": { outcome_window_days: 7, exposure: assignment } }',
    );
    const outcomes = found?.assignedOutcomes ?? [];
    expect(outcomes).toHaveLength(2);
    for (const { variant, users, sums } of outcomes) {
      const arm = found?.arms.find((one) => one.variant === variant);
      expect({ users, sums }).toEqual({ users: arm?.users, sums: expect.objectContaining(sums) });
      expect(arm?.sums).toMatchObject(sums);
    }
  });

  test('of several variants is by the first, where one was', async () => {
    const found = await everyone(
      shop(
        [
          assign(1, 'control', '2024-01-01 00:00:00'),
          assign(1, 'treatment', '2024-01-02 00:00:00'),
          assign(2, 'control', '2024-01-01 00:00:00'),
          assign(2, 'treatment', '2024-01-01 00:00:00'),
          assign(3, 'treatment'),
        ],
        [buy(1, '2024-01-01 12:00:00'), buy(1, '2024-01-03 00:00:00'), buy(2, '2024-01-03 00:00:00')],
      ),
      week,
    );
    expect(found?.assignedOutcomes).toMatchObject([
      { variant: 'control', crossed: true, users: 1, sums: { purchased: '1', orders: '2' } },
      { variant: 'treatment', crossed: false, users: 1, sums: { purchased: '0' } },
    ]);
  });

  test('is without those whose window is open where the experiment leaves them out', async () => {
    const { measurements } = await runShop(
      shop([assign(1), assign(2, 'treatment', '2024-01-20 00:00:00')], [view(1, '2024-01-02 00:00:00')]),
      {
        config: 'experiments: { "*": { outcome_window_days: 7, immature: exclude } }',
        asOf: '2024-01-22T00:00:00Z',
      },
    );
    expect(
      measurements.experiments[0]?.assignedOutcomes?.map(({ variant, users }) => [variant, users]),
    ).toEqual([['control', 1]]);
  });
});
