import { describe, expect, test } from 'vitest';
import { DataError } from '../../../../layers/platform/errors.ts';
import { type Row, runShop, type Shop } from './shop.ts';

const assignment: Row = {
  user_id: 1,
  experiment_id: 'exp',
  variant: 'control',
  assigned_ts: '2024-01-01 00:00:00',
};

function event(id: number, rest: Row = {}): Row {
  return { event_id: id, user_id: 1, event_name: 'view_product', event_ts: '2024-01-02 10:00:00', ...rest };
}

function shopOf(events: readonly Row[], rest: Shop = {}): Shop {
  return { experiment_assignments: [assignment], events, ...rest };
}

const ids = (rows: readonly Row[]) => rows.map(({ event_id }) => event_id);

describe('repeats', () => {
  test('an exact repeat of a row is a duplicate, wherever it lies', async () => {
    const { cleaned, events, quarantine } = await runShop(
      shopOf([event(1), event(1), event(2), { ...event(1), _part: 1, _line: 2 }]),
    );
    expect(ids(events)).toEqual(['1', '2']);
    expect(cleaned[0]?.result.datasets.events).toEqual({
      accepted: 2,
      quarantined: 0,
      duplicates: 2,
      parts: [
        { part: 0, accepted: 2, quarantined: 0, duplicates: 1 },
        { part: 1, accepted: 0, quarantined: 0, duplicates: 1 },
      ],
      duplicateExamples: [
        { file: 'raw/events-0.csv', line: 3, value: '1' },
        { file: 'raw/events-1.csv', line: 2, value: '1' },
      ],
    });
    expect(quarantine).toEqual([]);
  });

  test('rows of one key that differ are all quarantined, each naming the first other one', async () => {
    const { cleaned, events, quarantine } = await runShop(
      shopOf([
        event(1, { quantity: 1 }),
        event(1, { quantity: 2 }),
        event(1, { quantity: 1 }),
        event(2),
        { ...event(1, { quantity: 3 }), _part: 1, _line: 2 },
      ]),
    );
    expect(ids(events)).toEqual(['2']);
    expect(cleaned[0]?.result.datasets.events).toEqual({
      accepted: 1,
      quarantined: 3,
      duplicates: 1,
      parts: [
        { part: 0, accepted: 1, quarantined: 2, duplicates: 1 },
        { part: 1, accepted: 0, quarantined: 1, duplicates: 0 },
      ],
      duplicateExamples: [{ file: 'raw/events-0.csv', line: 4, value: '1' }],
    });
    expect(quarantine.map(({ source_key, line, rule, reason }) => [source_key, line, rule, reason])).toEqual([
      [
        'raw/events-0.csv',
        '2',
        'conflict',
        'the same event_id with other content in line 3 of raw/events-0.csv',
      ],
      [
        'raw/events-0.csv',
        '3',
        'conflict',
        'the same event_id with other content in line 2 of raw/events-0.csv',
      ],
      [
        'raw/events-1.csv',
        '2',
        'conflict',
        'the same event_id with other content in line 2 of raw/events-0.csv',
      ],
    ]);
    expect(quarantine[0]).toMatchObject({ dataset: 'events', column: null });
    expect(JSON.parse(String(quarantine[0]?.raw))).toMatchObject({ event_id: 1, quantity: 1 });
    expect(cleaned[0]?.result.quarantineRules).toEqual([
      {
        dataset: 'events',
        column: null,
        rule: 'conflict',
        rows: 3,
        examples: [
          { file: 'raw/events-0.csv', line: 2, value: '1' },
          { file: 'raw/events-0.csv', line: 3, value: '1' },
          { file: 'raw/events-1.csv', line: 2, value: '1' },
        ],
      },
    ]);
  });

  test('a user in two contradicting rows still is a user: only the attributes are unknown', async () => {
    const { events, exposure, cleaned } = await runShop(
      shopOf([event(1)], {
        users: [
          { user_id: 1, country: 'DE' },
          { user_id: 1, country: 'FR' },
        ],
      }),
    );
    expect(ids(events)).toEqual(['1']);
    expect(cleaned[0]?.result.datasets.users).toMatchObject({ accepted: 0, quarantined: 2, duplicates: 0 });
    expect(exposure[0]?.country).toBe('(unknown)');
  });
});

