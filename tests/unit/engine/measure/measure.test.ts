import { describe, expect, test } from 'vitest';
import baseConfig from '../../../../config/base.yaml';
import {
  mergeDecisiveEvents,
  mergeEventNames,
  mergePopulation,
  mergeRules,
  qualityOf,
  reconcileFiles,
} from '../../../../layers/engine/measure/reconcile.ts';
import { loadConfig } from '../../../../layers/experiment/config.ts';
import {
  type ArmMeasurement,
  measurements as measurementsSchema,
} from '../../../../layers/experiment/measurements.ts';
import { builtInMetrics } from '../../../../layers/experiment/metrics.ts';
import { DataError } from '../../../../layers/platform/errors.ts';
import type { StageResult } from '../../../../layers/runs/documents.ts';
import { type Row, runShop, type Shop } from '../clean/shop.ts';

const assign = (user: number, variant: string): Row => ({
  user_id: user,
  experiment_id: 'exp',
  variant,
  assigned_ts: '2024-01-01 00:00:00',
});
let id = 0;
const event = (user: number, event_name: string, event_ts: string, rest: Row = {}): Row => {
  id += 1;
  return { event_id: id, user_id: user, event_name, event_ts, ...rest };
};

/** Three control users (one not exposed), two treatment users, of whom 5 comes too late to be mature. */
const shop: Shop = {
  users: [1, 2, 3, 4, 5].map((user) => ({ user_id: user, country: user === 2 ? null : 'DE' })),
  experiment_assignments: [
    assign(1, 'control'),
    assign(2, 'control'),
    assign(3, 'control'),
    assign(4, 'treatment'),
    assign(5, 'treatment'),
  ],
  events: [
    event(1, 'view_product', '2024-01-02 00:00:00'),
    event(1, 'purchase', '2024-01-02 01:00:00', { revenue: '12.34' }),
    event(1, 'purchase', '2024-01-02 02:00:00', { revenue: '0.01' }),
    event(2, 'view_product', '2024-01-02 00:00:00'),
    event(2, 'purchase', '2024-01-02 01:00:00', { revenue: '100.00' }),
    event(4, 'view_product', '2024-01-02 00:00:00'),
    event(5, 'view_product', '2024-01-30 00:00:00'),
  ],
};

const settings = (rest: string) => `experiments: { "*": { outcome_window_days: 7, ${rest} } }`;

