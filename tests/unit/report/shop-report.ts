import { buildReport } from '../../../layers/analysis/build-report.ts';
import type { ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import type { ExperimentReport, Report } from '../../../layers/report/schema.ts';
import { armOf, configOf, experimentOf, type User } from '../analysis/measurement.ts';
import { withEvidence } from './evidence.ts';

const config = configOf(`
experiments:
  "*": { planned_users: 12000, guardrails: { retention_d7: { require: within_margin } } }
`);
const asOf = '2026-03-31T23:59:59Z';
const devices = ['desktop', 'mobile', 'tablet'];
const countries = ['DE', 'FR', 'GB', 'NL', 'US'];

type Shopper = User & { readonly device: number; readonly country: number };

/** A shop whose treatment raises purchases by `uplift` (relative): the same users for the same arguments. */
function shoppers(count: number, uplift: number, seed: number): Shopper[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => {
    const [device, country] = [Math.floor(random() * 3), Math.floor(random() * 5)];
    const carted = random() < 0.31;
    const checkout = carted && random() < 0.52;
    const purchased = checkout && random() < 0.46 * (1 + uplift * (device === 1 ? 1.4 : 0.7));
    const sessions = 1 + Math.floor(random() * 3);
    const cents = Math.round(1500 * Math.exp(random() * 2.4));
    return {
      device,
      country,
      purchased: Number(purchased),
      added_to_cart: Number(carted),
      began_checkout: Number(checkout),
      orders: Number(purchased),
      revenue: purchased ? cents : 0,
      events_in_window: 2 + Math.floor(random() * 7) + (purchased ? 3 : 0),
      exposure_sessions: 1,
      bounced_sessions: Number(!carted && random() < 0.38),
      sessions,
      session_ms: sessions * Math.round(40_000 + random() * 240_000),
      retained_d7: Number(random() < 0.18),
    };
  });
}

function measured(
  experimentId: string,
  arms: Readonly<Record<string, Shopper[]>>,
  more: Partial<ExperimentMeasurement> = {},
): ExperimentMeasurement {
  const cells = new Map<string, ExperimentMeasurement['logitCells'][number]>();
  for (const [variant, users] of Object.entries(arms)) {
    for (const user of users) {
      const eventsInWindow = user.events_in_window ?? 0;
      const key = `${variant} ${eventsInWindow}`;
      const cell = cells.get(key) ?? { variant, eventsInWindow, users: 0, purchased: 0 };
      cells.set(key, { ...cell, users: cell.users + 1, purchased: cell.purchased + (user.purchased ?? 0) });
    }
  }
  return experimentOf(
    Object.entries(arms).map(([variant, users]) =>
      armOf(variant, users, { assigned: Math.round(users.length * 1.12), exposed: users.length }),
    ),
    { experimentId, logitCells: [...cells.values()], ...more },
  );
}

/** The metrics of each level of device and country, as an analysis of that level's users alone. */
function segmentsOf(
  experimentId: string,
  arms: Readonly<Record<string, Shopper[]>>,
): ExperimentReport['segments'] {
  const levels = [
    ...devices.map((level, index) => ({ segment: 'device', level, index })),
    ...countries.map((level, index) => ({ segment: 'country', level, index })),
  ];
  return levels.map(({ segment, level, index }) => {
    const within = (user: Shopper) => (segment === 'device' ? user.device : user.country) === index;
    const own = Object.fromEntries(
      Object.entries(arms).map(([variant, users]) => [variant, users.filter(within)]),
    );
    const [analysed] = reportOf([measured(experimentId, own)]).experiments;
    if (analysed === undefined) throw new Error('an experiment that is measured is in the report');
    const users = Object.values(own).reduce((sum, { length }) => sum + length, 0);
    return { segment, level, users, metrics: analysed.metrics, reason: null };
  });
}

function populationOf({ experimentId, arms, crossovers }: ExperimentMeasurement): Report['population'] {
  const total = (count: (arm: (typeof arms)[number]) => number) =>
    arms.reduce((sum, arm) => sum + count(arm), 0);
  const [assigned, exposed, analysed] = [
    total((arm) => arm.assigned) + crossovers,
    total((arm) => arm.exposed),
    total((arm) => arm.users),
  ];
  const step = (name: string, users: number, rows = users) => ({ experimentId, step: name, rows, users });
  return [
    step('assigned', assigned, assigned + 57),
    step('crossovers', crossovers),
    step('unknown_variant', 0),
    step('excluded_users', 0),
    step('not_exposed', assigned - crossovers - exposed),
    step('exposed', exposed),
    step('immature', 100),
    step('analysed', analysed),
  ];
}

