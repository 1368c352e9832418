import { describe, expect, it } from 'vitest';
import { decideExperiment } from '../../../layers/analysis/decision-rules.ts';
import type { Progress } from '../../../layers/analysis/look.ts';
import type { Comparison, Decision, MetricReport } from '../../../layers/report/schema.ts';
import { exampleReport } from './report-of.ts';

type Testing = Decision['basis']['testing'];
type MarginStatus = NonNullable<Comparison['nonInferiority']>['status'];

interface Treatment {
  readonly verdict?: Comparison['verdict'];
  readonly lift?: number;
  readonly guardrail?: MarginStatus;
  /** Of a guardrail that is not shown: whether it is good enough. */
  readonly suffices?: boolean;
  readonly guardrailVerdict?: Comparison['verdict'];
  readonly revenue?: Comparison['verdict'];
}

const example = required(exampleReport().experiments[0]);
const { trust } = example;
const primaryExample = required(example.metrics[0]);
const comparisonExample = required(primaryExample.comparisons[0]);
const ended: Partial<Progress> = { plannedUsers: 1000, closedUsers: 1000 };
const running: Partial<Progress> = { plannedUsers: 1000, closedUsers: 400 };

/** The decision about treatments given by their verdict on the primary metric and their one guardrail. */
function decisionOn(
  treatments: Readonly<Record<string, Treatment>>,
  progress: Partial<Progress> = {},
  testing: Testing = 'fixed_horizon',
  guardrailUnavailable = false,
  openWindows: number | null = null,
  acceptHarm: readonly string[] = [],
): Decision {
  const arms = Object.entries(treatments);
  const primary: MetricReport = {
    ...primaryExample,
    comparisons: arms.map(([variant, { verdict = 'inconclusive', lift = 0.01 }]) => ({
      ...comparisonExample,
      variant,
      effect: { ...comparisonExample.effect, absolute: lift },
      verdict,
    })),
  };
  const guardrail: MetricReport = {
    ...primary,
    metric: 'bounce_rate',
    role: 'guardrail',
    unavailable: guardrailUnavailable ? 'the drop has no sessions' : null,
    comparisons: guardrailUnavailable
      ? []
      : arms.map(([variant, { guardrail: status = 'non_inferior', suffices, guardrailVerdict }]) => ({
          ...comparisonExample,
          variant,
          verdict: guardrailVerdict ?? ('inconclusive' as const),
          nonInferiority: {
            marginRelative: 0.05,
            marginAbsolute: null,
            p: 0.01,
            bound: 0.11,
            status,
            ...(suffices === undefined ? {} : { suffices }),
            reason: null,
          },
        })),
  };
  const revenue: MetricReport = {
    ...primary,
    metric: 'revenue_per_user',
    unit: 'currency',
    role: 'secondary',
    comparisons: arms.map(([variant, { revenue: verdict = 'inconclusive' }]) => {
      const { deciding } = comparisonExample;
      const effect = { ...deciding.effect, relative: -0.357, relativeCi: [-0.5, -0.2] as [number, number] };
      const relativeCi: [number, number] = [-0.6, -0.1];
      const adjustedCi = { absoluteCi: null, relativeCi, relativeReason: null, alpha: 0.025 };
      return { ...comparisonExample, variant, verdict, deciding: { ...deciding, effect, adjustedCi } };
    }),
  };
  return decideExperiment({
    blocked: null,
    openWindows,
    settled: null,
    acceptHarm,
    trust,
    metrics: [primary, revenue, guardrail],
    control: 'control',
    treatments: arms.map(([variant]) => variant),
    basis: { estimate: 'unadjusted', values: 'uncapped', testing },
    progress: {
      plannedEnd: null,
      plannedUsers: null,
      asOf: '2026-02-01T00:00:00Z',
      firstDay: '2026-01-01',
      closedUsers: 500,
      openUsers: 0,
      countsOpen: true,
      maturityDays: 14,
      lastClosedDay: '2026-01-17',
      days: [],
      ...progress,
    },
  });
}

