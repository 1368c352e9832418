import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import { type ExperimentReport, experimentReport } from '../../../layers/report/schema.ts';
import { armOf, configOf, experimentOf, type User, users } from './measurement.ts';
import { shoppers } from './shoppers.ts';

const config = configOf();
const settings = settingsOf(config, 'checkout');

function analyze(
  arms: Readonly<Record<string, readonly User[]>>,
  more: Partial<ExperimentMeasurement> = {},
): ExperimentReport {
  const measured = Object.entries(arms).map(([variant, own]) => armOf(variant, own));
  const report = analyzeExperiment(experimentOf(measured, more), settings, {
    config,
    unavailable: [],
    asOf: '2026-02-01T00:00:00Z',
    quality: {},
    warnings: [],
  });
  expect(experimentReport.safeParse(report).error).toBeUndefined();
  return report;
}

const armsOf = (control: readonly User[], treatment: readonly User[]) => [
  armOf('control', control, { assigned: 0 }),
  armOf('treatment', treatment, { assigned: 0 }),
];

describe('segments', () => {
  const parts = {
    mobile: { control: shoppers(700, 61), treatment: shoppers(700, 62, 0.8) },
    desktop: { control: shoppers(700, 63), treatment: shoppers(700, 64, -0.5) },
    tv: { control: shoppers(40, 65), treatment: shoppers(40, 66) },
  };
  const whole = {
    control: Object.values(parts).flatMap(({ control }) => control),
    treatment: Object.values(parts).flatMap(({ treatment }) => treatment),
  };
  const report = analyze(whole, {
    segments: Object.entries(parts).map(([level, { control, treatment }]) => ({
      segment: 'device',
      level,
      arms: armsOf(control, treatment),
    })),
  });
  const primaryIn = (level: string) =>
    report.segments.find((part) => part.level === level)?.metrics.find(({ role }) => role === 'primary')
      ?.comparisons[0];

  it('hold every metric of the experiment at each level that is large enough', () => {
    const names = report.metrics.map(({ metric }) => metric);
    expect(report.segments.map(({ level, users: n, reason }) => ({ level, n, reason }))).toEqual([
      { level: 'mobile', n: 1400, reason: null },
      { level: 'desktop', n: 1400, reason: null },
      { level: 'tv', n: 80, reason: 'too_few_users' },
    ]);
    expect(report.segments[0]?.metrics.map(({ metric }) => metric)).toEqual(names);
    expect(report.segments[2]?.metrics).toEqual([]);
  });

  it('correct over the levels by Holm', () => {
    const tests = ['mobile', 'desktop'].flatMap((level) => primaryIn(level)?.test ?? []);
    const [smaller, larger] = tests.toSorted((a, b) => a.p - b.p);
    expect(smaller?.pAdjusted).toBeCloseTo(2 * (smaller?.p ?? 0), 12);
    expect(larger?.pAdjusted).toBeCloseTo(Math.max(larger?.p ?? 0, 2 * (smaller?.p ?? 0)), 12);
  });

  it('tell that the effect differs between the levels', () => {
    expect(primaryIn('mobile')?.verdict).toBe('better');
    expect(primaryIn('desktop')?.verdict).toBe('worse');
    const interaction = report.interactions.find(({ metric }) => metric === 'purchase_conversion');
    expect(interaction).toMatchObject({
      segment: 'device',
      variant: 'treatment',
      method: 'cochran_q_log_ratio',
      df: 1,
      reason: null,
    });
    expect(interaction?.pAdjusted).toBeLessThan(0.001);
  });

  it('hold a metric with two roles once', () => {
    const twice = configOf('experiments: { checkout: { secondary: [bounce_rate, retention_d7] } }');
    const arms = armsOf(shoppers(300, 1), shoppers(300, 2));
    const { segments, interactions } = analyzeExperiment(
      experimentOf(arms, { segments: [{ segment: 'device', level: 'mobile', arms }] }),
      settingsOf(twice, 'checkout'),
      { config: twice, unavailable: [], asOf: null, quality: {}, warnings: [] },
    );
    const names = segments[0]?.metrics.map(({ metric }) => metric) ?? [];
    expect(new Set(names).size).toBe(names.length);
    expect(segments[0]?.metrics.every(({ comparisons }) => comparisons.length === 1)).toBe(true);
    expect(interactions).toHaveLength(names.length);
  });

  it('leave out a treatment that has too few users at a level, and no other', () => {
    const arms = [
      ...armsOf(shoppers(300, 1), shoppers(300, 2)),
      armOf('small', shoppers(20, 3), { assigned: 0 }),
    ];
    const { segments } = analyze(
      { control: shoppers(300, 1), treatment: shoppers(300, 2), small: shoppers(300, 3) },
      { segments: [{ segment: 'device', level: 'mobile', arms }] },
    );
    expect(segments[0]?.metrics[0]?.comparisons.map(({ variant }) => variant)).toEqual(['treatment']);
  });
});

