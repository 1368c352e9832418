import type { ExperimentCase } from './catalogue.ts';
import type { Files } from './run-drop.ts';

interface Purchase {
  readonly user: number;
  readonly arm: 'control' | 'treatment';
  readonly name: string;
  readonly at: string;
  readonly revenue: string;
  readonly order: string;
  readonly product: number;
}

interface ShopOptions {
  /** 200 where not given. */
  readonly users?: number;
  readonly experimentOf?: (user: number) => string;
  /** The rows of a user's assignment, without those of the second day. */
  readonly assigned?: (user: number, arm: string, experiment: string) => readonly string[];
  readonly purchases?: (purchase: Purchase) => readonly Purchase[];
  /** Under which id a purchase is logged. */
  readonly buyer?: (user: number) => number;
  readonly settings?: string;
  readonly moreEvents?: readonly string[];
  readonly eventColumn?: readonly [name: string, valueOf: (user: number) => string];
}

/** 200 users, of whom every second one is treated and 40 in each arm buy, for 10 to 29; a day later their windows have ended. */
function shop(options: ShopOptions = {}): Files {
  const {
    experimentOf = () => 'e',
    assigned = oneArm,
    purchases = (one) => [one],
    buyer = (user) => user,
    settings = '',
  } = options;
  const users = Array.from({ length: options.users ?? 200 }, (_, index) => index + 1);
  const armOf = (user: number) => (user % 2 === 0 ? 'treatment' : 'control');
  const bought = users
    .filter((user) => user % 10 < 4)
    .flatMap((user) =>
      purchases({
        user,
        arm: armOf(user),
        name: 'purchase',
        at: `2024-03-02 10:${String(user % 60).padStart(2, '0')}:30`,
        revenue: `${10 + (user % 20)}.00`,
        order: `o${user}`,
        product: 1,
      }),
    );
  const extra = (user: number) =>
    options.eventColumn === undefined ? '' : `,${options.eventColumn[1](user)}`;
  const events = [
    ...users.map((user) => `${user},view_product,2024-03-02 10:00:00,,,${extra(user)}`),
    ...bought.map(
      ({ user, name, at, revenue, order, product }) =>
        `${buyer(user)},${name},${at},${revenue},${order},${product}${extra(user)}`,
    ),
    `1,search,2024-03-05 00:00:00,,,${extra(1)}`,
    ...(options.moreEvents ?? []),
  ];
  return {
    'experiment_assignments.csv': table('user_id,experiment_id,variant,assigned_ts', [
      ...users.flatMap((user) => assigned(user, armOf(user), experimentOf(user))),
    ]),
    'events.csv': table(
      `event_id,user_id,event_name,event_ts,revenue,order_id,product_id${options.eventColumn === undefined ? '' : `,${options.eventColumn[0]}`}`,
      events.map((line, index) => `${index + 1},${line}`),
    ),
    'experiment.yaml': settings.includes('experiments:') ? settings : `${window}${settings}`,
  };
}

const table = (header: string, lines: readonly string[]) => `${[header, ...lines].join('\n')}\n`;
const window = 'experiments: { "*": { outcome_window_days: 1 } }\n';
const at = '2024-03-01 00:00:00';
function oneArm(user: number, arm: string, experiment: string): string[] {
  return [`${user},${experiment},${arm},${at}`];
}

const twiceInTreatment = (more: Partial<Purchase>) => (one: Purchase) =>
  one.arm === 'control'
    ? [{ ...one, ...more }]
    : [
        { ...one, ...more },
        { ...one, ...more },
      ];

const totalOnEachItem = (one: Purchase) => [1, 2, 3].map((product) => ({ ...one, product }));

/** The times of the events, without their clock. */
function onDaysAlone(files: Files): Files {
  return { ...files, 'events.csv': String(files['events.csv']).replaceAll(/(2024-\d\d-\d\d) [\d:]+/g, '$1') };
}

/** Revenue of all analysed users of each arm, where nothing is wrong. */
export const revenueOfShop = { control: 680, treatment: 640 };

