import { describe, expect, it } from 'vitest';
import { baselinesOf, comparisonDesign, inflationOfPlan, planFor } from '../../../cli/power/plan.ts';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { lastDayJudged, tuningOf } from '../../../layers/analysis/look.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import type { Comparison, ExperimentReport, Report } from '../../../layers/report/schema.ts';
import { armOf, columnsOf, configOf, experimentOf, type User, users } from './measurement.ts';
import { shoppers } from './shoppers.ts';

const noGuardrails = '{ bounce_rate: null, session_duration: null, retention_d7: null }';

function analyze(
  arms: Readonly<Record<string, readonly User[]>>,
  settings: string,
  more: Partial<ExperimentMeasurement> = {},
  metrics = '{}',
): ExperimentReport {
  const config = configOf(
    `metrics: ${metrics}\nexperiments: { checkout: { guardrails: ${noGuardrails}, ${settings} } }`,
  );
  const measured = Object.entries(arms).map(([variant, own]) => armOf(variant, own, {}, columnsOf(config)));
  return analyzeExperiment(experimentOf(measured, more), settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: '2026-02-01T00:00:00Z',
    quality: {},
    warnings: [],
  });
}

function comparison(report: ExperimentReport, metric: string, variant = 'treatment'): Comparison {
  const found = report.metrics
    .find((candidate) => candidate.metric === metric)
    ?.comparisons.find((candidate) => candidate.variant === variant);
  if (found === undefined) throw new Error(`nothing is compared for ${metric}`);
  return found;
}

/** The treatment sells more, to users who bought as often before. */
const better = { control: shoppers(1500, 11), treatment: shoppers(1500, 12, 0.25) };
/** Two arms of the same shop. */
const same = { control: shoppers(1500, 21), treatment: shoppers(1500, 22) };

describe('a verdict', () => {
  const arm = (key: string, those: number) => [...users(those, { [key]: 1 }), ...users(1000 - those, {})];

  it('goes by the p that is corrected over the arms', () => {
    const report = analyze(
      { control: arm('purchased', 100), treatment: arm('purchased', 128), other: arm('purchased', 128) },
      'planned_users: 3000',
    );
    const { test, verdict } = comparison(report, 'purchase_conversion');
    expect(test?.p).toBeLessThan(0.05);
    expect(test?.pAdjusted).toBeGreaterThan(0.05);
    expect(verdict).toBe('inconclusive');
  });

  it('calls a rise worse where lower is better', () => {
    const sessions = (bounced: number) =>
      arm('bounced_sessions', bounced).map((user) => ({ ...user, exposure_sessions: 1 }));
    const report = analyze(
      { control: sessions(300), treatment: sessions(500) },
      'planned_users: 2000, secondary: [bounce_rate]',
    );
    expect(comparison(report, 'bounce_rate').verdict).toBe('worse');
  });
});

describe('a look', () => {
  const settings = (declared: string) =>
    settingsOf(configOf(`experiments: { checkout: { ${declared} } }`), 'checkout');

  it('is judged on the users of the last declared share that is reached', () => {
    const declared = settings(
      'planned_users: 1000, sequential: { method: group_sequential, looks: [0.3, 0.6, 1] }',
    );
    const days = Array.from({ length: 7 }, (_, i) => ({ day: `2026-01-0${i + 1}`, users: 100 * (i + 1) }));
    const progress = {
      plannedEnd: null,
      plannedUsers: 1000,
      asOf: '2026-01-20T00:00:00Z',
      firstDay: '2026-01-01',
      closedUsers: 700,
      openUsers: 0,
      countsOpen: false,
      maturityDays: 0,
      lastClosedDay: '2026-01-07',
      days,
    };
    expect(lastDayJudged(declared, progress)).toBe('2026-01-06');
  });

  it('is tightest at the planned users of the two arms that are compared', () => {
    expect(tuningOf(settings('planned_users: 3000'), 3)).toBe(2000);
  });
});