describe('effect over time', () => {
  const days = [
    { day: '2026-01-01', control: shoppers(300, 71), treatment: shoppers(300, 72) },
    { day: '2026-01-02', control: shoppers(300, 73), treatment: shoppers(300, 74, 1) },
  ];
  const all = {
    control: days.flatMap(({ control }) => control),
    treatment: days.flatMap(({ treatment }) => treatment),
  };
  const report = analyze(all, {
    cohorts: days.map(({ day, control, treatment }) => ({ day, arms: armsOf(control, treatment) })),
  });

  it('adds the users of each day to those before, and ends at the effect of the whole experiment', () => {
    for (const { metric, cumulative } of report.novelty) {
      const whole = report.metrics.find((candidate) => candidate.metric === metric)?.comparisons[0]?.effect;
      const last = cumulative.at(-1);
      expect(cumulative.map(({ users: { control } }) => control)).toEqual([300, 600]);
      expect([last?.absolute, last?.absoluteCi, last?.relative], metric).toEqual([
        whole?.absolute,
        whole?.absoluteCi,
        whole?.relative,
      ]);
    }
    expect(report.novelty.map(({ metric }) => metric)).toContain('purchase_conversion');
  });

  it('has always valid bands that are wider than those of a single look', () => {
    for (const { absoluteCi, alwaysValidCi } of report.novelty.flatMap(({ cumulative }) => cumulative)) {
      if (absoluteCi === null || alwaysValidCi === null) continue;
      expect(alwaysValidCi[0]).toBeLessThan(absoluteCi[0]);
      expect(alwaysValidCi[1]).toBeGreaterThan(absoluteCi[1]);
    }
  });

  it('begins on a day without users in an arm, without an effect', () => {
    const { novelty } = analyze(all, {
      cohorts: [{ day: '2025-12-31', arms: [armOf('control', shoppers(5, 1))] }],
    });
    expect(novelty[0]?.cumulative[0]).toMatchObject({ absoluteCi: null, reason: 'too_few_users' });
  });
});

describe('effect since exposure', () => {
  /** Users whose k-th day has `mean` events, with a variance of one. */
  const dayOf = (day: number, mean: number) => ({
    day,
    users: 10_000,
    sums: { events_in_window: String(Math.round(10_000 * mean)) },
    squares: { events_in_window: String(Math.round(10_000 * (mean ** 2 + 1))) },
  });
  const withLifts = (lifts: readonly number[]) =>
    analyze(
      { control: users(10, {}), treatment: users(10, {}) },
      {
        sinceExposure: {
          columns: ['events_in_window'],
          arms: [
            { variant: 'control', days: lifts.map((_, day) => dayOf(day, 2 / (day + 1))) },
            {
              variant: 'treatment',
              days: lifts.map((lift, day) => dayOf(day, (2 / (day + 1)) * (1 + lift))),
            },
          ],
        },
      },
    ).sinceExposure[0];

  it('finds a novelty that fades', () => {
    const found = withLifts([0.3, 0.2, 0.1, 0, 0]);
    expect(found?.days.map(({ relative }) => relative?.toFixed(2))).toEqual([
      '0.30',
      '0.20',
      '0.10',
      '0.00',
      '0.00',
    ]);
    if (found === undefined || 'reason' in found.trend) throw new Error('there is no trend');
    expect(found.trend.slope).toBeLessThan(0);
    expect(found.trend.p).toBeLessThan(0.001);
  });

  it('takes the same relative lift on quieter days for the same effect', () => {
    const found = withLifts([0.1, 0.1, 0.1, 0.1, 0.1]);
    if (found === undefined || 'reason' in found.trend) throw new Error('there is no trend');
    expect(found.trend.slope).toBeCloseTo(0, 3);
    expect(found.trend.p).toBeGreaterThan(0.5);
  });

  it('says that two days make no trend', () => {
    expect(withLifts([0.1, 0.2])?.trend).toEqual({ reason: 'too_few_points' });
  });
});

describe('regression with what was before the exposure', () => {
  const cell = (variant: string, preEvents: number, prePurchased: boolean, n: number, purchased: number) => ({
    variant,
    preEvents,
    prePurchased,
    users: n,
    purchased,
  });
  const arms = { control: shoppers(300, 81), treatment: shoppers(300, 82) };

  it('gives an average marginal effect near the difference of the rates where the covariates balance', () => {
    const { regression } = analyze(arms, {
      adjustedCells: [
        cell('control', 0, false, 500, 50),
        cell('control', 4, true, 500, 150),
        cell('treatment', 0, false, 500, 75),
        cell('treatment', 4, true, 500, 190),
      ].concat([cell('control', 2, false, 100, 15), cell('treatment', 2, false, 100, 20)]),
    });
    const [found] = regression;
    expect(found).toMatchObject({
      variant: 'treatment',
      covariates: ['pre_events', 'pre_purchased'],
      standardErrors: 'hc1',
    });
    if (found === undefined || 'reason' in found.result) throw new Error('there is no fit');
    expect(found.result.terms.map(({ name }) => name)).toEqual([
      'intercept',
      'is_treatment',
      'pre_events',
      'pre_purchased',
    ]);
    expect(found.result.averageMarginalEffect.value).toBeCloseTo(70 / 1100, 2);
  });

  it('leaves a covariate out that is the same for all users', () => {
    const { regression } = analyze(arms, {
      adjustedCells: [
        cell('control', 0, false, 500, 50),
        cell('control', 4, false, 500, 150),
        cell('treatment', 0, false, 500, 75),
        cell('treatment', 4, false, 500, 190),
      ],
    });
    expect(regression[0]?.covariates).toEqual(['pre_events']);
  });

  it('is absent where nothing from before the exposure is known', () => {
    expect(analyze(arms).regression).toEqual([]);
  });
});

it('passes the distribution of revenue through in units of money', () => {
  const { distributions } = analyze(
    { control: shoppers(20, 1), treatment: shoppers(20, 2) },
    {
      revenueHistogram: [
        { variant: 'control', negative: 1, zero: 15, bins: [{ from: '1000', to: '2150', users: 4 }] },
      ],
    },
  );
  expect(distributions).toEqual([
    {
      column: 'revenue',
      unit: 'currency',
      arms: [{ variant: 'control', negative: 1, zero: 15, bins: [{ from: 10, to: 21.5, users: 4 }] }],
    },
  ]);
});
