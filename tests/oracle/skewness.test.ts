import fc from 'fast-check';
import { expect, test } from 'vitest';
import { posteriorOf } from '../../layers/statistics/bayes.ts';
import { effectOf } from '../../layers/statistics/effect.ts';
import { meanLift } from '../../layers/statistics/mean.ts';
import { skewed, skewnessOfLift, straightened } from '../../layers/statistics/skewness.ts';
import { stratifiedLift } from '../../layers/statistics/stratified.ts';
import { describeAgainst, expectClose } from './close.ts';
import fixtures from './fixtures/skewed.json';
import { aggregatesIn } from './sums.ts';

type Case = (typeof fixtures.cases)[number];

function liftOf({ control, treatment }: Case) {
  const moments = (arm: Case['control']) => ({
    ...aggregatesIn(arm).moments('a'),
    sumCubes: BigInt(arm.cubes),
  });
  const lift = meanLift({ control: moments(control), treatment: moments(treatment) });
  if (lift.reason !== null) throw new Error(lift.reason);
  return lift;
}

describeAgainst('Welch test of amounts in unequal arms', 'scipy, Hall’s transformation', () => {
  test.each(fixtures.cases)('$control.n and $treatment.n users', (row) => {
    const lift = liftOf(row);
    expectClose(lift.skewness, row.skewness);
    const { test: found } = effectOf(lift, 0.05);
    expectClose(found?.statistic, row.statistic);
    expectClose(found?.df, row.df);
    expectClose(found?.p, row.p);
  });
});

test.each(fixtures.cases)('one side has the p of permuted users: $control.n and $treatment.n', (row) => {
  const permuted = Math.min(row.permuted.above, row.permuted.below);
  const { test: found } = effectOf(liftOf(row), 0.05);
  // The permuted ones take both arms' variance for one.
  expect(Math.abs((found?.p ?? 1) / 2 - permuted)).toBeLessThan(0.02);
});

test('p, both intervals and the chance to win are one statement of a skewed lift', () => {
  for (const row of fixtures.cases) {
    const lift = liftOf(row);
    const p = effectOf(lift, 0.05).test?.p ?? 1;
    for (const [level, isFound] of [
      [p * 1.0001, true],
      [p * 0.9999, false],
    ] as const) {
      const { absoluteCi, relativeCi } = effectOf(lift, level);
      for (const interval of [absoluteCi, relativeCi])
        expect(interval !== null && interval[0] * interval[1] > 0).toBe(isFound);
    }
    const posterior = posteriorOf(lift, { prior: null, alpha: 0.05, better: 'higher' });
    if (posterior.reason !== null) throw new Error(posterior.reason);
    expectClose(2 * Math.min(posterior.chanceToWin, 1 - posterior.chanceToWin), p);
  }
});

test('the transformation and its inverse undo each other and rise', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -8, max: 8, noNaN: true }),
      fc.double({ min: -0.35, max: 0.35, noNaN: true }),
      (statistic, skewness) => {
        expect(skewed(straightened(statistic, skewness), skewness)).toBeCloseTo(statistic, 6);
        expect(straightened(statistic + 0.01, skewness)).toBeGreaterThanOrEqual(
          straightened(statistic, skewness),
        );
      },
    ),
  );
});

test('equal arms, or a constant, have no skewness, and cubes that were not summed are not known', () => {
  const arm = { n: 100n, sum: 500n, sumSquares: 90_000n, sumCubes: 20_000_000n };
  expect(skewnessOfLift(arm, arm)).toBe(0);
  expect(
    skewnessOfLift(
      { n: 5n, sum: 5n, sumSquares: 5n, sumCubes: 5n },
      { n: 9n, sum: 9n, sumSquares: 9n, sumCubes: 9n },
    ),
  ).toBeNull();
  const { sumCubes: _, ...without } = arm;
  expect(skewnessOfLift(without, arm)).toBeNull();
});

test('two strata of one skewed lift are less skewed by the root of two', () => {
  const [row] = fixtures.cases;
  if (row === undefined) throw new Error('there is a case');
  const estimate = liftOf(row);
  const both = stratifiedLift([
    { estimate, weight: 1 },
    { estimate, weight: 1 },
  ]);
  expectClose(both.reason === null ? both.skewness : null, row.skewness / Math.SQRT2);
});