describe('CUPED', () => {
  it('stands beside the unadjusted effect with its covariates, slopes and the variance it takes away', () => {
    const { cuped, effect } = comparison(analyze(same, ''), 'purchase_conversion');
    if (cuped === undefined || !('test' in cuped)) throw new Error('there is no adjusted effect');
    expect(cuped.covariates).toEqual(['pre_purchased', 'pre_active']);
    expect(cuped.thetas[0]).toBeCloseTo(0.4, 1);
    expect(cuped.varianceReduction).toBeGreaterThan(0.1);
    const width = ([lower, upper]: readonly number[] = []) => (upper ?? 0) - (lower ?? 0);
    expect(width(cuped.effect.absoluteCi ?? [])).toBeLessThan(width(effect.absoluteCi ?? []));
  });

  it('leaves the deciding effect alone unless the configuration declares otherwise', () => {
    const plain = comparison(analyze(better, ''), 'revenue_per_user');
    const declared = comparison(
      analyze(better, 'decision: { estimate: cuped, values: uncapped }'),
      'revenue_per_user',
    );
    expect(plain.plain).toBeUndefined();
    expect(declared.plain?.effect).toEqual(plain.effect);
    expect(declared.cuped).toMatchObject({ effect: declared.effect });
    expect(declared.effect.absolute).not.toBe(plain.effect.absolute);
  });

  it('names the basis in the decision', () => {
    const { decision } = analyze(better, 'decision: { estimate: cuped, values: capped }');
    expect(decision.basis).toEqual({ estimate: 'cuped', values: 'capped', testing: 'always_valid' });
  });

  it('says why there is none for a metric that cannot have a value before the exposure', () => {
    const { metrics } = analyze(same, 'secondary: [bounce_rate], cuped: { lookback_days: 7 }');
    const bounce = metrics.find(({ metric }) => metric === 'bounce_rate')?.comparisons[0];
    expect(bounce?.cuped).toEqual({ reason: 'no_covariate' });
  });

  it('slopes are those of all arms together, so that the control is adjusted alike in every comparison', () => {
    const report = analyze({ ...same, other: shoppers(1500, 23) }, '');
    const [a, b] = ['treatment', 'other'].map(
      (variant) => comparison(report, 'revenue_per_user', variant).cuped,
    );
    if (a === undefined || !('test' in a) || b === undefined || !('test' in b)) throw new Error('no slopes');
    expect(a.thetas).toEqual(b.thetas);
  });
});

describe('slopes of CUPED', () => {
  const slopesOf = (arms: Parameters<typeof analyze>[0], metric: string) => {
    const { cuped } = comparison(analyze(arms, ''), metric);
    return cuped !== undefined && 'slopes' in cuped ? cuped.slopes : undefined;
  };

  it('are those of each arm where two arms have enough users who make the metric up', () => {
    expect(slopesOf(same, 'purchase_conversion')).toBe('each_arm');
  });

  it('are those of all users where an arm would fit its own to noise', () => {
    const few = { control: shoppers(1500, 21), treatment: shoppers(200, 22) };
    expect(slopesOf(few, 'purchase_conversion')).toBe('all_users');
  });

  it('are those of all users where several treatments share a control', () => {
    expect(slopesOf({ ...same, other: shoppers(1500, 23) }, 'purchase_conversion')).toBe('all_users');
  });
});

describe('capping', () => {
  const whale = { purchased: 1, orders: 1, revenue: 9_000_000, revenue_per_user__capped: 20_000 };
  const withWhale = { control: same.control, treatment: [...same.treatment, whale] };
  const cap = {
    column: 'revenue_per_user__capped',
    of: 'revenue',
    percentile: 99.9,
    ignoreZeros: false,
    cap: '20000',
    capped: [{ variant: 'treatment', users: 1 }],
  };

  it('stands beside the uncapped effect with the cap and the users it concerns', () => {
    const { capped, treatment } = comparison(analyze(withWhale, '', { caps: [cap] }), 'revenue_per_user');
    expect(capped).toMatchObject({ cap: 200, percentile: 99.9, cappedUsers: { control: 0, treatment: 1 } });
    if (capped === undefined || !('test' in capped)) throw new Error('there is no capped effect');
    expect(treatment.sum - capped.treatment.sum).toBeCloseTo(90_000 - 200, 6);
  });

  it('decides where it is declared', () => {
    const declared = 'decision: { estimate: unadjusted, values: capped }';
    const { effect, capped, treatment } = comparison(
      analyze(withWhale, declared, { caps: [cap] }),
      'revenue_per_user',
    );
    expect(capped).toMatchObject({ effect });
    expect(treatment.sum).toBeGreaterThan(90_000);
  });

  it('says that nothing is cut where the percentile is zero', () => {
    const none = { ...cap, cap: null, capped: [] };
    const report = analyze(same, '', { caps: [none] });
    expect(comparison(report, 'revenue_per_user').capped).toEqual({ reason: 'nothing_to_cap' });
    expect(report.caps).toMatchObject([{ metric: 'revenue_per_user', cap: null }]);
  });
});