describe('decide', () => {
  it('ships at the planned end what is better and within every margin', () => {
    expect(decisionOn({ a: { verdict: 'better' } }, ended)).toMatchObject({ action: 'ship', variant: 'a' });
  });

  it('ships the best of several that are better and safe', () => {
    const treatments = {
      a: { verdict: 'better', lift: 0.02 },
      b: { verdict: 'better', lift: 0.05, guardrail: 'not_shown' },
      c: { verdict: 'better', lift: 0.03 },
    } as const;
    expect(decisionOn(treatments, ended)).toMatchObject({ action: 'ship', variant: 'c' });
  });

  it('looks once: a fixed test decides nothing for the better before the planned end', () => {
    expect(decisionOn({ a: { verdict: 'better' } }, running)).toMatchObject({
      action: 'keep_running',
      rule: 'before_planned_end',
    });
  });

  it.each(['always_valid', 'group_sequential'] as const)(
    'ships before the planned end on the evidence of a test that is %s',
    (testing) => {
      const decision = decisionOn({ a: { verdict: 'better' } }, running, testing);
      expect(decision).toMatchObject({ action: 'ship', rule: 'better_before_planned_end' });
      expect(decision.reasons.at(-1)).toContain('400 of 1,000 planned users');
    },
  );

  it('keeps running before the planned end where the guardrails are not shown yet, whatever the test', () => {
    expect(
      decisionOn({ a: { verdict: 'better', guardrail: 'not_shown' } }, running, 'always_valid'),
    ).toMatchObject({ action: 'keep_running', rule: 'guardrail_not_shown' });
  });

  it('stops before the planned end when every treatment does harm to the primary metric or a guardrail', () => {
    expect(decisionOn({ a: { verdict: 'worse' } }, running)).toMatchObject({
      action: 'do_not_ship',
      rule: 'primary_significantly_worse',
    });
    expect(decisionOn({ a: { verdict: 'worse' }, b: { guardrail: 'inferior' } }, running)).toMatchObject({
      action: 'do_not_ship',
      rule: 'guardrail_inferior',
    });
  });

  it('goes on as long as one treatment does no harm', () => {
    expect(decisionOn({ a: { verdict: 'worse' }, b: {} }, running)).toMatchObject({ action: 'keep_running' });
  });

  it('does not ship a better treatment beyond a margin, though another one does no harm', () => {
    const treatments = { a: { verdict: 'better', guardrail: 'inferior' }, b: {} } as const;
    expect(decisionOn(treatments, ended)).toMatchObject({
      action: 'do_not_ship',
      variant: 'a',
      rule: 'guardrail_inferior',
    });
  });

  it('never ships over a guardrail beyond its margin, however much better the primary metric', () => {
    for (const progress of [{}, running, ended]) {
      for (const testing of ['fixed_horizon', 'always_valid', 'group_sequential'] as const) {
        const { action } = decisionOn({ a: { verdict: 'better', guardrail: 'inferior' } }, progress, testing);
        expect(action).toBe('do_not_ship');
      }
    }
  });

  it('does not ship at the planned end without success', () => {
    expect(decisionOn({ a: {} }, ended)).toMatchObject({
      action: 'do_not_ship',
      rule: 'ended_without_success',
    });
  });

  it('says what p-values are worth when no end was planned, by the way of testing', () => {
    expect(decisionOn({ a: {} }).reasons.at(-1)).toMatch(/hold for one look only/);
    expect(decisionOn({ a: {} }, {}, 'always_valid').reasons.at(-1)).toMatch(/hold at every look/);
  });

  it('says that a guardrail could not be looked at when it ships without it', () => {
    const decision = decisionOn({ a: { verdict: 'better' } }, ended, 'fixed_horizon', true);
    expect(decision.action).toBe('ship');
    expect(decision.reasons.join(' ')).toContain(
      'The guardrail Bounce rate is not available: the drop has no sessions.',
    );
  });

  it('does not ship over a secondary metric that is significantly worse, and says how much worse', () => {
    const decision = decisionOn({ a: { verdict: 'better', revenue: 'worse' } }, ended);
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'secondary_worse', variant: 'a' });
    // The interval that goes with the adjusted p, not that of a single comparison.
    expect(decision.reasons[0]).toMatch(
      /^Revenue per user is significantly worse in a: −35\.7 %, interval −60\.0 % to −10\.0 %, adjusted p/,
    );
    expect(decision.reasons.join(' ')).toContain('accept_harm: [revenue_per_user]');
  });

  it('ships the next best treatment where the best loses on a secondary metric', () => {
    const treatments = {
      a: { verdict: 'better', lift: 0.05, revenue: 'worse' },
      b: { verdict: 'better', lift: 0.02 },
    } as const;
    expect(decisionOn(treatments, ended)).toMatchObject({ action: 'ship', variant: 'b' });
  });

  it('ships over a loss that was declared acceptable, and names it', () => {
    const harm = { a: { verdict: 'better', revenue: 'worse' } } as const;
    const decision = decisionOn(harm, ended, 'fixed_horizon', false, null, ['revenue_per_user']);
    expect(decision.action).toBe('ship');
    expect(decision.reasons.join(' ')).toContain('Revenue per user is significantly worse in a: −35.7 %');
  });

  it('names a guardrail that is worse although within its margin', () => {
    const decision = decisionOn({ a: { verdict: 'better', guardrailVerdict: 'worse' } }, ended);
    expect(decision.action).toBe('ship');
    expect(decision.reasons.join(' ')).toMatch(
      /Bounce rate is significantly worse in a: .+, within the 5\.0 % that you allowed\./,
    );
  });

  it('stops one harmful arm of several by name while the others go on', () => {
    const decision = decisionOn({ a: { verdict: 'worse' }, b: {}, c: { guardrail: 'inferior' } }, running);
    expect(decision.action).toBe('keep_running');
    expect(decision.reasons.join(' ')).toMatch(
      /Stop a, whatever becomes of the others: a is significantly worse on .+ Stop c, whatever becomes of the others: c is significantly beyond the margin on Bounce rate\./,
    );
  });

  it('ships at the end past a guardrail that is good enough without being shown, and says what is not shown', () => {
    const treatment = { a: { verdict: 'better', guardrail: 'not_shown', suffices: true } } as const;
    const decision = decisionOn(treatment, ended);
    expect(decision).toMatchObject({ action: 'ship', rule: 'primary_better_and_no_guardrail_harmed' });
    expect(decision.reasons.join(' ')).toContain(
      'Bounce rate: not shown to be within 5.0 %, only that it is not worse by more than 11.0 %;',
    );
    expect(decisionOn(treatment, running, 'always_valid').rule).toBe('guardrail_not_shown');
  });

  it('stops the better treatment of several whose guardrail is beyond its margin', () => {
    const decision = decisionOn({ a: { verdict: 'better', guardrail: 'inferior' }, b: {} }, ended);
    expect(decision).toMatchObject({ action: 'do_not_ship', variant: 'a', rule: 'guardrail_inferior' });
  });

  it('is invalid without a treatment, and without a control that can be compared', () => {
    expect(decisionOn({})).toMatchObject({ action: 'invalid' });
  });
});

function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the example compares its primary metric');
  return value;
}
