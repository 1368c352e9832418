import { describe, expect, it } from 'vitest';
import { type Baseline, inflationOf, planFor } from '../../../../cli/power/plan.ts';

const design = { alpha: 0.05, power: 0.8, allocation: 1 };
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
      inflationOf({ ...design, sequential, looks: 5 });
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
});