describe('several arms', () => {
  const three = { control: shoppers(800, 31), a: shoppers(800, 32, 0.25), b: shoppers(800, 33, 0.2) };

  it('by Dunnett pay less than by Holm for the larger of two p-values of one metric, and no less than nothing', () => {
    const dunnett = analyze(three, 'multiple_arms: dunnett, planned_users: 4500');
    for (const variant of ['a', 'b']) {
      const { test } = comparison(dunnett, 'purchase_conversion', variant);
      expect(test?.pAdjusted).toBeGreaterThan(test?.p ?? 1);
      expect(test?.pAdjusted).toBeLessThan(2 * (test?.p ?? 0));
    }
  });

  it('are one family with the metrics of their role by Holm', () => {
    const { metrics } = analyze(three, 'secondary: []');
    const tests = metrics[0]?.comparisons.flatMap(({ test }) => test ?? []) ?? [];
    const smallest = tests.toSorted((a, b) => a.p - b.p)[0];
    expect(smallest?.pAdjusted).toBeCloseTo(2 * (smallest?.p ?? 0), 12);
  });
});

describe('always valid', () => {
  const planned = 'sequential: { method: always_valid }, planned_users: 20000';

  it('ships before the planned end on evidence that holds at every look', () => {
    const { decision, metrics } = analyze(
      { control: shoppers(6000, 41), treatment: shoppers(6000, 42, 0.4) },
      planned,
    );
    expect(metrics[0]?.comparisons[0]?.sequential).toMatchObject({
      method: 'always_valid',
      alpha: 0.05,
      tunedFor: 20000,
    });
    expect(decision).toMatchObject({ action: 'ship', rule: 'better_before_planned_end' });
    expect(decision.basis.testing).toBe('always_valid');
  });

  it('keeps running where only a single look would call the effect significant', () => {
    const arms = {
      control: [...users(100, { purchased: 1 }), ...users(900, {})],
      treatment: [...users(131, { purchased: 1 }), ...users(869, {})],
    };
    const { decision, metrics } = analyze(arms, planned);
    const found = metrics[0]?.comparisons[0];
    expect(found?.test?.p).toBeLessThan(0.05);
    expect(found?.sequential?.p).toBeGreaterThan(0.05);
    expect(found?.verdict).toBe('inconclusive');
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'before_planned_end' });
  });
});

describe('a single look at a planned end', () => {
  const arms = (lift: number) => ({
    control: [...users(200, { purchased: 1 }), ...users(1800, {})],
    treatment: [...users(200 + lift, { purchased: 1 }), ...users(1800 - lift, {})],
  });

  it('is judged before the end by a boundary that holds at every look, and stops for harm beyond it alone', () => {
    const early = 'planned_users: 8000, sequential: { method: none }';
    // Of p = 0.02 and of p = 0.00003.
    const [mild, severe] = [analyze(arms(-40), early), analyze(arms(-70), early)];
    expect(comparison(mild, 'purchase_conversion').test?.p).toBeLessThan(0.05);
    expect(mild.decision).toMatchObject({ action: 'keep_running', rule: 'before_planned_end' });
    expect(severe.decision).toMatchObject({ action: 'do_not_ship', rule: 'primary_significantly_worse' });
    expect(mild.decision.basis.testing).toBe('fixed_horizon');
  });

  it('is judged at the end by the level of one look', () => {
    const { metrics, decision } = analyze(arms(-40), 'planned_users: 4000, sequential: { method: none }');
    expect(metrics[0]?.comparisons[0]?.sequential).toBeUndefined();
    expect(decision).toMatchObject({ action: 'do_not_ship', rule: 'primary_significantly_worse' });
  });
});

describe('looks left to the plan', () => {
  it('are one where an end is declared, and any number where none is', () => {
    const testing = (settings: string) => analyze(same, settings).decision.basis.testing;
    expect(testing('sequential: { method: auto }')).toBe('always_valid');
    expect(testing('sequential: { method: auto }, planned_users: 3000')).toBe('fixed_horizon');
    expect(testing('sequential: { method: auto }, planned_end: 2026-01-31')).toBe('fixed_horizon');
  });
});

