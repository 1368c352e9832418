import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../../layers/experiment/config.ts';
import type { ExperimentMeasurement, Measurements } from '../../../../layers/experiment/measurements.ts';
import type { ExperimentReport, TrustCheck } from '../../../../layers/report/schema.ts';
import { armOf, configOf, experimentOf, type User } from '../measurement.ts';
import { shoppers } from '../shoppers.ts';

type Run = Pick<Measurements, 'quality' | 'warnings' | 'decisiveEvents'>;

const control = shoppers(1000, 51);
const treatment = shoppers(1000, 52);

function analyze(
  more: Partial<ExperimentMeasurement>,
  options: { settings?: string; schema?: string; arms?: readonly (readonly User[])[]; run?: Run } = {},
): ExperimentReport {
  const { settings = '', schema = '', arms = [control, treatment] } = options;
  const { run = { quality: {}, warnings: [] } } = options;
  const config = configOf(`experiments: { checkout: { ${settings} } }\nschema: { ${schema} }`);
  const measured = arms.map((own, i) => armOf(i === 0 ? 'control' : 'treatment', own, { assigned: 1200 }));
  return analyzeExperiment(experimentOf(measured, more), settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: '2026-02-01T00:00:00Z',
    ...run,
  });
}

function analyzeArms(arms: Parameters<typeof experimentOf>[0]): ExperimentReport {
  const config = configOf();
  const run = { config, unavailable: [], asOf: null, quality: {}, warnings: [] };
  return analyzeExperiment(experimentOf(arms), settingsOf(config, 'checkout'), run);
}