describe('references', () => {
  const users: Row[] = [{ user_id: 1 }];

  test('events of unknown users are quarantined, those of unknown sessions and products are kept with a warning', async () => {
    const { cleaned, events, quarantine } = await runShop(
      shopOf(
        [
          event(1, { session_id: 10, product_id: 100 }),
          event(2, { user_id: 2, session_id: 99 }),
          event(3, { session_id: 99 }),
          event(4, { product_id: 999 }),
        ],
        {
          users,
          products: [{ product_id: 100 }],
          sessions: [{ session_id: 10, user_id: 1, session_start_ts: '2024-01-02 09:00:00' }],
        },
      ),
    );
    expect(ids(events)).toEqual(['1', '3', '4']);
    expect(quarantine).toMatchObject([
      { line: '3', column: 'user_id', rule: 'unknown_user', reason: 'no row of users has this user_id' },
    ]);
    expect(cleaned[0]?.result.decisiveEvents).toContainEqual({
      event: 'view_product',
      accepted: 3,
      quarantined: 1,
    });
    expect(cleaned[0]?.result.warnings).toEqual([
      {
        dataset: 'events',
        column: 'session_id',
        rule: 'unknown_session',
        rows: 1,
        examples: [{ file: 'raw/events-0.csv', line: 4, value: '99' }],
      },
      {
        dataset: 'events',
        column: 'product_id',
        rule: 'unknown_product',
        rows: 1,
        examples: [{ file: 'raw/events-0.csv', line: 5, value: '999' }],
      },
    ]);
  });

  test('what the drop lacks is not referred to', async () => {
    const { cleaned } = await runShop(shopOf([event(1, { session_id: 10, product_id: 100 })]));
    expect(cleaned[0]?.result).toMatchObject({ quarantineRules: [], warnings: [] });
  });

  test('sessions and assignments of unknown users are kept with a warning', async () => {
    const { cleaned } = await runShop({
      users,
      sessions: [{ session_id: 10, user_id: 2, session_start_ts: '2024-01-02 09:00:00' }],
      experiment_assignments: [assignment, { ...assignment, user_id: 3 }],
      events: [event(1)],
    });
    expect(cleaned[0]?.result.quarantineRules).toEqual([]);
    expect(cleaned[0]?.result.warnings.map(({ dataset, rule, rows }) => [dataset, rule, rows])).toEqual([
      ['sessions', 'unknown_user', 1],
      ['experiment_assignments', 'unknown_user', 1],
    ]);
  });

  test('an event without a user is that of its session, and is quarantined where that has none', async () => {
    const { events, quarantine, cleaned } = await runShop(
      shopOf(
        [
          event(1, { user_id: null, session_id: 10 }),
          event(2, { user_id: null, session_id: 99 }),
          event(3, { user_id: null }),
          event(4, { user_id: null, session_id: 11 }),
        ],
        {
          sessions: [
            { session_id: 10, user_id: 1, session_start_ts: '2024-01-02 09:00:00' },
            { session_id: 11, user_id: 1, session_start_ts: '2024-01-02 09:00:00' },
            { session_id: 11, user_id: 2, session_start_ts: '2024-01-02 09:00:00' },
          ],
        },
      ),
    );
    expect(events).toMatchObject([{ event_id: '1', user_id: '1' }]);
    expect(
      quarantine.filter(({ dataset }) => dataset === 'events').map(({ line, rule }) => [line, rule]),
    ).toEqual([
      ['3', 'no_user'],
      ['4', 'no_user'],
      ['5', 'no_user'],
    ]);
    expect(cleaned[0]?.result.datasets).toMatchObject({
      events: { accepted: 1, quarantined: 3, duplicates: 0 },
      sessions: { accepted: 1, quarantined: 2, duplicates: 0 },
    });
  });
});