describe('group sequential', () => {
  const arms = (lift: number) => ({
    control: [...users(200, { purchased: 1 }), ...users(1800, {})],
    treatment: [...users(200 + lift, { purchased: 1 }), ...users(1800 - lift, {})],
  });
  const at = (plannedUsers: number, spending: string) =>
    `planned_users: ${plannedUsers}, sequential: { method: group_sequential, spending: ${spending}, looks: [0.5, 1] }`;

  it('gives the first look at half of the users the level that the spending function allows', () => {
    const { sequential } = comparison(analyze(arms(50), at(8000, 'obrien_fleming')), 'purchase_conversion');
    expect(sequential).toMatchObject({ method: 'group_sequential', information: 0.5 });
    // 2.963 is the bound of a first look at half (Lan and DeMets, two-sided 5 %).
    expect(sequential?.alpha).toBeCloseTo(0.00305, 5);
  });

  it('ships at the first look what passes its boundary, and keeps running what only the last look would pass', () => {
    expect(analyze(arms(62), at(8000, 'obrien_fleming')).decision).toMatchObject({ action: 'ship' });
    expect(analyze(arms(45), at(8000, 'obrien_fleming')).decision).toMatchObject({
      action: 'keep_running',
      rule: 'before_planned_end',
    });
  });

  it('spends more at the first look like Pocock', () => {
    const alphaOf = (spending: string) =>
      comparison(analyze(arms(45), at(8000, spending)), 'purchase_conversion').sequential?.alpha ?? 0;
    expect(alphaOf('pocock')).toBeGreaterThan(alphaOf('obrien_fleming'));
  });

  /** Halves of the users, a day each. */
  const halves = (lift: number) => ({
    cohorts: ['2026-01-01', '2026-01-02'].map((day) => ({
      day,
      arms: Object.entries(arms(lift)).map(([variant, all]) =>
        armOf(
          variant,
          all.filter((_, i) => i % 2 === Number(day.endsWith('2'))),
        ),
      ),
    })),
  });

  it('judges the last look against what is left of alpha', () => {
    const { sequential } = comparison(
      analyze(arms(45), at(4000, 'obrien_fleming'), halves(45)),
      'purchase_conversion',
    );
    expect(sequential).toMatchObject({ information: 1 });
    expect(sequential?.alpha).toBeGreaterThan(0.045);
    expect(sequential?.alpha).toBeLessThan(0.05);
  });

  it('charges a look for every day of the data, unless looks are declared', () => {
    const levelAt = (looks: string) => {
      const plan = `planned_users: 4000, sequential: { method: group_sequential, spending: pocock${looks} }`;
      return comparison(analyze(arms(45), plan, halves(45)), 'purchase_conversion').sequential?.alpha ?? 0;
    };
    expect(levelAt('')).toBe(levelAt(', looks: [0.5, 1]'));
    expect(levelAt(', looks: [1]')).toBeCloseTo(0.05, 12);
    // 2.157 and 2.201 are the bounds of two looks that spend like Pocock (Lan and DeMets, two-sided 5 %).
    expect(levelAt('')).toBeCloseTo(0.0277, 3);
  });

  it('finds nothing significant where it is too early for any boundary', () => {
    const { sequential, verdict } = comparison(
      analyze(arms(200), at(10_000_000, 'obrien_fleming')),
      'purchase_conversion',
    );
    expect(sequential).toMatchObject({ alpha: 0, absoluteCi: null, reason: 'too_early' });
    expect(verdict).toBe('inconclusive');
  });

  it('has all of the information at the planned end, also where fewer users came than planned', () => {
    const plan = `${at(8000, 'obrien_fleming')}, planned_end: 2026-01-31`;
    const { sequential } = comparison(analyze(arms(45), plan), 'purchase_conversion');
    expect(sequential).toMatchObject({ information: 1 });
    expect(sequential?.alpha).toBeGreaterThan(0.045);
  });

  it('measures information by time to the planned end where no size is declared', () => {
    const cohort = { day: '2026-01-02', arms: [] };
    const { sequential } = comparison(
      analyze(arms(45), 'planned_end: 2026-03-03, sequential: { method: group_sequential }', {
        cohorts: [cohort],
      }),
      'purchase_conversion',
    );
    expect(sequential).toMatchObject({ information: 0.5 });
  });
});

