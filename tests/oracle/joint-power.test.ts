import { expect, test } from 'vitest';
import { dunnett } from '../../layers/statistics/dunnett.ts';
import {
  levelOfComparison,
  powerOfEach,
  sampleSizeForGuardrail,
} from '../../layers/statistics/joint-power.ts';
import { sampleSizeForMean } from '../../layers/statistics/power.ts';
import { describeAgainst, expectClose } from './close.ts';

const alpha = 0.05;

describeAgainst('Users with several arms and guardrails', 'statsmodels', () => {
  // NormalIndPower().solve_power(effect_size=0.03, alpha, power, ratio)
  test.each([
    { treatments: 1, tests: 1, allocation: 1, users: 17_441.912242947048 },
    { treatments: 3, tests: 1, allocation: 1, users: 23_264.697418897173 },
    { treatments: 3, tests: 3, allocation: 1, users: 33_714.5270111256 },
    { treatments: 1, tests: 1, allocation: 2, users: 13_081.434182210352 },
    { treatments: 3, tests: 3, allocation: 2, users: 25_285.895260648183 },
  ])('$treatments treatments, $tests tests that must hold, allocation $allocation', (row) => {
    const { treatments, tests, allocation, users } = row;
    const size = sampleSizeForMean({
      alpha: levelOfComparison({ alpha, treatments, sharing: 'holm' }),
      power: powerOfEach(0.8, tests),
      allocation,
      variance: 1,
      lift: 0.03,
    });
    expect(size.control).toBe(Math.ceil(users));
  });
});

test('an arm more takes more users', () => {
  const levels = [1, 2, 3, 4].map((treatments) =>
    levelOfComparison({ alpha, treatments, sharing: 'dunnett' }),
  );
  for (const [i, level] of levels.entries()) {
    const holm = levelOfComparison({ alpha, treatments: i + 1, sharing: 'holm' });
    expect(level).toBeLessThanOrEqual(levels[i - 1] ?? alpha);
    expect(level).toBeGreaterThanOrEqual(holm);
  }
  expect(levelOfComparison({ alpha, treatments: 4, sharing: 'none' })).toBe(alpha);
});

test("at Dunnett's level the adjusted p is alpha", () => {
  const level = levelOfComparison({ alpha, treatments: 3, sharing: 'dunnett', allocation: 0.5 });
  const arm = { n: 500, value: 0, variance: 2 };
  const [adjusted] = dunnett({ n: 1000, value: 0, variance: 1 }, [arm, arm, arm], [level, 1, 1]);
  expectClose(adjusted, alpha, 1e-6);
});

test("a guardrail's users grow with one over the limit squared, and more where the rate may rise", () => {
  const plan = { alpha: 0.025, power: 0.8, baseline: 0.3 };
  const users = (limit: number) => sampleSizeForGuardrail({ ...plan, limit }).control;
  // (z + z)² p (1 - p) (1 + 0.9²) / (0.1 p)²
  expect(users(-0.1)).toBe(Math.ceil((2.801585218 ** 2 * 0.21 * 1.81) / 0.03 ** 2));
  expect(users(0.1)).toBe(Math.ceil((2.801585218 ** 2 * 0.21 * 2.21) / 0.03 ** 2));
  expectClose(users(-0.01) / users(-0.1), (100 * (1 + 0.99 ** 2)) / 1.81, 1e-3);
});

test('what cannot be planned is refused', () => {
  expect(() => levelOfComparison({ alpha, treatments: 0, sharing: 'holm' })).toThrow(RangeError);
  for (const limit of [0, -1]) {
    expect(() => sampleSizeForGuardrail({ alpha, power: 0.8, baseline: 0.3, limit })).toThrow(RangeError);
  }
  expect(() => sampleSizeForGuardrail({ alpha, power: 0.8, baseline: 1, limit: 0.1 })).toThrow(RangeError);
});
