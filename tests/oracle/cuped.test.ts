import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adjustmentSlopes, compareAdjusted, type Slopes } from '../../layers/statistics/adjustment.ts';
import type { Aggregates } from '../../layers/statistics/aggregates.ts';
import { compareMeans } from '../../layers/statistics/mean.ts';
import { divide } from '../../layers/statistics/moments.ts';
import { describeAgainst, expectClose, expectRounds } from './close.ts';
import { aggregates, aggregatesOf, momentsOf } from './sums.ts';

const alpha = 0.05;
const metric = { numerator: 'a' };
const covariates = [{ numerator: 'b' }];

/** Column a is the metric, b its one covariate. */
function cupedSlope(arms: readonly Aggregates[]): Slopes {
  return adjustmentSlopes(arms, metric, covariates);
}

function compareAdjustedMeans(comparison: {
  control: Aggregates;
  treatment: Aggregates;
  slopes: Slopes;
  alpha: number;
}) {
  return compareAdjusted({ ...comparison, metric, covariates });
}

describeAgainst('CUPED, one covariate', 'GrowthBook, printed', () => {
  const control = aggregates(
    3001n,
    [300n, 210n],
    [
      [600n, -20n],
      [-20n, 415n],
    ],
  );
  const treatment = aggregates(
    3000n,
    [222n, 120n],
    [
      [555n, -10n],
      [-10n, 405n],
    ],
  );

  test('slope, adjusted lift and its test', () => {
    const effect = compareAdjustedMeans({
      control,
      treatment,
      slopes: cupedSlope([control, treatment]),
      alpha,
    });
    expectRounds(effect.thetas[0], '-0.0732119403');
    expectRounds(effect.absolute, '-0.0281613');
    expectRounds(effect.standardError, '0.0110760');
    expectRounds(effect.test?.p, '0.0110294');
    expectRounds(effect.test?.df, '5995.2404');
    expectRounds(effect.relative, '-0.281707154');
  });

  test('slope of a small sample', () => {
    const arm = aggregatesOf([
      [2n, 3n],
      [1n, 5n],
      [5n, 9n],
      [3n, 220n],
    ]);
    const { numerators, denominator } = cupedSlope([arm, arm]);
    expectRounds(divide((numerators[0] ?? 0n) * 10n, denominator), '0.01864');
  });
});

const users: [bigint, bigint][][] = [
  [
    [10n, 4n],
    [12n, 7n],
    [3n, 1n],
    [25n, 14n],
    [0n, 0n],
  ],
  [
    [14n, 5n],
    [15n, 7n],
    [9n, 2n],
    [21n, 9n],
  ],
];
const [control, treatment] = users.map(aggregatesOf) as [Aggregates, Aggregates];

test('the adjustment is that of the users one by one', () => {
  const slopes = { numerators: [7n], denominator: 5n };
  const adjusted = compareAdjustedMeans({ control, treatment, slopes, alpha });
  const [c, t] = users.map((arm) => momentsOf(arm.map(([x, y]) => 5n * x - 7n * y)));
  if (!c || !t) throw new Error('no arms');
  const byHand = compareMeans({ control: c, treatment: t, alpha, scale: 5n });
  expectClose(adjusted.absolute, byHand.absolute ?? Number.NaN, 1e-12);
  expectClose(adjusted.standardError, byHand.standardError ?? Number.NaN, 1e-12);
  expectClose(adjusted.test?.p, byHand.test?.p ?? Number.NaN, 1e-12);
});

test('a covariate that explains the metric shrinks the error, and how much is said', () => {
  const adjusted = compareAdjustedMeans({
    control,
    treatment,
    slopes: cupedSlope([control, treatment]),
    alpha,
  });
  const plain = compareMeans({ control: control.moments('a'), treatment: treatment.moments('a'), alpha });
  const ratio = (adjusted.standardError ?? Number.NaN) / (plain.standardError ?? Number.NaN);
  expect(adjusted.varianceReduction).toBeGreaterThan(0.8);
  expectClose(adjusted.varianceReduction, 1 - ratio ** 2, 1e-9);
});

test('a covariate that does not vary changes nothing', () => {
  const flat = users.map((arm) => aggregatesOf(arm.map(([x]) => [x, 3n] as const))) as [
    Aggregates,
    Aggregates,
  ];
  const [c, t] = flat;
  const effect = compareAdjustedMeans({ control: c, treatment: t, slopes: cupedSlope(flat), alpha });
  expect(effect).toEqual({
    ...compareMeans({ control: c.moments('a'), treatment: t.moments('a'), alpha }),
    thetas: [0],
    varianceReduction: 0,
  });
});

test('p < alpha, an absolute and a relative interval without zero are one statement', () => {
  const arms = fc.array(fc.tuple(fc.bigInt({ min: -9n, max: 60n }), fc.bigInt({ min: 0n, max: 40n })), {
    maxLength: 25,
  });
  fc.assert(
    fc.property(arms, arms, fc.constantFrom(0.2, 0.05, 0.001), (a, b, level) => {
      const pairs = [aggregatesOf(a), aggregatesOf(b)] as const;
      const [c, t] = pairs;
      const effect = compareAdjustedMeans({
        control: c,
        treatment: t,
        slopes: cupedSlope(pairs),
        alpha: level,
      });
      if (effect.reason !== null) return;
      const significant = effect.test.p < level;
      expect(effect.absoluteCi[0] > 0 || effect.absoluteCi[1] < 0).toBe(significant);
      if (effect.relativeCi !== null) {
        expect(effect.relativeCi[0] > 0 || effect.relativeCi[1] < 0).toBe(significant);
      }
    }),
    { numRuns: 2000 },
  );
});

test('too few users and a perfect covariate are named', () => {
  const slopes = { numerators: [2n], denominator: 1n };
  const one = aggregatesOf([[2n, 1n]]);
  expect(compareAdjustedMeans({ control: one, treatment, slopes, alpha }).reason).toBe('too_few_users');
  const perfect = aggregatesOf([
    [2n, 1n],
    [4n, 2n],
  ]);
  expect(compareAdjustedMeans({ control: perfect, treatment: perfect, slopes, alpha }).reason).toBe(
    'no_variance',
  );
});