describe('Bayes and power', () => {
  it('a flat prior gives a chance to win that is the one-sided p seen from the other side', () => {
    const { bayes, test } = comparison(analyze(better, ''), 'add_to_cart_rate');
    if (bayes === undefined || !('chanceToWin' in bayes)) throw new Error('there is no posterior');
    expect(bayes.prior).toBeNull();
    expect(bayes.chanceToWin).toBeCloseTo(1 - (test?.p ?? 0) / 2, 12);
  });

  it('a sceptical prior draws the lift towards its mean', () => {
    const liftOf = (settings: string) => {
      const { bayes } = comparison(analyze(better, settings), 'purchase_conversion');
      if (bayes === undefined || !('lift' in bayes)) throw new Error('there is no posterior');
      return bayes.lift.mean;
    };
    expect(Math.abs(liftOf('bayes: { prior: { mean: 0, sd: 0.05 } }'))).toBeLessThan(Math.abs(liftOf('')));
  });

  it('draws a lift towards zero by the scatter that the configuration expects of true lifts', () => {
    const shrunken = (settings: string) => {
      const found = comparison(analyze(better, settings), 'purchase_conversion');
      if (found.shrunken === undefined || !('relative' in found.shrunken)) throw new Error('there is none');
      return { ...found.shrunken, lift: found.effect.relative ?? 0 };
    };
    const [wide, narrow] = [shrunken(''), shrunken('bayes: { prior_relative_sd: 0.02 }')];
    expect([wide.priorSd, narrow.priorSd]).toEqual([0.1, 0.02]);
    expect(wide.relative).toBeLessThan(wide.lift);
    expect(narrow.relative).toBeLessThan(wide.relative);
    expect(narrow.relative).toBeGreaterThan(0);
  });

  it('tells the days left at the present traffic, and needs more users to find half the lift', () => {
    const powerOf = (lift: number) => {
      const cohorts = ['2026-01-22', '2026-01-31'].map((day) => ({ day, arms: [] }));
      const settings = `power: { target_lift: ${lift}, power: 0.8 }`;
      const { power } = comparison(analyze(same, settings, { cohorts }), 'purchase_conversion');
      if (power === undefined || !('usersNeeded' in power)) throw new Error('there is no power');
      return power;
    };
    const [whole, half] = [powerOf(0.1), powerOf(0.05)];
    expect(whole.usersNow).toBe(3000);
    expect((half.usersNeeded ?? 0) / (whole.usersNeeded ?? 1)).toBeCloseTo(4, 3);
    expect(whole.daysLeft).toBe(Math.ceil(((whole.usersNeeded ?? 0) - 3000) / 300));
    // At the smallest detectable lift the present users are just what is needed.
    expect(powerOf(whole.mdeNow.relative ?? 0)).toMatchObject({ daysLeft: 0 });
  });

  it.each([
    ['once', ''],
    ['at any time', 'sequential: { method: always_valid },'],
  ])(
    'plans as ecom power does, for all arms and what must be shown beside, looked at %s',
    (_, sequential) => {
      const arms = { ...same, other: shoppers(1500, 23) };
      const needed = (guardrail: string, own: Readonly<Record<string, readonly User[]>> = arms) => {
        const config = configOf(
          `experiments: { checkout: { planned_users: 4500, primary: revenue_per_user, secondary: [], guardrails: { bounce_rate: ${guardrail}, session_duration: null, retention_d7: null }, ${sequential} power: { target_lift: 0.1, power: 0.8 } } }`,
        );
        const report = analyzeExperiment(
          experimentOf(Object.entries(own).map(([variant, list]) => armOf(variant, list))),
          settingsOf(config, 'checkout'),
          { config, unavailable: [], asOf: '2026-02-01T00:00:00Z', quality: {}, warnings: [] },
        );
        const [first] = Object.keys(own).slice(1).toSorted();
        const { power } = comparison(report, 'revenue_per_user', first);
        if (power === undefined || !('usersNeeded' in power)) throw new Error('there is no power');
        return { report, users: power.usersNeeded ?? 0 };
      };
      const shown = needed('{ margin_relative: 0.05, better: lower }');
      const looks = { sequential: sequential === '' ? 'none' : 'always_valid', looks: 20 } as const;
      const design = comparisonDesign({
        alpha: 0.05,
        power: 0.8,
        arms: 3,
        correction: 'holm',
        guardrails: [{ baseline: 0.3, limit: 0.9 }],
      });
      const baseline = baselinesOf({ experiments: [shown.report] } as Report).find(
        ({ metric }) => metric === 'revenue_per_user',
      );
      if (baseline === undefined) throw new Error('there is no baseline');
      const plan = planFor(baseline, {
        ...design,
        lift: 0.1,
        inflation: inflationOfPlan({ ...design, ...looks }),
      });
      const planned = (plan.needed?.control ?? 0) + (plan.needed?.treatment ?? 0);
      expect(shown.users / planned).toBeCloseTo(1, 3);
      // What needs no proof takes no power, and what has one treatment no correction.
      const unshown = needed('{ margin_relative: 0.05, better: lower, require: no_harm }').users;
      expect(unshown).toBeLessThan(shown.users);
      expect(needed('null', same).users).toBeLessThan(unshown);
    },
  );
});