function check({ trust }: ExperimentReport, name: TrustCheck['name']): TrustCheck {
  const found = trust.checks.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no check ${name}`);
  return found;
}

const crossed = (inControl: number, inTreatment: number): Partial<ExperimentMeasurement> => ({
  crossovers: inControl + inTreatment,
  crossoversByFirstVariant: [
    { variant: 'control', users: inControl },
    { variant: 'treatment', users: inTreatment },
  ],
});

describe('purchases of users without an assignment', () => {
  const bought = (unassigned: number) =>
    check(
      analyze({
        eventQuality: {
          purchases: [],
          byAssignment: [{ event: 'purchase', events: 528, unassigned }],
          spellings: [],
        },
      }),
      'unassigned_events',
    );

  it('are counted, and noted from a twentieth on, where there are no exposures to compare them with', () => {
    expect(bought(149)).toMatchObject({
      status: 'warn',
      explanation: expect.stringMatching(
        /^Since the first assignment, 149 of 528 purchase events \(28\.2 %\) are those of users without one\. There are no exposures/,
      ),
    });
    expect(bought(20)).toMatchObject({
      status: 'pass',
      explanation:
        'Since the first assignment, 20 of 528 purchase events (3.8 %) are those of users without one.',
    });
  });
});

describe('checks', () => {
  it('are all there for every experiment, each with what it found', () => {
    const { trust } = analyze({});
    expect(trust.checks).toHaveLength(21);
    expect(new Set(trust.checks.map(({ name }) => name)).size).toBe(21);
    expect(trust.checks.every(({ explanation }) => /[.]$/.test(explanation))).toBe(true);
  });

  it('bring the words that they are shown with, and the number to note in a few of them', () => {
    const report = analyze({ ...crossed(20, 20), immatureUsers: 500 });
    expect(new Set(report.trust.checks.map(({ label }) => label)).size).toBe(21);
    expect(report.trust.checks.flatMap(({ name, isAdjusted }) => (isAdjusted ? [name] : []))).toEqual([
      'sample_ratio_by_segment',
      'sample_ratio_by_day',
      'covariate_balance',
    ]);
    expect(check(report, 'crossovers')).toMatchObject({
      label: 'Crossovers (users in several arms)',
      note: '1.6 % of the assigned left out',
    });
    expect(check(report, 'immature_users')).toMatchObject({ status: 'warn', note: '25.0 % not ended' });
  });

  it('tell a split that is wrong from the assignment on from one that the exposure makes wrong', () => {
    const wrong = analyze({}, { arms: [control, treatment.slice(0, 600)] });
    expect(check(wrong, 'sample_ratio_exposed').explanation).toContain(
      'Find the cause before reading any effect.',
    );
    const { explanation } = check(
      analyzeArms([
        armOf('control', control, { assigned: 1400 }),
        armOf('treatment', treatment, { assigned: 1000 }),
      ]),
      'sample_ratio_assigned',
    );
    expect(explanation).toContain('Look at how users are assigned before reading any effect.');
  });

  it('say what their statistic is, with its degrees of freedom', () => {
    const { trust } = analyze({});
    for (const { statistic, statisticName, df } of trust.checks) {
      expect([statisticName, df === null]).toEqual(statistic === null ? [null, true] : ['chi_square', false]);
    }
    expect(trust.checks[0]).toMatchObject({ statistic: 0, statisticName: 'chi_square', df: 1 });
  });

  it('speak of one user as of one, and of many with grouped digits', () => {
    const one = analyze({ crossovers: 1, immatureUsers: 1 });
    expect(check(one, 'crossovers').explanation).toMatch(
      /^1 user was in more than one variant and is left out/,
    );
    expect(check(one, 'immature_users').explanation).toBe(
      'The outcome window of 1 analysed user (0.1 %) had not ended: outcomes may still change.',
    );
    const many = analyze({ crossovers: 1234, immatureUsers: 1234 }, { settings: 'max_crossover_share: 0.5' });
    expect(check(many, 'crossovers').explanation).toMatch(
      /^1,234 users were in more than one variant and are/,
    );
    expect(check(many, 'sample_ratio_exposed').explanation).toContain('control 1,000 (expected 1,000.0)');
  });

  it('say that crossovers cannot be seen where lines of a file are the users', () => {
    const report = analyze({}, { schema: 'experiment_assignments: { user_id: { line_number: true } }' });
    expect(check(report, 'crossovers')).toMatchObject({
      status: 'not_checked',
      explanation: expect.stringContaining('who is there twice counts twice'),
    });
  });

  it('invalidate an experiment whose crossovers come from one arm', () => {
    const report = analyze(crossed(10, 60));
    expect(check(report, 'crossover_asymmetry')).toMatchObject({ status: 'fail' });
    expect(report.decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
    expect(report.decision.reasons[0]).toMatch(/control 10 of 1,210 .* treatment 60 of 1,260/);
  });

  it('warn of crossovers that come from all arms alike', () => {
    const report = analyze(crossed(35, 38));
    expect(check(report, 'crossover_asymmetry').status).toBe('pass');
    expect(check(report, 'crossovers').status).toBe('warn');
    expect(report.decision.action).not.toBe('invalid');
    expect(report.trust.warnings).toContain(check(report, 'crossovers').explanation);
  });

  it('invalidate an experiment with more crossovers than it allows, however alike', () => {
    const report = analyze(crossed(140, 135));
    expect(check(report, 'crossover_asymmetry').status).toBe('pass');
    expect(check(report, 'crossovers')).toMatchObject({
      status: 'fail',
      explanation: expect.stringContaining('(10.3 %), more than the 10.0 % that max_crossover_share allows'),
    });
    expect(report.decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
    const allowed = analyze(crossed(140, 135), { settings: 'max_crossover_share: 0.2' });
    expect(check(allowed, 'crossovers').status).toBe('warn');
  });

  it('take crossovers of users assigned afresh for chance, also where the arms are not meant to be equal', () => {
    const settings = 'weights: { control: 0.9, treatment: 0.1 }';
    const afresh = analyze(crossed(50, 48), { settings });
    expect(check(afresh, 'crossover_asymmetry').status).toBe('pass');
    const oneWay = analyze(crossed(5, 90), { settings });
    expect(check(oneWay, 'crossover_asymmetry').status).toBe('fail');
  });

  it('relate crossovers and unknown variants to all who were assigned', () => {
    const settings = 'weights: { control: 0.5, treatment: 0.5 }';
    const unknownVariants = [{ variant: 'beta', users: 60 }];
    const report = analyze({ ...crossed(20, 20), unknownVariants }, { settings });
    expect(report.trust.crossovers).toEqual({ users: 40, share: 40 / 2500 });
    expect(check(report, 'unknown_variants').explanation).toContain('60 users (2.4 %)');
  });

  it('do not judge the asymmetry of a handful of crossovers', () => {
    expect(check(analyze(crossed(0, 4)), 'crossover_asymmetry').status).toBe('not_checked');
  });

  it('warn where a share of the users is in variants that the weights do not name', () => {
    const settings = 'weights: { control: 0.5, treatment: 0.5 }';
    const many = analyze({ unknownVariants: [{ variant: 'beta', users: 100 }] }, { settings });
    expect(check(many, 'unknown_variants')).toMatchObject({ status: 'warn' });
    const few = analyze({ unknownVariants: [{ variant: 'beta', users: 3 }] }, { settings });
    expect(check(few, 'unknown_variants')).toMatchObject({ status: 'pass' });
    expect(check(analyze({}), 'unknown_variants').status).toBe('not_checked');
  });

  it('warn of a segment level that does not split as configured, corrected for their number', () => {
    const level = (name: string, users: readonly number[]) => ({
      segment: 'device',
      level: name,
      arms: ['control', 'treatment'].map((variant, i) => armOf(variant, [], { exposed: users[i] ?? 0 })),
    });
    const segments = [
      level('mobile', [500, 380]),
      level('desktop', [500, 510]),
      level('tv', [3, 9]),
      level('tablet', [140, 100]),
    ];
    const report = analyze({ segments });
    expect(report.trust.srmBySegment.map((part) => `${part.level} ${part.status}`)).toEqual([
      'mobile fail',
      'desktop pass',
      'tablet pass',
    ]);
    expect(check(report, 'sample_ratio_by_segment')).toMatchObject({ status: 'warn' });
    expect(check(report, 'sample_ratio_by_segment').explanation).toContain(
      '1 of 3 levels of segments: device mobile',
    );
    expect(report.decision.action).not.toBe('invalid');
  });

  it('warn of a day on which users were assigned otherwise', () => {
    const assignedByDay = [
      ['2026-01-01', 300, 310],
      ['2026-01-02', 300, 170],
      ['2026-01-03', 5, 40],
    ].map(([day, ...users]) => ({
      day: String(day),
      arms: ['control', 'treatment'].map((variant, i) => ({ variant, users: Number(users[i]) })),
    }));
    const report = analyze({ assignedByDay });
    expect(report.trust.srmByDay.map(({ day, status }) => `${day} ${status}`)).toEqual([
      '2026-01-01 pass',
      '2026-01-02 fail',
    ]);
    expect(check(report, 'sample_ratio_by_day')).toMatchObject({ status: 'warn' });
  });

  it('warn of a day whose exposures are missing in one arm, though the whole is as configured', () => {
    const day = (date: string, own: number, other: number) => ({
      day: date,
      arms: [armOf('control', control.slice(0, own)), armOf('treatment', treatment.slice(0, other))],
    });
    const report = analyze(
      {
        cohorts: [day('2026-01-01', 100, 30), day('2026-01-02', 450, 450), day('2026-01-03', 450, 450)],
      },
      { arms: [control, treatment.slice(0, 930)] },
    );
    expect(check(report, 'sample_ratio_exposed').status).toBe('pass');
    expect(check(report, 'sample_ratio_by_day')).toMatchObject({
      status: 'warn',
      explanation: expect.stringContaining(
        'As a whole the users split as configured, but not everywhere. The exposed of 2026-01-01: treatment lacks 70 users there',
      ),
    });
    expect(report.trust.srmCauses).toMatchObject([{ cause: 'one_day', users: 70 }]);
  });

  it('warn where the arms differed before the exposure', () => {
    const loyal = treatment.map((user) => ({ ...user, pre_events: (user.pre_events ?? 0) + 2 }));
    const report = analyze({}, { arms: [control, loyal] });
    expect(check(report, 'covariate_balance')).toMatchObject({ status: 'warn' });
    expect(check(report, 'covariate_balance').explanation).toContain('Events before exposure in treatment');
    expect(check(analyze({}), 'covariate_balance').status).toBe('pass');
  });

  it('fail where the treatment changes who is exposed, and say what can be compared', () => {
    const report = analyze({}, { arms: [control, treatment.slice(0, 900)] });
    expect(check(report, 'exposure_rate')).toMatchObject({
      status: 'fail',
      explanation: expect.stringContaining('put exposure: assignment into experiment.yaml'),
    });
    expect(report.decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
    expect(report.trust.exposureRates.map(({ share }) => share)).toEqual([1000 / 1200, 900 / 1200]);
    expect(check(analyze({}), 'exposure_rate').status).toBe('pass');
  });

  it('warn of purchases in quarantine, which may be few among all lines, and do not believe outcomes without many', () => {
    const lost = (quarantined: number): Run => ({
      quality: { events: { lines: 100_000, accepted: 100_000 - quarantined, quarantined, duplicates: 0 } },
      warnings: [],
      decisiveEvents: [{ event: 'purchase', accepted: 353 - quarantined, quarantined }],
    });
    expect(check(analyze({}, { run: lost(3) }), 'quarantine').status).toBe('pass');
    expect(check(analyze({}, { run: lost(4) }), 'quarantine')).toMatchObject({
      status: 'warn',
      explanation: expect.stringContaining('Among them are 4 of 353 purchase events (1.1 %).'),
    });
    expect(check(analyze({}, { run: lost(19) }), 'quarantine').status).toBe('warn');
    const { decision } = analyze({}, { run: lost(78) });
    expect(decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
    expect(decision.reasons.join(' ')).toContain('78 of 353 purchase events (22.1 %)');
  });

  it('warn of datasets of which a share is repeated or in quarantine, and of rows with odd times', () => {
    const run: Run = {
      quality: {
        events: { lines: 1000, accepted: 960, quarantined: 5, duplicates: 35 },
        users: { lines: 100, accepted: 90, quarantined: 10, duplicates: 0 },
      },
      warnings: [
        { dataset: 'events', column: 'event_ts', rule: 'after_as_of', rows: 12, examples: [] },
        { dataset: 'events', column: 'revenue', rule: 'negative_revenue', rows: 3, examples: [] },
        { dataset: 'sessions', column: 'session_end_ts', rule: 'ends_before_start', rows: 1, examples: [] },
      ],
    };
    const report = analyze({}, { run });
    expect(check(report, 'duplicates')).toMatchObject({ status: 'warn' });
    expect(check(report, 'quarantine').explanation).toContain('users 10 (10.0 %)');
    expect(check(report, 'time_order').explanation).toBe(
      'Rows with odd times: events, 12 rows after as_of; sessions, 1 row that ends before its start.',
    );
  });

  it('warn of users whose exposures all came before their assignment, from one in a hundred on', () => {
    const early = (usersLeftOut: number) => ({ earlyExposures: { events: 90, users: 60, usersLeftOut } });
    expect(check(analyze({}), 'assignment_before_exposure')).toMatchObject({ status: 'pass' });
    expect(check(analyze(early(0)), 'assignment_before_exposure')).toMatchObject({
      status: 'pass',
      explanation:
        '90 exposures of 60 users came before their assignment and do not count. That is usual of visitors who return. All of these users were exposed again later, so nobody is lost.',
    });
    expect(check(analyze(early(23)), 'assignment_before_exposure').status).toBe('pass');
    const { status, explanation } = check(analyze(early(24)), 'assignment_before_exposure');
    expect(status).toBe('warn');
    expect(explanation).toContain(
      '24 users (1.0 % of the assigned) had no later one and are left out. It matters where one arm loses more',
    );
  });

  it('warn of immature users, and of exposures before the assignment that count', () => {
    const settings = 'exposure: { require_assignment_before: false }';
    const earlyExposures = { events: 9, users: 6, usersLeftOut: 0 };
    const report = analyze({ immatureUsers: 40, earlyExposures }, { settings });
    expect(check(report, 'immature_users').status).toBe('warn');
    expect(check(report, 'assignment_before_exposure').status).toBe('warn');
    expect(report.trust.warnings).toHaveLength(2);
  });
});

describe('misspelt variants', () => {
  const several = (
    users: Readonly<Record<string, number>>,
    settings = '',
    more: Partial<ExperimentMeasurement> = {},
  ) => {
    const config = configOf(`experiments: { checkout: { control: A, ${settings} } }`);
    const arms = Object.entries(users).map(([variant, count]) => armOf(variant, control.slice(0, count)));
    const run = { config, unavailable: [], asOf: null, quality: {}, warnings: [] };
    return analyzeExperiment(experimentOf(arms, more), settingsOf(config, 'checkout'), run);
  };
  const line =
    'schema: { experiment_assignments: { variant: { column: variant, values: { Bb: B, b: B } } } }';

  it('make an experiment of equal weights invalid by their own name, with the line that repairs it', () => {
    const ofDay = Object.entries({ A: 997, B: 998, Bb: 4, b: 1 });
    const assignedByDay = [
      { day: '2026-01-01', arms: ofDay.map(([variant, users]) => ({ variant, users })) },
    ];
    const { decision, trust } = several({ A: 997, B: 998, Bb: 4, b: 1 }, '', { assignedByDay });
    expect(decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
    expect(decision.reasons[0]).toBe(
      `Bb (4 users) and b (1) look like B, but count as arms of their own. Put this into experiment.yaml and run the same files again: ${line}.`,
    );
    expect(decision.reasons.slice(1).join(' ')).toContain('A 997 (expected 500.0)');
    expect(decision.reasons.slice(1).join(' ')).not.toContain('Find the cause');
    expect(decision.reasons[1]).toContain(
      'The variants above explain it: without them the users split as configured.',
    );
    expect(trust.checks.find(({ name }) => name === 'unknown_variants')?.status).toBe('fail');
    expect(trust.warnings).toEqual([]);
  });

  it('are no excuse for arms that do not split as configured without them', () => {
    const { decision } = several({ A: 1000, B: 700, b: 2 });
    expect(decision.reasons[0]).toContain('b (2 users) looks like B');
    expect(decision.reasons[1]).toContain('Find the cause before reading any effect.');
  });

  it('may also be arms that nearly all users are missing from, where their names are like no other', () => {
    const { decision } = several({ A: 1000, B: 1000, holdout: 3 });
    expect(decision.reasons[0]).toBe(
      'holdout (3 users) has hardly any users. If it is an arm of the experiment, find out where its users went. If it is not, list the real arms in experiment.yaml and run the same files again: experiments: { checkout: { weights: { A: 0.5, B: 0.5 } } }.',
    );
  });

  it('are left out where weights name the arms, and noted however few they are', () => {
    const { decision, trust } = several({ A: 1000, B: 998 }, 'weights: { A: 0.5, B: 0.5 }', {
      unknownVariants: [
        { variant: 'b', users: 2 },
        { variant: 'c', users: 1 },
      ],
    });
    expect(decision.action).not.toBe('invalid');
    expect(trust.checks.find(({ name }) => name === 'unknown_variants')).toMatchObject({
      status: 'warn',
      explanation: `3 users (0.1 %) in variants that the weights do not name are left out: b 2, c 1. b (2 users) looks like B; to count them, put this into experiment.yaml and run the same files again: ${line.replace('Bb: B, ', '')}.`,
    });
  });
});