describe('moments', () => {
  test('are exact sums and products over the analysed users, in integer units', async () => {
    const { measurements } = await runShop(shop, { config: settings('segments: [country, device]') });
    const [experiment] = measurements.experiments;
    const [control, treatment] = experiment?.arms ?? [];
    expect(measurementsSchema.parse(measurements)).toEqual(measurements);
    expect(control).toMatchObject({ variant: 'control', assigned: 3, exposed: 2, users: 2 });
    expect(control?.sums).toMatchObject({
      purchased: '2',
      orders: '3',
      revenue: '11235',
      events_in_window: '5',
    });
    expect(control?.products.revenue).toMatchObject({
      revenue: String(1235n ** 2n + 10000n ** 2n),
      orders: String(1235 * 2 + 10000),
    });
    expect(treatment).toMatchObject({
      assigned: 2,
      exposed: 2,
      users: 2,
      sums: { purchased: '0', revenue: '0' },
    });
    expect(experiment?.columns).toContainEqual({ column: 'revenue', unit: 'cents' });
    expect(experiment?.immatureUsers).toBe(1);
  });

  test('hold the cubes of amounts where the arms are unequal, and of nothing else', async () => {
    const { measurements } = await runShop(shop, { config: settings('cuped: null') });
    const [experiment] = measurements.experiments;
    expect(experiment?.arms.map(({ cubes }) => cubes?.revenue)).toEqual([
      String(1235n ** 3n + 10000n ** 3n),
      '0',
    ]);
    expect(Object.keys(experiment?.arms[0]?.cubes ?? {})).toEqual(['revenue', 'revenue_per_user__capped']);
    const even = await runShop(
      { ...shop, experiment_assignments: (shop.experiment_assignments ?? []).slice(1) },
      { config: settings('cuped: null') },
    );
    expect(even.measurements.experiments[0]?.arms[0]).not.toHaveProperty('cubes');
  });

  test('hold every square and product that a metric needs', async () => {
    const { measurements } = await runShop(shop);
    const [arm] = measurements.experiments[0]?.arms ?? [];
    for (const { numerator, denominator } of builtInMetrics) {
      const pair = [numerator.column, (denominator ?? numerator).column] as const;
      expect(arm?.sums).toHaveProperty(pair[0]);
      expect(
        arm?.products[pair[0]]?.[pair[1]] ?? arm?.products[pair[1]]?.[pair[0]],
        pair.join(),
      ).toBeDefined();
    }
  });

  test('without immature users keep them among the exposed', async () => {
    const { measurements } = await runShop(shop, { config: settings('immature: exclude') });
    expect(measurements.experiments[0]?.arms[1]).toMatchObject({ assigned: 2, exposed: 2, users: 1 });
    expect(measurements.experiments[0]?.immatureUsers).toBe(1);
    expect(measurements.population.at(-1)).toEqual({
      experimentId: 'exp',
      step: 'analysed',
      rows: 3,
      users: 3,
    });
  });

  test('stay exact beyond 2^53', async () => {
    const revenue = '90071992547409.93';
    const { measurements } = await runShop({
      ...shop,
      events: [
        event(1, 'view_product', '2024-01-02 00:00:00'),
        event(1, 'purchase', '2024-01-02 01:00:00', { revenue }),
      ],
    });
    const cents = 9007199254740993n;
    const [control] = measurements.experiments[0]?.arms ?? [];
    expect(control?.sums.revenue).toBe(String(cents));
    expect(control?.products.revenue?.revenue).toBe(String(cents ** 2n));
  });

  test('of an arm in which nobody was exposed are zero', async () => {
    const { measurements } = await runShop({ ...shop, events: (shop.events ?? []).slice(0, 5) });
    expect(measurements.experiments[0]?.arms[1]).toMatchObject({
      variant: 'treatment',
      assigned: 2,
      exposed: 0,
      users: 0,
      sums: { revenue: '0' },
    });
  });

  test('of an arm that the weights name and nobody was assigned to are zero, so that its absence shows', async () => {
    const { measurements } = await runShop(shop, {
      config: settings('weights: { control: 0.4, treatment: 0.4, forgotten: 0.2 }'),
    });
    expect(measurements.experiments[0]?.arms.map(({ variant, assigned }) => [variant, assigned])).toEqual([
      ['control', 3],
      ['forgotten', 0],
      ['treatment', 2],
    ]);
  });

  test('by segment add up to those of all; a segment without a source is not measured', async () => {
    const { measurements } = await runShop(shop, { config: settings('segments: [country, device]') });
    expect(
      measurements.experiments[0]?.segments.map(({ segment, level, arms }) => [
        segment,
        level,
        arms.map(({ variant, users, sums }) => [variant, users, sums.revenue]),
      ]),
    ).toEqual([
      ['country', '(unknown)', [['control', 1, '10000']]],
      [
        'country',
        'DE',
        [
          ['control', 1, '1235'],
          ['treatment', 2, '0'],
        ],
      ],
    ]);
  });

  test('by segment keep the 50 largest levels apart, of equal ones the first by the alphabet, and join the others', async () => {
    const users = Array.from({ length: 53 }, (_, index) => index + 1);
    const countryOf = (user: number) => (user > 51 ? 'ZZ' : `C${String(user).padStart(2, '0')}`);
    const { measurements } = await runShop(
      {
        users: users.map((user) => ({ user_id: user, country: countryOf(user) })),
        experiment_assignments: users.map((user) => assign(user, user % 2 === 0 ? 'control' : 'treatment')),
        events: users.map((user) => event(user, 'view_product', '2024-01-02 00:00:00')),
      },
      { config: settings('segments: [country]') },
    );
    const levels = measurements.experiments[0]?.segments ?? [];
    const kept = users.slice(0, 49).map(countryOf);
    expect(levels.map(({ level }) => level)).toEqual(['(other)', ...kept, 'ZZ']);
    expect(levels[0]?.arms.map(({ variant, users }) => [variant, users])).toEqual([
      ['control', 1],
      ['treatment', 1],
    ]);
  });
});