describe('clean events', () => {
  test('names follow the aliases, money has its sign, days are those of UTC', async () => {
    const { events, cleaned } = await runShop(
      shopOf([
        event(1, { event_name: 'pdp_view', event_ts: '2024-01-02 23:59:59' }),
        event(2, {
          event_name: 'purchase',
          event_ts: '2024-01-03 00:00:00',
          revenue: '10.50',
          currency: ' eur',
        }),
        event(3, { event_name: 'purchase' }),
        event(4, { event_name: 'refund', revenue: '3.00' }),
        event(5, { event_name: 'refund', revenue: '-4.00' }),
        event(6, { event_name: 'add_to_cart', revenue: '9.99' }),
      ]),
    );
    expect(events.map((row) => [row.event_name, row.is_purchase, row.net_revenue])).toEqual([
      ['view_product', false, '0.00'],
      ['purchase', true, '10.50'],
      ['purchase', true, '0.00'],
      ['refund', false, '-3.00'],
      ['refund', false, '-4.00'],
      ['add_to_cart', false, '0.00'],
    ]);
    expect(Object.keys(events[0] ?? {})).toEqual([
      'event_id',
      'session_id',
      'user_id',
      'event_name',
      'event_ts',
      'product_id',
      'quantity',
      'revenue',
      'order_id',
      'currency',
      'is_purchase',
      'net_revenue',
    ]);
    expect(cleaned[0]?.events.map(({ dt, rows }) => [dt, rows])).toEqual([
      ['2024-01-02', 5],
      ['2024-01-03', 1],
    ]);
    expect(cleaned[0]?.result).toMatchObject({
      currencies: ['EUR'],
      latestEventTs: '2024-01-03T00:00:00.000Z',
      eventNames: ['add_to_cart', 'purchase', 'refund', 'view_product'],
    });
    expect(cleaned[0]?.result.decisiveEvents?.filter(({ accepted }) => accepted > 0)).toEqual([
      { event: 'add_to_cart', accepted: 1, quarantined: 0 },
      { event: 'purchase', accepted: 2, quarantined: 0 },
      { event: 'refund', accepted: 2, quarantined: 0 },
      { event: 'view_product', accepted: 1, quarantined: 0 },
    ]);
  });

  test('a year of days gives one file a day', async () => {
    const day = (offset: number) => new Date(Date.UTC(2024, 0, 1 + offset)).toISOString().slice(0, 10);
    const { cleaned } = await runShop(
      shopOf(
        Array.from({ length: 800 }, (_, i) => event(i + 1, { event_ts: `${day((i * 7) % 366)} 12:00:00` })),
      ),
    );
    expect(new Set(cleaned[0]?.events.map(({ file }) => file)).size).toBe(366);
    expect(cleaned[0]?.events.reduce((sum, { rows }) => sum + rows, 0)).toBe(800);
  });

  test('no accepted event gives no file', async () => {
    const { cleaned } = await runShop(shopOf([event(1, { user_id: null })]));
    expect(cleaned[0]).toMatchObject({ events: [], result: { latestEventTs: null } });
  });

  test('two currencies stop the run', async () => {
    const run = runShop(shopOf([event(1, { currency: 'EUR' }), event(2, { currency: 'USD' })]));
    await expect(run).rejects.toThrow(DataError);
    await expect(run).rejects.toThrow('EUR, USD');
  });
});

test('oddities are warned of and taken', async () => {
  const { cleaned, events } = await runShop(
    {
      users: [{ user_id: 1, signup_ts: '2024-01-05 00:00:00' }],
      products: [
        { product_id: 1, price: '0.00' },
        { product_id: 2, price: '-1.00' },
      ],
      sessions: [
        {
          session_id: 10,
          user_id: 1,
          session_start_ts: '2023-12-31 10:00:00',
          session_end_ts: '2023-12-31 09:00:00',
        },
        { session_id: 11, user_id: 2, session_start_ts: '2024-01-02 10:00:00' },
      ],
      experiment_assignments: [assignment],
      events: [
        event(1, { event_ts: '2023-12-31 10:00:00', quantity: -1 }),
        event(2, { event_ts: '2024-03-01 00:00:00', session_id: 11 }),
        event(3, { event_ts: '2024-01-06 00:00:00', event_name: 'purchase', revenue: '-5.00' }),
      ],
    },
    { asOf: '2024-02-01T00:00:00.000Z' },
  );
  expect(events).toHaveLength(3);
  expect(cleaned[0]?.result.warnings.map(({ dataset, rule, rows }) => [dataset, rule, rows])).toEqual([
    ['products', 'price_not_positive', 2],
    ['sessions', 'unknown_user', 1],
    ['sessions', 'ends_before_start', 1],
    ['experiment_assignments', 'before_signup', 1],
    ['events', 'negative_quantity', 1],
    ['events', 'after_as_of', 1],
    ['events', 'exposure_before_signup', 1],
    ['events', 'session_of_another_user', 1],
    ['events', 'negative_revenue', 1],
  ]);
});