export const experimentCases: readonly ExperimentCase[] = [
  {
    input: 'an experiment without a fault',
    files: shop(),
    decisions: { e: ['keep_running'] },
    revenue: revenueOfShop,
  },
  {
    input: 'purchases that are logged twice in one arm, with their order',
    files: shop({ purchases: twiceInTreatment({}) }),
    decisions: { e: ['invalid', 'dedupe: { events: [user_id, event_name, order_id, product_id, revenue] }'] },
  },
  {
    input: 'purchases that are logged twice in one arm, without an order',
    files: shop({ purchases: twiceInTreatment({ order: '' }) }),
    decisions: { e: ['invalid', 'dedupe: { events: [user_id, event_name, event_ts, product_id, revenue] }'] },
  },
  {
    input: 'the same with `dedupe: { events: [user_id, event_name, event_ts, revenue] }`',
    files: shop({
      purchases: twiceInTreatment({ order: '' }),
      settings: 'dedupe: { events: [user_id, event_name, event_ts, revenue] }\n',
    }),
    decisions: { e: ['keep_running'] },
    revenue: revenueOfShop,
    duplicates: 40,
  },
  {
    input: 'a quarter of the amounts in words that cannot be read, in both arms: `12,50 EUR`',
    files: shop({
      purchases: (one) => [{ ...one, revenue: one.user % 20 < 2 ? '"12,50 EUR"' : one.revenue }],
    }),
    decisions: { e: ['keep_running'] },
    warns: 'Of 20 of 80 purchases of the drop it cannot be read',
  },
  {
    input: 'the same, and revenue decides',
    files: shop({
      purchases: (one) => [{ ...one, revenue: one.user % 20 < 2 ? '"12,50 EUR"' : one.revenue }],
      settings: 'experiments: { "*": { outcome_window_days: 1, primary: revenue_per_user } }\n',
    }),
    decisions: { e: ['invalid', 'Of 20 of 80 purchases of the drop it cannot be read'] },
  },
  {
    input: 'amounts of one arm alone that cannot be read, and conversion decides',
    files: shop({
      purchases: (one) => [{ ...one, revenue: one.arm === 'control' ? one.revenue : '"12,50 EUR"' }],
    }),
    decisions: { e: ['keep_running'] },
    warns: 'The arms differ in it, so that their revenue cannot be compared',
  },
  {
    input: 'the same where revenue decides, and the amounts are missing',
    files: shop({
      purchases: (one) => [{ ...one, revenue: one.arm === 'control' ? one.revenue : '' }],
      settings: 'experiments: { "*": { outcome_window_days: 1, primary: revenue_per_user } }\n',
    }),
    decisions: { e: ['invalid', 'control 0 of 40 (0.0 %), treatment 40 of 40 (100.0 %)'] },
  },
  {
    input: "an order's total on each of its products",
    files: shop({ purchases: totalOnEachItem }),
    decisions: { e: ['keep_running'] },
    warns: 'dedupe: { events: [user_id, event_name, order_id, revenue] }',
  },
  {
    input: 'the same where revenue decides',
    files: shop({
      purchases: totalOnEachItem,
      settings: 'experiments: { "*": { outcome_window_days: 1, primary: revenue_per_user } }\n',
    }),
    decisions: { e: ['invalid', '80 of 80 orders of several products have the same amount on each row'] },
  },
  {
    input: 'the same with `dedupe: { events: [user_id, event_name, order_id, revenue] }`',
    files: shop({
      purchases: totalOnEachItem,
      settings: 'dedupe: { events: [user_id, event_name, order_id, revenue] }\n',
    }),
    decisions: { e: ['keep_running'] },
    revenue: revenueOfShop,
    duplicates: 160,
  },
  {
    input: 'every other purchase under an id that was not assigned',
    files: shop({ buyer: (user) => (user % 4 < 2 ? user + 1000 : user) }),
    decisions: { e: ['keep_running'] },
    warns: '40 of 80 purchase events (50.0 %) against 0 of 200 view_product events (0.0 %)',
  },
  {
    input: 'an event in capitals in one arm: `Purchase`',
    files: shop({ purchases: (one) => [{ ...one, name: one.arm === 'control' ? 'purchase' : 'Purchase' }] }),
    decisions: { e: ['invalid', 'event_aliases: { "Purchase": "purchase" }'] },
  },
  {
    input: 'another word for an event in one arm: `purchases`',
    files: shop({ purchases: (one) => [{ ...one, name: one.arm === 'control' ? 'purchase' : 'purchases' }] }),
    decisions: { e: ['invalid', 'event_aliases: { "purchases": "purchase" }'] },
  },
  {
    input: 'an experiment in two spellings: `e-1`, `E 1`',
    files: shop({ experimentOf: (user) => (user % 8 < 4 ? 'e-1' : 'E 1') }),
    decisions: {
      'E 1': ['invalid', 'values: { e-1: "E 1" }'],
      'e-1': ['invalid', 'are probably one experiment'],
    },
  },
  {
    input: 'events that name one of two experiments in a column',
    files: shop({
      assigned: (user, arm) => [...oneArm(user, arm, 'e'), ...oneArm(user, arm, 'f')],
      eventColumn: ['experiment_id', (user) => (user % 3 === 0 ? 'f' : 'e')],
    }),
    decisions: { e: ['keep_running'], f: ['keep_running'] },
    warns: 'The events have a column "experiment_id", which is not used',
  },
  {
    input: 'users in both arms at the same time',
    files: shop({
      assigned: (user, arm, experiment) =>
        user % 5 === 4
          ? ['control', 'treatment'].map((both) => `${user},${experiment},${both},${at}`)
          : oneArm(user, arm, experiment),
    }),
    decisions: { e: ['invalid'] },
    warns:
      '40 users were in more than one variant (20.0 %), more than the 10.0 % that max_crossover_share allows',
  },
  {
    input: 'assignments of one arm alone that cannot be read, fewer than a run refuses',
    files: shop({
      users: 2000,
      assigned: (user, arm, experiment) =>
        user % 2 === 0 && user % 22 === 0
          ? [`x${user},${experiment},${arm},${at}`]
          : user % 2 === 0 && user % 9 === 0
            ? []
            : oneArm(user, arm, experiment),
    }),
    decisions: {
      e: [
        'invalid',
        'Look first at the rows in quarantine, which may be those of one arm: 90 rows of experiment_assignments by the rule user_id id_not_integer',
      ],
    },
  },
  {
    input: 'one experiment without a control, beside another',
    files: shop({
      assigned: (user, arm) => [...oneArm(user, arm, 'e'), ...oneArm(user, `${arm}_page`, 'f')],
    }),
    decisions: {
      e: ['keep_running'],
      f: ['invalid', 'Experiment "f" has no arm "control", its arms are "control_page", "treatment_page"'],
    },
  },
  {
    input: 'one experiment of which every user is in several variants, beside another',
    files: shop({
      assigned: (user, arm) => [
        ...oneArm(user, arm, 'e'),
        ...oneArm(user, 'control', 'f'),
        ...oneArm(user, 'treatment', 'f'),
      ],
    }),
    decisions: {
      e: ['keep_running'],
      f: ['invalid', 'Every user of experiment "f" was assigned to several variants'],
    },
  },
  {
    input: 'an event of 2031, which does not end the windows of all others',
    files: shop({
      moreEvents: ['2,search,2031-01-01 00:00:00,,,'],
      settings: 'experiments: { "*": { outcome_window_days: 10, immature: exclude } }\n',
    }),
    decisions: { e: ['keep_running', 'Nobody is analysed yet'] },
  },
  {
    input: 'a primary metric that is also named as a secondary one',
    files: shop({
      settings:
        'experiments: { "*": { outcome_window_days: 1, primary: revenue_per_user, secondary: [revenue_per_user] } }\n',
    }),
    decisions: { e: ['keep_running'] },
    revenue: revenueOfShop,
  },
  {
    input: 'an exposure named by an alias: `product_view`',
    files: shop({ settings: 'events: { exposure: product_view }\n' }),
    decisions: { e: ['keep_running'] },
    revenue: revenueOfShop,
  },
  {
    input: 'events that name their day alone, of users who were assigned on that day at 14:24',
    files: onDaysAlone(
      shop({ assigned: (user, arm, experiment) => [`${user},${experiment},${arm},2024-03-02 14:24:14`] }),
    ),
    decisions: { e: ['keep_running'] },
    revenue: revenueOfShop,
  },
];
