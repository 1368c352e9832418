import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ArmMeasurement, ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import { armOf, configOf, experimentOf, type User, users } from './measurement.ts';

const buyer: User = {
  purchased: 1,
  added_to_cart: 1,
  began_checkout: 1,
  revenue: 2500,
  orders: 1,
  events_in_window: 6,
};
const visitor: User = { events_in_window: 2 };

/** The original project's printed counts: 19 of 448 against 23 of 472. */
const original = [
  armOf('control', [...users(19, buyer), ...users(429, visitor)]),
  armOf('treatment', [...users(23, buyer), ...users(449, visitor)]),
];

function analyze(arms: readonly ArmMeasurement[], overlay?: string, more?: Partial<ExperimentMeasurement>) {
  const config = configOf(overlay);
  return analyzeExperiment(experimentOf(arms, more), settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: '2026-02-01T00:00:00Z',
    quality: {},
    warnings: [],
  });
}

const without = '{ bounce_rate: null, session_duration: null, retention_d7: null }';
const noGuardrails = `experiments: { checkout: { guardrails: ${without} } }`;

describe('analyzeExperiment', () => {
  it("reproduces the original project's two-proportion z-test to four digits", () => {
    const { parity } = analyze(original);
    const z = parity?.twoProportionZ;
    if (z === undefined || 'reason' in z) throw new Error('the test was not computed');
    expect([z.control, z.treatment, z.lift, z.p, ...z.ci].map((value) => value.toFixed(4))).toEqual([
      '0.0424',
      '0.0487',
      '0.0063',
      '0.6463',
      '-0.0206',
      '0.0333',
    ]);
  });

  it('names separation in the logit when events in the window tell buyers from visitors', () => {
    const { parity } = analyze(original, undefined, {
      logitCells: [
        { variant: 'control', eventsInWindow: 2, users: 429, purchased: 0 },
        { variant: 'control', eventsInWindow: 6, users: 19, purchased: 19 },
        { variant: 'treatment', eventsInWindow: 2, users: 449, purchased: 0 },
        { variant: 'treatment', eventsInWindow: 6, users: 23, purchased: 23 },
      ],
    });
    expect(parity?.logit).toMatchObject({ reason: 'separation' });
  });

  it('reports sums, means and denominators in the unit of the metric', () => {
    const { metrics } = analyze(original);
    const order = metrics.find(({ metric }) => metric === 'average_order_value')?.comparisons[0];
    expect(order?.control).toEqual({ n: 448, sum: 475, mean: 25, denominator: 19 });
    const revenue = metrics.find(({ metric }) => metric === 'revenue_per_user');
    expect(revenue?.unit).toBe('currency');
    expect(revenue?.comparisons[0]?.treatment).toEqual({ n: 472, sum: 575, mean: 575 / 472 });
  });

  it('puts the control first and compares every other arm with it, in the order of their names', () => {
    const arms = ['zeta', 'control', 'alpha'].map((variant) =>
      armOf(variant, [...users(5, buyer), ...users(95, visitor)]),
    );
    const report = analyze(arms);
    expect(report.arms.map(({ variant }) => variant)).toEqual(['control', 'alpha', 'zeta']);
    expect(report.metrics[0]?.comparisons.map(({ variant }) => variant)).toEqual(['alpha', 'zeta']);
  });

  it('adjusts the secondary metrics as a family of their own by Holm', () => {
    const { metrics } = analyze(original);
    const primary = metrics[0]?.comparisons[0]?.test;
    expect(primary?.pAdjusted).toBe(primary?.p);
    const secondary = metrics
      .filter(({ role }) => role === 'secondary')
      .map(({ comparisons }) => comparisons[0]?.test);
    const smallest = secondary.flatMap((test) => (test ? [test] : [])).toSorted((a, b) => a.p - b.p)[0];
    const tested = secondary.filter((test) => test !== null).length;
    expect(smallest?.pAdjusted).toBeCloseTo(Math.min(1, (smallest?.p ?? 0) * tested), 12);
  });

  it('leaves guardrails unadjusted and tests them against their margin', () => {
    const guardrail = analyze(original).metrics.find(({ metric }) => metric === 'retention_d7');
    expect(guardrail?.comparisons[0]?.nonInferiority).toEqual({
      marginRelative: 0.05,
      marginAbsolute: null,
      p: null,
      bound: null,
      status: 'not_shown',
      reason: 'zero_baseline',
    });
  });

  it('says why a metric is not available instead of showing zeros', () => {
    const config = configOf();
    const report = analyzeExperiment(experimentOf(original), settingsOf(config, 'checkout'), {
      config,
      unavailable: [{ kind: 'metric', name: 'session_duration', reason: 'the drop has no sessions' }],
      asOf: null,
      quality: {},
      warnings: [],
    });
    const metric = report.metrics.find(({ metric: name }) => name === 'session_duration');
    expect(metric).toMatchObject({ unavailable: 'the drop has no sessions', comparisons: [] });
  });

  it('calls an experiment invalid whose control is not among its arms, naming the arms', () => {
    const arms = [armOf('A', users(10, buyer)), armOf('B', users(10, buyer))];
    expect(analyze(arms).decision).toMatchObject({
      action: 'invalid',
      rule: 'not_analysable',
      reasons: [
        'Experiment "checkout" has no arm "control", its arms are "A", "B". Name the arm that is the control in experiment.yaml.',
      ],
    });
    const named = [armOf('Control', users(100, {})), armOf('B', users(100, {}))];
    expect(analyze(named).decision.reasons[0]).toMatch(/Did you mean "Control"\?$/);
  });

  it('calls an experiment invalid that nobody was assigned to before the data end, and says when that is', () => {
    const { decision } = analyze([]);
    expect(decision).toMatchObject({ action: 'invalid', rule: 'not_analysable' });
    expect(decision.reasons[0]).toMatch(/^No user of experiment "checkout" was assigned before 20\d\d-/);
  });

  it('decides invalid when the exposed users do not split as configured', () => {
    const arms = [armOf('control', users(600, visitor)), armOf('treatment', users(400, visitor))];
    const { trust, decision } = analyze(arms);
    expect(trust.srm.chi2).toBeCloseTo(40, 10);
    expect(decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
    expect(decision.reasons[0]).toMatch(
      /Sample ratio mismatch among exposed users: control 600 \(expected 500.0\)/,
    );
  });

  it('takes an unequal split for right when the weights say so', () => {
    const arms = [armOf('control', users(600, visitor)), armOf('treatment', users(400, visitor))];
    const { trust } = analyze(
      arms,
      'experiments: { checkout: { weights: { control: 0.6, treatment: 0.4 } } }',
    );
    expect(trust.srm).toMatchObject({ status: 'pass', chi2: 0, p: 1 });
  });

  it('does not judge the split of a handful of users', () => {
    const { trust } = analyze([armOf('control', users(6, visitor)), armOf('treatment', [])]);
    expect(trust.srm).toMatchObject({ status: 'not_checked', reason: 'too_few_users', p: null });
  });

  it('ships a treatment that is significantly better when no guardrail stands against it', () => {
    const arms = [
      armOf('control', [...users(100, buyer), ...users(900, visitor)]),
      armOf('treatment', [...users(200, buyer), ...users(800, visitor)]),
    ];
    const { decision } = analyze(arms, noGuardrails);
    expect(decision).toMatchObject({
      action: 'ship',
      variant: 'treatment',
      rule: 'primary_better_without_guardrails',
    });
  });

  it('does not ship a treatment that is significantly worse', () => {
    const arms = [
      armOf('control', [...users(200, buyer), ...users(800, visitor)]),
      armOf('treatment', [...users(100, buyer), ...users(900, visitor)]),
    ];
    expect(analyze(arms, noGuardrails).decision).toMatchObject({
      action: 'do_not_ship',
      rule: 'primary_significantly_worse',
    });
  });

  it('keeps running before the planned size, however good the treatment looks', () => {
    const arms = [
      armOf('control', [...users(100, buyer), ...users(900, visitor)]),
      armOf('treatment', [...users(200, buyer), ...users(800, visitor)]),
    ];
    const overlay = `experiments: { checkout: { guardrails: ${without}, planned_users: 5000 } }`;
    expect(analyze(arms, overlay).decision).toMatchObject({
      action: 'keep_running',
      rule: 'before_planned_end',
    });
  });

  it('does not ship when the planned end is reached without success', () => {
    const overlay = `experiments: { checkout: { guardrails: ${without}, planned_end: 2026-01-31 } }`;
    expect(analyze(original, overlay).decision).toMatchObject({
      action: 'do_not_ship',
      rule: 'ended_without_success',
    });
  });

  it('keeps running without a significant effect when no end was planned, and says what that means', () => {
    const { decision } = analyze(original, noGuardrails);
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'no_significant_effect' });
    expect(decision.reasons.at(-1)).toMatch(/No planned end or size is declared/);
  });

  it('does not ship over a guardrail that is shown to be beyond its margin', () => {
    const bounced = { exposure_sessions: 1, bounced_sessions: 1 };
    const stayed = { exposure_sessions: 1 };
    const arms = [
      armOf('control', [
        ...users(100, { ...buyer, ...stayed }),
        ...users(450, { ...visitor, ...stayed }),
        ...users(450, { ...visitor, ...bounced }),
      ]),
      armOf('treatment', [
        ...users(200, { ...buyer, ...stayed }),
        ...users(100, { ...visitor, ...stayed }),
        ...users(700, { ...visitor, ...bounced }),
      ]),
    ];
    const { decision } = analyze(arms);
    expect(decision).toMatchObject({ action: 'do_not_ship', rule: 'guardrail_inferior' });
    expect(decision.reasons[0]).toMatch(/beyond the margin on Bounce rate/);
  });

  it('keeps running when a guardrail is not shown to hold', () => {
    const arms = [
      armOf('control', [...users(100, buyer), ...users(900, visitor)]),
      armOf('treatment', [...users(200, buyer), ...users(800, visitor)]),
    ];
    const { decision } = analyze(arms);
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'guardrail_not_shown' });
  });
});
