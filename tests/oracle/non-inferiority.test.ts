import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meanLift } from '../../layers/statistics/mean.ts';
import { type NonInferiorityTest, testNonInferiority } from '../../layers/statistics/non-inferiority.ts';
import { proportionLift } from '../../layers/statistics/proportion.ts';
import { describeAgainst, expectClose, expectRounds } from './close.ts';
import { momentsOf } from './sums.ts';

function tested(...args: Parameters<typeof testNonInferiority>): NonInferiorityTest {
  const result = testNonInferiority(...args);
  if (result.reason !== null) throw new Error(result.reason);
  return result;
}

const guardrail = proportionLift({
  control: { n: 10_000n, sum: 1000n },
  treatment: { n: 10_000n, sum: 985n },
});

describeAgainst('Non-inferiority', 'scipy, printed', () => {
  test('with an absolute margin of half a point', () => {
    const result = tested(guardrail, { margin: { absolute: 0.005 }, better: 'higher', alpha: 0.05 });
    expectRounds(result.statistic, '0.8277268');
    expectRounds(result.p, '0.2039126');
    expectRounds(result.bound, '-0.0084552');
  });

  test('with a relative margin of 5 % the control counts 0.95 times: z of p_T - 0.95 p_C', () => {
    const result = tested(guardrail, { margin: { relative: 0.05 }, better: 'higher', alpha: 0.05 });
    const error = Math.sqrt((0.0985 * 0.9015 + 0.95 ** 2 * 0.1 * 0.9) / 10_000);
    expectClose(result.statistic, (0.0985 - 0.95 * 0.1) / error, 1e-12);
    expect(result.bound).toBeLessThan(-0.05);
  });

  test('the same numbers are a clear pass where lower is better', () => {
    const higher = tested(guardrail, { margin: { relative: 0.05 }, better: 'higher', alpha: 0.05 });
    const lower = tested(guardrail, { margin: { relative: 0.05 }, better: 'lower', alpha: 0.05 });
    expect(lower.p).toBeLessThan(higher.p);
    const error = Math.sqrt((0.0985 * 0.9015 + 1.05 ** 2 * 0.1 * 0.9) / 10_000);
    expectClose(lower.statistic, (1.05 * 0.1 - 0.0985) / error, 1e-12);
  });
});

test('p < alpha exactly when the bound lies on the good side of the margin', () => {
  const values = fc.array(fc.bigInt({ min: -30n, max: 90n }), { minLength: 2, maxLength: 40 });
  const margins = fc.double({ min: 0, max: 0.8, noNaN: true });
  const plans = fc.record({
    margin: fc.oneof(fc.record({ relative: margins }), fc.record({ absolute: margins })),
    better: fc.constantFrom('higher' as const, 'lower' as const),
    alpha: fc.constantFrom(0.025, 0.1),
  });
  fc.assert(
    fc.property(values, values, plans, (control, treatment, plan) => {
      const estimate = meanLift({ control: momentsOf(control), treatment: momentsOf(treatment) });
      const result = testNonInferiority(estimate, plan);
      if (result.reason !== null || result.bound === null) return;
      const size = 'relative' in plan.margin ? plan.margin.relative : plan.margin.absolute;
      const acceptable = plan.better === 'higher' ? result.bound > -size : result.bound < size;
      expect(acceptable).toBe(result.p < plan.alpha);
    }),
    { numRuns: 2000 },
  );
});

test('a margin of zero is the one-sided test of superiority', () => {
  const result = tested(guardrail, { margin: { relative: 0 }, better: 'higher', alpha: 0.025 });
  expectClose(result.statistic, -0.0015 / Math.sqrt((0.0985 * 0.9015 + 0.1 * 0.9) / 10_000), 1e-9);
  expect(result.p).toBeGreaterThan(0.5);
});

test('what cannot be tested is named', () => {
  const plan = { margin: { relative: 0.05 }, better: 'higher', alpha: 0.025 } as const;
  const none = proportionLift({ control: { n: 0n, sum: 0n }, treatment: { n: 9n, sum: 1n } });
  expect(testNonInferiority(none, plan)).toEqual({ reason: 'too_few_users' });
  const zero = proportionLift({ control: { n: 9n, sum: 0n }, treatment: { n: 9n, sum: 1n } });
  expect(testNonInferiority(zero, plan)).toEqual({ reason: 'zero_baseline' });
  const flat = proportionLift({ control: { n: 9n, sum: 9n }, treatment: { n: 9n, sum: 9n } });
  expect(testNonInferiority(flat, plan)).toEqual({ reason: 'no_variance' });
  expect(() => testNonInferiority(guardrail, { ...plan, margin: { relative: -0.1 } })).toThrow(RangeError);
  expect(() => testNonInferiority(guardrail, { ...plan, alpha: 0.5 })).toThrow(RangeError);
});