describe('quantiles', () => {
  const session = (session_id: number, user_id: number, minutes: number): Row => ({
    session_id,
    user_id,
    session_start_ts: '2024-01-02 12:00:00',
    session_end_ts: `2024-01-02 12:${String(minutes).padStart(2, '0')}:00`,
  });
  /** 40 users with sessions of 1 to 20 minutes, of which each has a short and a long one. */
  const visitors = Array.from({ length: 40 }, (_, index) => index + 1);
  const visits: Shop = {
    experiment_assignments: visitors.map((user) => assign(user, 'control')),
    events: visitors.map((user) => event(user, 'view_product', '2024-01-02 00:00:00')),
    sessions: visitors.flatMap((user) => [
      session(2 * user, user, (user % 10) + 1),
      session(2 * user + 1, user, (user % 10) + 11),
    ]),
  };
  const config = `
metrics: { typical_session: { kind: quantile, value: session_duration, quantile: 0.5 } }
experiments: { "*": { outcome_window_days: 7, secondary: [typical_session] } }`;

  test('of sessions know how these cluster in users', async () => {
    const { measurements } = await runShop(visits, { config });
    expect(measurementsSchema.parse(measurements)).toEqual(measurements);
    const [quantile] = measurements.experiments[0]?.quantiles ?? [];
    expect(quantile).toMatchObject({ metric: 'typical_session', unit: 'milliseconds', quantile: 0.5 });
    // Every user has exactly one of two sessions below the median, so that there is nothing uncertain about its rank.
    expect(quantile?.arms).toEqual([
      {
        variant: 'control',
        n: 80,
        value: '600000',
        lower: null,
        upper: null,
        clusters: {
          users: 40,
          below: 40,
          sessionsSquared: '160',
          belowSquared: '40',
          sessionsTimesBelow: '80',
        },
      },
    ]);
  });
});

test('a cap of zero cuts nothing', async () => {
  const events = shop.events?.filter(({ user_id, revenue }) => user_id !== 2 || revenue === undefined);
  const { measurements } = await runShop(
    { ...shop, events: events ?? [] },
    { config: settings('capping: { revenue_per_user: { percentile: 51 } }') },
  );
  const [experiment] = measurements.experiments;
  expect(experiment?.caps).toMatchObject([
    { of: 'revenue', cap: null, capped: [{ users: 0 }, { users: 0 }] },
  ]);
  expect(experiment?.arms[0]?.sums.revenue_per_user__capped).toBe(experiment?.arms[0]?.sums.revenue);
});

test('assignments are counted by day, and users of unknown variants apart', async () => {
  const late = { ...assign(6, 'treatment'), assigned_ts: '2024-01-03 10:00:00' };
  const { measurements } = await runShop(
    { ...shop, experiment_assignments: [...(shop.experiment_assignments ?? []), late, assign(7, 'typo')] },
    { config: settings('weights: { control: 0.5, treatment: 0.5 }') },
  );
  expect(measurements.experiments[0]).toMatchObject({
    unknownVariants: [{ variant: 'typo', users: 1 }],
    assignedByDay: [
      {
        day: '2024-01-01',
        arms: [
          { variant: 'control', users: 3 },
          { variant: 'treatment', users: 2 },
        ],
      },
      { day: '2024-01-03', arms: [{ variant: 'treatment', users: 1 }] },
    ],
    cohorts: [{ day: '2024-01-02' }, { day: '2024-01-30', arms: [{ variant: 'treatment', exposed: 1 }] }],
  });
});

test('the histogram has bins that widen with the amount', async () => {
  const { measurements } = await runShop(shop);
  expect(measurements.experiments[0]?.revenueHistogram).toEqual([
    {
      variant: 'control',
      negative: 0,
      zero: 0,
      bins: [
        { from: '1000', to: '1500', users: 1 },
        { from: '10000', to: '15000', users: 1 },
      ],
    },
    { variant: 'treatment', negative: 0, zero: 2, bins: [] },
  ]);
});

test('logit cells group the analysed users by their events', async () => {
  const { measurements } = await runShop(shop);
  expect(measurements.experiments[0]?.logitCells).toEqual([
    { variant: 'control', eventsInWindow: 2, users: 1, purchased: 1 },
    { variant: 'control', eventsInWindow: 3, users: 1, purchased: 1 },
    { variant: 'treatment', eventsInWindow: 1, users: 2, purchased: 0 },
  ]);
});