describe('quantiles', () => {
  const metrics = '{ revenue_p90: { kind: quantile, value: revenue, quantile: 0.9 } }';
  const arm = (variant: string, value: number, spread: number) => ({
    variant,
    n: 1500,
    value: String(value),
    lower: String(value - spread),
    upper: String(value + spread),
    clusters: null,
  });
  const quantiles = [
    {
      metric: 'revenue_p90',
      unit: 'cents' as const,
      quantile: 0.9,
      z: 2,
      arms: [arm('control', 5000, 200), arm('treatment', 5500, 300)],
    },
  ];

  it('are compared with the errors of their order statistics', () => {
    const report = analyze(same, 'secondary: [revenue_p90]', { quantiles }, metrics);
    const found = comparison(report, 'revenue_p90');
    expect(report.metrics.find(({ metric }) => metric === 'revenue_p90')).toMatchObject({
      kind: 'quantile',
      quantile: 0.9,
    });
    expect(found.control.mean).toBe(50);
    expect(found.effect).toMatchObject({ absolute: 5 });
    // se = 2 and 3 over z = 2.
    expect(found.test?.statistic).toBeCloseTo(5 / Math.hypot(1, 1.5), 12);
  });

  it('have no test where an arm has too few values', () => {
    const few = [
      { ...quantiles[0], arms: [{ ...arm('control', 5000, 200), lower: null }, arm('treatment', 5500, 300)] },
    ];
    const found = comparison(
      analyze(same, 'secondary: [revenue_p90]', { quantiles: few as typeof quantiles }, metrics),
      'revenue_p90',
    );
    expect(found).toMatchObject({ test: null, reason: 'too_few_users', verdict: 'inconclusive' });
  });
});

describe('null data', () => {
  it('make no claim: no verdict, no decision, a reason for every missing number', () => {
    const empty = analyze({ control: users(300, {}), treatment: users(300, {}) }, '');
    expect(empty.decision).toMatchObject({ action: 'keep_running', rule: 'primary_not_testable' });
    for (const found of empty.metrics.flatMap(({ comparisons }) => comparisons)) {
      expect(found).toMatchObject({ verdict: 'inconclusive', test: null, adjustedCi: null });
      expect(found.reason).not.toBeNull();
    }
  });

  it('say that no session has ended where session_duration has nothing to go by', () => {
    const report = analyze(
      { control: users(300, {}), treatment: users(300, {}) },
      'secondary: [session_duration]',
    );
    expect(comparison(report, 'session_duration').reason).toBe('no_ended_sessions');
  });

  it('two arms of the same shop are not told apart', () => {
    const { metrics, decision } = analyze(same, '');
    const verdicts = metrics.flatMap(({ comparisons }) => comparisons).map(({ verdict }) => verdict);
    expect(new Set(verdicts)).toEqual(new Set(['inconclusive']));
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'no_significant_effect' });
  });
});

it('shows ratios of counts within counts as shares', () => {
  const { metrics } = analyze(same, 'secondary: [bounce_rate, refund_rate, average_order_value]');
  expect(metrics.map(({ metric, unit }) => `${metric} ${unit}`)).toEqual([
    'purchase_conversion share',
    'bounce_rate share',
    'refund_rate share',
    'average_order_value currency',
  ]);
});