/** The report of some experiments of the shop, as the analysis makes it. */
function reportOf(experiments: readonly ExperimentMeasurement[]): Report {
  return buildReport(
    {
      runId: '5f3a9c0e7d21b846',
      drop: 'spring',
      config,
      configHash: '9b1f0c77d2ab4e30',
      codeVersion: '4d7e21aa90c3f518',
      unavailable: [],
    },
    {
      inputs: ['events', 'experiment_assignments', 'sessions', 'users'].map((kind, index) => ({
        kind: kind as 'events',
        key: `raw/spring/${kind}.csv`,
        versionId: `v${index}`,
        etag: `d41d8cd98f00b204e9800998ecf8427${index}`,
        size: 48_211_904 >> index,
        lastModified: '2026-04-01T06:00:00.000Z',
      })),
    },
    {
      schemaVersion: 1,
      asOf,
      experiments: [...experiments],
      population: experiments.flatMap(populationOf),
      quality: {
        events: { lines: 412_908, accepted: 412_731, quarantined: 139, duplicates: 38 },
        experiment_assignments: { lines: 21_124, accepted: 21_101, quarantined: 9, duplicates: 14 },
        sessions: { lines: 61_733, accepted: 61_733, quarantined: 0, duplicates: 0 },
        users: { lines: 22_040, accepted: 22_038, quarantined: 2, duplicates: 0 },
      },
      quarantineRules: [
        {
          dataset: 'events',
          column: 'event_ts',
          rule: 'not_a_timestamp',
          rows: 97,
          examples: [
            { line: 1204, value: '31/02/2026 25:00' },
            { line: 88_120, value: 'yesterday' },
          ],
        },
        {
          dataset: 'events',
          column: 'revenue',
          rule: 'not_money',
          rows: 42,
          examples: [{ line: 7731, value: '€ 19,90' }],
        },
        {
          dataset: 'experiment_assignments',
          column: 'variant',
          rule: 'required',
          rows: 9,
          examples: [{ line: 310, value: '' }],
        },
      ],
      warnings: [
        {
          dataset: 'sessions',
          column: 'session_end_ts',
          rule: 'ends_before_start',
          rows: 18,
          examples: [{ line: 5520, value: '2026-03-02T10:00:00Z' }],
        },
      ],
    },
  );
}

/**
 * The report of a shop with two experiments: one to ship, with segments, and one with two treatments that is not over.
 */
export function shopReport(): Report {
  const checkout = { control: shoppers(6210, 0, 1), treatment: shoppers(6174, 0.3, 2) };
  const ranking = {
    control: shoppers(2110, 0, 3),
    'ranking-a': shoppers(2088, -0.05, 4),
    'ranking-b': shoppers(2141, 0.1, 5),
  };
  const experiments = [
    measured('one-page-checkout', checkout, { crossovers: 83, immatureUsers: 100 }),
    measured('search-ranking', ranking, { crossovers: 12, immatureUsers: 100 }),
  ];
  const report = reportOf(experiments);
  return {
    ...report,
    experiments: report.experiments.map((experiment) =>
      experiment.experimentId === 'one-page-checkout'
        ? withEvidence({ ...experiment, segments: segmentsOf('one-page-checkout', checkout) })
        : withEvidence(experiment),
    ),
  };
}

/** The shop's report with `text` as the name of an experiment, an arm and a segment, and wherever else data is shown. */
export function hostileReport(text: string): Report {
  const report = shopReport();
  const renamed = (value: unknown): unknown => {
    if (value === 'treatment' || value === 'one-page-checkout' || value === 'mobile') return text;
    if (Array.isArray(value)) return value.map(renamed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(inner)]));
  };
  const experiments = report.experiments.map((experiment) => ({
    ...(renamed(experiment) as ExperimentReport),
    decision: { ...experiment.decision, variant: text, reasons: [text, text] },
    settings: { ...experiment.settings, exposure: text },
    trust: { ...experiment.trust, warnings: [text] },
  }));
  return {
    ...report,
    experiments,
    run: {
      ...report.run,
      inputs: report.run.inputs.map((input) => ({ ...input, key: `raw/${text}`.slice(0, 900) })),
    },
    unavailable: [{ kind: 'segment', name: text, reason: text.slice(0, 900) }],
    quarantineRules: report.quarantineRules.map((rule) => ({
      ...rule,
      column: text,
      examples: [{ line: 1, value: text }],
    })),
  };
}

/** 20 metrics, each in 10 segments. */
export function largeReport(): Report {
  const report = shopReport();
  const [experiment] = report.experiments;
  const [primary, ...others] = experiment?.metrics ?? [];
  if (experiment === undefined || primary === undefined)
    throw new Error('the shop has experiments and metrics');
  const metrics = [
    primary,
    ...Array.from({ length: 19 }, (_, index) => ({
      ...(others[index % others.length] ?? primary),
      metric: `metric_${index}`,
    })),
  ];
  return {
    ...report,
    experiments: [
      {
        ...experiment,
        metrics,
        segments: Array.from({ length: 10 }, (_, index) => ({
          segment: index < 5 ? 'device' : 'country',
          level: `level ${index}`,
          users: 900,
          reason: null,
          metrics,
        })),
      },
    ],
  };
}