describe('quality', () => {
  const staged = (lines: number, accepted: number): StageResult => ({
    dataset: 'events',
    part: 0,
    lines,
    accepted,
    quarantined: lines - accepted,
    quarantineRules: [],
  });
  const cleaned = (accepted: number, quarantined: number, duplicates: number) => ({
    datasets: {
      events: {
        accepted,
        quarantined,
        duplicates,
        parts: [{ part: 0, accepted, quarantined, duplicates }],
      },
    },
    quarantineRules: [],
    warnings: [],
    currencies: [],
    latestEventTs: null,
  });

  test('accounts for every line of every chunk and bucket', () => {
    const chunks = ['raw/a.csv', 'raw/b.csv', 'raw/b.csv'].map((key) => ({
      key,
      dataset: 'events' as const,
    }));
    const buckets = [cleaned(6, 1, 1), cleaned(2, 0, 0)].map((bucket) => ({
      ...bucket,
      datasets: {
        events: {
          ...bucket.datasets.events,
          parts: [
            ...bucket.datasets.events.parts,
            { part: 1, accepted: 1, quarantined: 0, duplicates: 1 },
            { part: 2, accepted: 1, quarantined: 1, duplicates: 0 },
          ],
        },
      },
    }));
    const results = [staged(12, 10), { ...staged(5, 4), part: 1 }, { ...staged(5, 4), part: 2 }];
    const files = reconcileFiles(chunks, results, buckets);
    expect(files).toEqual([
      { key: 'raw/a.csv', lines: 12, accepted: 8, quarantined: 3, duplicates: 1 },
      { key: 'raw/b.csv', lines: 10, accepted: 4, quarantined: 4, duplicates: 2 },
    ]);
    expect(qualityOf(chunks, files)).toEqual({
      events: { lines: 22, accepted: 12, quarantined: 7, duplicates: 3 },
    });
  });

  test('what became of the events that decide is told over chunks and buckets, and all names of an event', () => {
    const config = loadConfig([
      { name: 'base.yaml', text: baseConfig },
      { name: 'experiment.yaml', text: 'event_aliases: { buy: purchase }' },
    ]);
    const chunk = {
      ...staged(10, 7),
      quarantinedEvents: [
        { event: 'buy', rows: 2 },
        { event: 'search', rows: 1 },
      ],
    };
    const bucket = (accepted: number) => ({
      ...cleaned(accepted, 1, 0),
      decisiveEvents: [{ event: 'purchase', accepted, quarantined: 1 }],
    });
    expect(mergeDecisiveEvents(config, [chunk, staged(5, 5)], [bucket(4), bucket(3)])).toEqual([
      { event: 'purchase', accepted: 7, quarantined: 4 },
    ]);
  });

  test('names of events are those of all buckets, unless one does not tell or there are too many', () => {
    const many = Array.from({ length: 60 }, (_, i) => `event ${i}`);
    expect(mergeEventNames([{ eventNames: ['view', 'buy'] }, { eventNames: ['add', 'buy'] }])).toEqual([
      'add',
      'buy',
      'view',
    ]);
    expect(mergeEventNames([{ eventNames: ['view'] }, {}])).toBeUndefined();
    expect(
      mergeEventNames([{ eventNames: many }, { eventNames: many.map((name) => `other ${name}`) }]),
    ).toBeUndefined();
  });

  test('a line that is nowhere stops the run', () => {
    expect(() => reconcileFiles([{ key: 'raw/a.csv' }], [staged(10, 8)], [cleaned(7, 0, 0)])).toThrow(
      DataError,
    );
  });

  test('rules of all parts are added up, with the first examples in the order of files and lines', () => {
    const rule = (rows: number, ...lines: number[]) => ({
      dataset: 'events' as const,
      column: 'event_ts',
      rule: 'type',
      rows,
      examples: lines.map((line) => ({ line, value: 'x' })),
    });
    expect(mergeRules([rule(5, 7, 8, 9), rule(2, 3, 8)])).toEqual([rule(7, 3, 7, 8)]);
    const of = (file: string, line: number) => ({
      ...rule(1),
      examples: [{ file, line, value: 'x' }],
    });
    const [merged] = mergeRules([of('raw/b.csv', 1), of('raw/a.csv', 9), of('raw/a.csv', 2)]);
    expect(merged?.examples.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'raw/a.csv:2',
      'raw/a.csv:9',
      'raw/b.csv:1',
    ]);
  });

  test('steps of all buckets are added up', () => {
    const step = (users: number) => ({ experimentId: 'exp', step: 'assigned', rows: users, users });
    expect(mergePopulation([step(1), step(2)])).toEqual([step(3)]);
  });
});

