import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { buildReport } from '../../../layers/analysis/build-report.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ArmMeasurement, ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import type { ExperimentReport } from '../../../layers/report/schema.ts';
import { rampText } from '../../../layers/report/words.ts';
import { proportionLift } from '../../../layers/statistics/proportion.ts';
import { stratifiedLift } from '../../../layers/statistics/stratified.ts';
import { armOf, configOf, experimentOf, type User, users } from './measurement.ts';

/** Users and buyers of control and treatment, by period of assignment. */
type Periods = readonly {
  readonly day: string;
  readonly arms: readonly (readonly [n: number, bought: number])[];
}[];

const variants = ['control', 'treatment'];

/** 90 : 10 in busy days, then half and half in quiet ones, with the same conversion in both arms of each. */
const changed: Periods = [
  {
    day: '2026-01-01',
    arms: [
      [9000, 1800],
      [1000, 200],
    ],
  },
  {
    day: '2026-01-02',
    arms: [
      [5000, 250],
      [5000, 250],
    ],
  },
];

const people = ([n, bought]: readonly [number, number]): User[] => [
  ...users(bought, { purchased: 1, orders: 1, revenue: 1000 }),
  ...users(n - bought, {}),
];

function measured(periods: Periods): ExperimentMeasurement {
  const arms = variants.map((variant, index): ArmMeasurement => {
    const parts = periods.map(({ arms: own }) => people(own[index] ?? [0, 0]));
    return armOf(variant, parts.flat(), {
      periods: parts.map((part, period) => {
        const { variant: _, assigned: __, ...own } = armOf(variant, part);
        return { period, ...own };
      }),
    });
  });
  return experimentOf(arms, {
    assignedByDay: periods.map(({ day, arms: own }) => ({
      day,
      arms: variants.map((variant, index) => ({ variant, users: own[index]?.[0] ?? 0 })),
    })),
  });
}

const declared =
  'weights: { control: 0.5, treatment: 0.5 }, ramp: [{ until: 2026-01-02, weights: { control: 0.9, treatment: 0.1 } }]';

function analyze(measurement: ExperimentMeasurement, settings: string): ExperimentReport {
  const config = configOf(`experiments: { checkout: { planned_end: 2026-01-20, ${settings} } }`);
  return analyzeExperiment(measurement, settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: '2026-02-20T00:00:00Z',
    quality: {},
    warnings: [],
  });
}

const undeclared = ({ arms, ...measurement }: ExperimentMeasurement): ExperimentMeasurement => ({
  ...measurement,
  arms: arms.map(({ periods: _, ...arm }) => arm),
});

const checkOf = ({ trust }: ExperimentReport, name: string) =>
  trust.checks.find((check) => check.name === name);
const primaryOf = ({ metrics }: ExperimentReport) => metrics[0]?.comparisons[0];

