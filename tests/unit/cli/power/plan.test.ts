import { describe, expect, it } from 'vitest';
import {
  type Baseline,
  comparisonDesign,
  guardrailInflationOf,
  inflationOfPlan,
  planFor,
  type Question,
} from '../../../../cli/power/plan.ts';

const design: Question = {
  alpha: 0.05,
  power: 0.8,
  allocation: 1,
  arms: 2,
  correction: 'holm',
  guardrails: [],
};
const rate: Baseline = { metric: 'conversion', kind: 'rate', value: 0.1, variance: 0.09 };
const mean: Baseline = { metric: 'revenue', kind: 'mean', value: -2, variance: 100 };

describe('a plan', () => {
  it('tells the users of each arm, and the days until they are there', () => {
    // (1.959964 + 0.841621)² (0.1 · 0.9 + 0.11 · 0.89) / 0.01² = 14 748.8
    expect(planFor(rate, { ...design, lift: 0.1, dailyUsers: 1000 })).toEqual({
      metric: 'conversion',
      baseline: 0.1,
      needed: { control: 14_749, treatment: 14_749, total: 29_498 },
      days: 30,
      detectable: null,
    });
  });

  it('tells the lift that the users it asks for find', () => {
    const { needed } = planFor(mean, { ...design, lift: 0.05 });
    const { detectable } = planFor(mean, { ...design, users: needed?.total });
    expect(detectable?.relative).toBeCloseTo(0.05, 4);
    expect(detectable?.absolute).toBeCloseTo(0.1, 4);
  });

  it('gives the treatment its share of the users', () => {
    const { needed } = planFor(mean, { ...design, allocation: 0.25, lift: 0.1 });
    expect((needed?.treatment ?? 0) / (needed?.control ?? 1)).toBeCloseTo(0.25, 3);
    const { detectable } = planFor(mean, { ...design, allocation: 0.25, users: needed?.total });
    expect(detectable?.relative).toBeCloseTo(0.1, 3);
  });

  it('knows that no rate rises above 1', () => {
    expect(planFor({ ...rate, value: 0.8 }, { ...design, lift: 0.5 }).needed).toBeNull();
  });

  it('takes more users where the experiment is looked at before its end', () => {
    const looked = (sequential: 'none' | 'always_valid' | 'group_sequential') =>
      inflationOfPlan({ ...design, sequential, looks: 5 });
    expect(looked('none')).toBe(1);
    // Five O'Brien-Fleming looks at 5 %, two-sided, power 0.8: 1.028 in Jennison and Turnbull's table 2.4; spending
    // that is only like theirs takes a little less.
    expect(looked('group_sequential')).toBeCloseTo(1.025, 2);
    expect(looked('always_valid')).toBeGreaterThan(1.5);
    const fixed = planFor(rate, { ...design, lift: 0.1 }).needed?.total ?? 0;
    const sequential = planFor(rate, { ...design, lift: 0.1, inflation: looked('group_sequential') }).needed
      ?.total;
    expect((sequential ?? 0) / fixed).toBeCloseTo(looked('group_sequential'), 3);
  });

  it('takes more users of each arm the more arms there are, by the correction that is declared', () => {
    const lift = 0.05;
    const users = (arms: number, correction: Question['correction'] = 'holm') =>
      planFor({ ...rate, value: 0.042 }, { ...comparisonDesign({ ...design, arms, correction }), lift })
        .needed?.control ?? 0;
    expect(users(3)).toBeGreaterThan(1.2 * users(2));
    expect(users(4)).toBeGreaterThan(1.08 * users(3));
    expect(users(4, 'dunnett')).toBeLessThan(users(4));
    expect(users(4, 'none')).toBe(users(2));
    const { needed } = planFor(rate, {
      ...comparisonDesign({ ...design, arms: 4, allocation: 0.5 }),
      lift: 0.1,
    });
    expect(needed?.total).toBe((needed?.control ?? 0) + 3 * (needed?.treatment ?? 0));
    const { detectable } = planFor(rate, {
      ...comparisonDesign({ ...design, arms: 4, allocation: 0.5 }),
      users: needed?.total,
    });
    expect(detectable?.relative).toBeCloseTo(0.1, 3);
  });

  it('splits what may be missed over the lift and the guardrails, and lasts as long as the slowest of them takes', () => {
    const lift = 0.1;
    const loose = { baseline: 0.5, limit: -0.2 };
    const tight = { baseline: 0.3, limit: -0.01 };
    const plan = (guardrails: Question['guardrails']) =>
      planFor(rate, { ...comparisonDesign({ ...design, guardrails }), lift }).needed?.control;
    // Power 0.9: (1.959964 + 1.281552)² (0.1 · 0.9 + 0.11 · 0.89) / 0.01² = 19 743.4
    expect(plan([loose])).toBe(19_744);
    // (1.959964 + 1.281552)² 0.21 (1 + 0.99²) / 0.003² = 485 467.5
    expect(plan([tight])).toBe(485_468);
  });

  it('takes more users for a guardrail too where it is judged at every look', () => {
    const looked = (sequential: 'none' | 'always_valid' | 'group_sequential') => {
      const own = comparisonDesign({ ...design, guardrails: [{ baseline: 0.3, limit: -0.01 }] });
      const guardrailInflation = guardrailInflationOf({ ...own, sequential, looks: 5 });
      return planFor(rate, { ...own, guardrailInflation, lift: 0.1 }).needed?.control ?? 0;
    };
    expect(looked('none')).toBe(485_468);
    // The boundary of equation 155 (arXiv 2103.06476) is 3.041357 errors at its tightest, for 1.959964 of one look:
    // (3.041357 + 1.281552)² 0.21 (1 + 0.99²) / 0.003² = 863 407.7
    expect(looked('always_valid')).toBe(863_408);
    // Jennison and Turnbull's table 2.4: 1.026 at power 0.9.
    expect(looked('group_sequential') / looked('none')).toBeCloseTo(1.025, 2);
  });
});