describe('experiments at the same time', () => {
  const other = (user: number, variant: string): Row => ({
    ...assign(user, variant),
    experiment_id: 'banner',
  });
  const both: Shop = {
    ...shop,
    experiment_assignments: [
      ...(shop.experiment_assignments ?? []),
      other(1, 'old'),
      other(2, 'new'),
      other(3, 'new'),
      other(4, 'old'),
    ],
  };
  const purchased = (
    arms: readonly { variant: string; users: number; sums: Record<string, string> }[] = [],
  ) => arms.map(({ variant, users, sums }) => [variant, users, sums.purchased]);

  test('are measured by the arm in the other one, of the users who are exposed in both, for the primary metric alone', async () => {
    const { measurements } = await runShop(both, { config: settings('cuped: null'), buckets: 3 });
    const [banner, exp] = measurements.experiments.toSorted((a, b) =>
      a.experimentId < b.experimentId ? -1 : 1,
    );
    const told = (measured: typeof exp) =>
      measured?.parallel?.map(({ experimentId, variant, arms }) => [experimentId, variant, purchased(arms)]);
    expect(told(exp)).toEqual([
      ['banner', 'new', [['control', 1, '1']]],
      [
        'banner',
        'old',
        [
          ['control', 1, '1'],
          ['treatment', 1, '0'],
        ],
      ],
    ]);
    expect(told(banner)).toEqual([
      [
        'exp',
        'control',
        [
          ['new', 1, '1'],
          ['old', 1, '1'],
        ],
      ],
      ['exp', 'treatment', [['old', 1, '0']]],
    ]);
    expect(Object.keys(exp?.parallel?.[0]?.arms[0]?.sums ?? {})).toEqual(['purchased']);
  });

  test('are not told of where there is but one, or where they share nobody', async () => {
    const alone = await runShop(shop, { config: settings('cuped: null') });
    expect(alone.measurements.experiments[0]).not.toHaveProperty('parallel');
    const apart = await runShop(
      { ...shop, experiment_assignments: [...(shop.experiment_assignments ?? []), other(99, 'old')] },
      { config: settings('cuped: null') },
    );
    for (const experiment of apart.measurements.experiments)
      expect(experiment).not.toHaveProperty('parallel');
  });
});

describe('periods of a ramp', () => {
  const ramped: Shop = {
    ...shop,
    experiment_assignments: (shop.experiment_assignments ?? []).map((row) =>
      row.user_id === 2 || row.user_id === 4 ? { ...row, assigned_ts: '2024-01-02 00:00:00' } : row,
    ),
  };
  const config = `experiments: { "*": { outcome_window_days: 7, cuped: null, weights: { control: 0.5, treatment: 0.5 },
    ramp: [{ until: 2024-01-02, weights: { control: 0.7, treatment: 0.3 } }] } }`;
  const told = (arms: readonly ArmMeasurement[] = []) =>
    arms.map(({ variant, periods }) => [
      variant,
      periods?.map(({ period, exposed, users, sums }) => [period, exposed, users, sums.purchased]),
    ]);

  test('are those of the day of assignment, of all users, of each level and of each day of exposure', async () => {
    const { measurements } = await runShop(ramped, { config, buckets: 3 });
    const [experiment] = measurements.experiments;
    expect(told(experiment?.arms)).toEqual([
      [
        'control',
        [
          [0, 1, 1, '1'],
          [1, 1, 1, '1'],
        ],
      ],
      [
        'treatment',
        [
          [0, 1, 1, '0'],
          [1, 1, 1, '0'],
        ],
      ],
    ]);
    expect(experiment?.cohorts.map(({ day, arms }) => [day, told(arms)])).toEqual([
      [
        '2024-01-02',
        [
          [
            'control',
            [
              [0, 1, 1, '1'],
              [1, 1, 1, '1'],
            ],
          ],
          ['treatment', [[1, 1, 1, '0']]],
        ],
      ],
      ['2024-01-30', [['treatment', [[0, 1, 1, '0']]]]],
    ]);
    expect(measurementsSchema.parse(measurements)).toEqual(measurements);
  });

  test('are not told of where the shares were not changed', async () => {
    const { measurements } = await runShop(shop);
    expect(measurements.experiments[0]?.arms[0]).not.toHaveProperty('periods');
  });
});