describe('an experiment whose shares were changed', () => {
  it('is compared within its periods where it is declared, and the mix of early and late users shows no effect', () => {
    const report = analyze(measured(changed), declared);
    const primary = primaryOf(report);
    // All users together: 2,050 of 14,000 against 450 of 6,000.
    expect(primary?.control.mean).toBeCloseTo(2050 / 14_000, 12);
    expect(primary?.treatment.mean).toBeCloseTo(450 / 6000, 12);
    expect(primary?.effect.absolute).toBeCloseTo(0, 12);
    expect(primary?.verdict).toBe('inconclusive');
    expect(report.settings.ramp).toEqual([
      { until: '2026-01-02', weights: { control: 0.9, treatment: 0.1 }, share: 0.5 },
      { until: null, weights: { control: 0.5, treatment: 0.5 }, share: 0.5 },
    ]);
    expect(report.settings.weights).toEqual({ control: 0.7, treatment: 0.3 });
    expect(report.trust.checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(report.decision.action).not.toBe('invalid');
    expect(checkOf(report, 'sample_ratio_exposed')?.explanation).toBe(
      'The exposed users split as configured within 2 periods: control 14,000 (expected 14,000.0), treatment 6,000 (expected 6,000.0).',
    );
    expect(checkOf(report, 'sample_ratio_by_day')?.status).toBe('pass');
    expect(checkOf(report, 'exposure_rate')?.status).toBe('pass');
    expect(checkOf(report, 'covariate_balance')?.status).toBe('not_checked');
    expect(report.parity).toBeNull();
    expect([report.assigned, report.regression, report.sinceExposure]).toEqual([[], [], []]);
  });

  it('has the effect of the periods weighted by their users', () => {
    const periods: Periods = [
      {
        day: '2026-01-01',
        arms: [
          [9000, 1800],
          [1000, 260],
        ],
      },
      {
        day: '2026-01-02',
        arms: [
          [2500, 125],
          [2500, 165],
        ],
      },
    ];
    const report = analyze(measured(periods), declared);
    const expected = stratifiedLift(
      periods.map(({ arms: [c = [0, 0], t = [0, 0]] }) => ({
        estimate: proportionLift({
          control: { n: BigInt(c[0]), sum: BigInt(c[1]) },
          treatment: { n: BigInt(t[0]), sum: BigInt(t[1]) },
        }),
        weight: c[0] + t[0],
      })),
    );
    if (expected.reason !== null) throw new Error(expected.reason);
    expect(primaryOf(report)?.effect.absolute).toBe(expected.lift);
    expect(primaryOf(report)?.effect.absolute).toBeCloseTo((0.06 * 10_000 + 0.016 * 5000) / 15_000, 12);
    expect(primaryOf(report)?.newcombeCi).toBeUndefined();
    expect(primaryOf(report)?.cuped).toMatchObject({ reason: null });
  });

  it('leaves a period out in which an arm has hardly anyone, and says so by its weight', () => {
    const report = analyze(
      measured([
        {
          day: '2026-01-01',
          arms: [
            [450, 300],
            [50, 0],
          ],
        },
        {
          day: '2026-01-02',
          arms: [
            [5000, 250],
            [5000, 330],
          ],
        },
      ]),
      declared,
    );
    expect(primaryOf(report)?.effect.absolute).toBeCloseTo(0.016, 12);
    expect(report.settings.ramp?.map(({ share }) => share)).toEqual([0, 1]);
  });

  it('is invalid where a period does not split as declared, which is named', () => {
    const report = analyze(
      measured(changed),
      declared.replace('{ control: 0.9, treatment: 0.1 }', '{ control: 0.8, treatment: 0.2 }'),
    );
    expect(report.decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
    expect(checkOf(report, 'sample_ratio_assigned')?.explanation).toContain(
      'Not as configured is the one until 2026-01-02.',
    );
  });

  it('is invalid without a declaration, and told what to declare', () => {
    const report = analyze(undeclared(measured(changed)), '');
    expect(report.decision.action).toBe('invalid');
    for (const name of ['sample_ratio_exposed', 'sample_ratio_assigned']) {
      expect(checkOf(report, name)?.explanation).toContain(
        'experiments: { checkout: { weights: { control: 0.5, treatment: 0.5 }, ramp: [{ until: 2026-01-02, weights: { control: 0.9, treatment: 0.1 } }] } }',
      );
    }
  });

  it('is told nothing of a ramp where users are lost on one day, or the shares are odd', () => {
    const day = (date: string, treatment: number) => ({
      day: date,
      arms: [
        [5000, 250],
        [treatment, 250],
      ] as const,
    });
    const lost = [day('2026-01-01', 5000), day('2026-01-02', 2500), day('2026-01-03', 5000)];
    const odd = [day('2026-01-01', 4321), day('2026-01-02', 5000)];
    for (const periods of [lost, odd]) {
      const report = analyze(undeclared(measured(periods)), '');
      expect(report.decision.action).toBe('invalid');
      expect(checkOf(report, 'sample_ratio_assigned')?.explanation).not.toContain('ramp');
    }
  });

  it('is told of in the words of the report', () => {
    const report = analyze(measured(changed), declared);
    expect(rampText(report)).toMatch(
      /^The shares were changed: until 2026-01-02 control 90\.0 %, treatment 10\.0 % \(weight 50\.0 %\); from 2026-01-02 on control 50\.0 %, /,
    );
    expect(rampText(analyze(undeclared(measured(changed)), ''))).toBeUndefined();
  });

  it('is told of on the page and in the document', () => {
    const config = configOf(`experiments: { checkout: { ${declared} } }`);
    const plan = { runId: 'r', drop: 'd', config, configHash: 'c', codeVersion: 'v', unavailable: [] };
    const report = buildReport(
      plan,
      { inputs: [] },
      {
        schemaVersion: 1,
        asOf: '2026-02-20T00:00:00Z',
        experiments: [measured(changed)],
        population: [],
        quality: {},
        quarantineRules: [],
        warnings: [],
      },
    );
    for (const render of [reportPage, decisionDocument]) {
      expect(render(report).replaceAll('\u00a0', ' ')).toContain(
        'The shares were changed: until 2026-01-02 control 90.0 %, treatment 10.0 % (weight 50.0 %)',
      );
    }
  });
});
