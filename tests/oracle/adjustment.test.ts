import { describe, expect, test } from 'vitest';
import {
  adjustedLift,
  adjustmentSlopes,
  compareAdjusted,
  interactedSlopes,
  type Quantity,
} from '../../layers/statistics/adjustment.ts';
import type { Aggregates } from '../../layers/statistics/aggregates.ts';
import { relativeEstimate } from '../../layers/statistics/bayes.ts';
import { determinant, independentRows } from '../../layers/statistics/exact-algebra.ts';
import { divide } from '../../layers/statistics/moments.ts';
import { compareRatios } from '../../layers/statistics/ratio.ts';
import { describeAgainst, expectClose, expectRounds, scaled } from './close.ts';
import fixtures from './fixtures/adjustment.json';
import { aggregates, aggregatesIn, aggregatesOf } from './sums.ts';

const alpha = 0.05;

function expectWelch(effect: ReturnType<typeof compareAdjusted>, row: (typeof fixtures.means)[number]): void {
  for (const [i, theta] of row.thetas.entries()) expectClose(effect.thetas[i], theta);
  expectClose(effect.absolute, row.absolute);
  expectClose(effect.absoluteCi?.[0], row.absoluteCi[0] ?? Number.NaN);
  expectClose(effect.absoluteCi?.[1], row.absoluteCi[1] ?? Number.NaN);
  expectClose(effect.test?.df, row.df);
  expectClose(effect.test?.p, row.p);
}

describeAgainst('CUPED, several covariates', 'statsmodels OLS, then scipy', () => {
  test.each(fixtures.means)('$covariates covariates', (row) => {
    const [control, treatment] = [aggregatesIn(row.control), aggregatesIn(row.treatment)];
    const metric = { numerator: 'a' };
    const covariates = row.thetas.map((_, i): Quantity => ({ numerator: ['b', 'c', 'd', 'e'][i] ?? '' }));
    const slopes = adjustmentSlopes([control, treatment], metric, covariates);
    expectWelch(compareAdjusted({ control, treatment, metric, covariates, slopes, alpha }), row);
  });
});

describeAgainst('CUPED, covariates times the arm', 'statsmodels OLS with interactions, HC2', () => {
  test.each(fixtures.interacted.map((row, index) => ({ row, index })))('case $index', ({ row }) => {
    const [control, treatment] = [aggregatesIn(row.control), aggregatesIn(row.treatment)];
    const metric = { numerator: 'a' };
    const covariates = row.thetas.map((_, i): Quantity => ({ numerator: ['b', 'c', 'd'][i] ?? '' }));
    const slopes = interactedSlopes(control, treatment, metric, covariates);
    const effect = compareAdjusted({ control, treatment, metric, covariates, slopes, alpha });
    expectWelch(effect, row);
    expectClose(effect.absolute, row.coefficient);
    // Ours divides by n - 1 of an arm, HC2 by one less the leverage of each user.
    expectClose(effect.standardError, row.se, 5e-3);
  });

  test('of unequal arms whose slopes differ they leave less variance than the slopes of all users', () => {
    const row = fixtures.interacted[1];
    if (row === undefined) throw new Error('there is no such case');
    const [control, treatment] = [aggregatesIn(row.control), aggregatesIn(row.treatment)];
    const of = { control, treatment, metric: { numerator: 'a' }, covariates: [{ numerator: 'b' }], alpha };
    const pooled = adjustmentSlopes([control, treatment], of.metric, of.covariates);
    const interacted = interactedSlopes(control, treatment, of.metric, of.covariates);
    const left = (slopes: typeof pooled) => 1 - (compareAdjusted({ ...of, slopes }).varianceReduction ?? 0);
    expect(left(interacted)).toBeLessThan(0.75 * left(pooled));
  });
});

describeAgainst('CUPED of a ratio', 'statsmodels OLS on linearised rows, then scipy', () => {
  test.each(fixtures.ratios.map((row, index) => ({ row, index })))('case $index', ({ row }) => {
    const [control, treatment] = [aggregatesIn(row.control), aggregatesIn(row.treatment)];
    const metric = { numerator: 'a', denominator: 'b' };
    const covariates = [{ numerator: 'c' }, { numerator: 'd' }];
    const slopes = adjustmentSlopes([control, treatment], metric, covariates);
    expectWelch(compareAdjusted({ control, treatment, metric, covariates, slopes, alpha }), {
      covariates: 2,
      ...row,
    });
  });
});

describeAgainst('CUPED of a ratio', 'GrowthBook, printed', () => {
  /** Sums and products of y, d (after exposure) and x, e (before), as printed. */
  const arm = (sums: string[], products: string[][]) =>
    aggregates(
      100n,
      sums.map((text) => scaled(text, 18)),
      products.map((row) => row.map((text) => scaled(text, 36))),
    );
  const control = arm(
    ['485.112236689623', '679.9093275844917', '192.59138069991536', '290.1398399750233'],
    [
      ['2715.484666118136', '3602.146836776702', '1113.6215759318352', '1559.2878434944676'],
      ['3602.146836776702', '4939.424001640236', '1460.3181079276983', '2130.9404074446747'],
      ['1113.6215759318352', '1460.3181079276983', '460.076026390857', '634.239482353647'],
      ['1559.2878434944676', '2130.9404074446747', '634.239482353647', '920.9461385038898'],
    ],
  );
  const treatment = arm(
    ['514.7757826608777', '705.4090874383759', '206.94157227402536', '302.54389139107326'],
    [
      ['2994.897482705013', '3918.1561431600717', '1237.0953021125997', '1701.0287270040265'],
      ['3918.1561431600717', '5291.36604146392', '1604.075950326651', '2292.081739775257'],
      ['1237.0953021125997', '1604.075950326651', '514.2903702246757', '698.4173425817913'],
      ['1701.0287270040265', '2292.081739775257', '698.4173425817913', '994.4506208125663'],
    ],
  );
  const metric = { numerator: 'a', denominator: 'b' };
  const covariates = [{ numerator: 'c', denominator: 'd' }];

  /** Covariance of the linearised y / d with x / e, and variance of the latter, within one arm. */
  function within(arm: Aggregates) {
    const mean = (column: string) => (arm.mean(column) ?? Number.NaN) / 1e18;
    const after = { a: 1 / mean('b'), b: -mean('a') / mean('b') ** 2 };
    const before = { c: 1 / mean('d'), d: -mean('c') / mean('d') ** 2 };
    const form = (one: Record<string, number>, other: Record<string, number>) =>
      Object.entries(one)
        .flatMap(([i, u]) =>
          Object.entries(other).map(([j, v]) => (u * v * (arm.covariance(i, j) ?? Number.NaN)) / 1e36),
        )
        .reduce((total, part) => total + part, 0);
    return { covariance: form(after, before), variance: form(before, before) };
  }

  test('with theta of the arms added up, as there', () => {
    const [c, t] = [within(control), within(treatment)];
    const theta = (c.covariance + t.covariance) / (c.variance + t.variance);
    const slopes = { numerators: [BigInt(Math.round(theta * 1e15))], denominator: 10n ** 15n };
    const estimate = adjustedLift({ control, treatment, metric, covariates, slopes });
    if (estimate.reason !== null) throw new Error(estimate.reason);
    expectRounds(relativeEstimate(estimate).value, '-0.000701483');
  });

  test('theta over all users lies within a percent of that', () => {
    const [c, t] = [within(control), within(treatment)];
    const theta = (c.covariance + t.covariance) / (c.variance + t.variance);
    const { numerators, denominator } = adjustmentSlopes([control, treatment], metric, covariates);
    expect(Math.abs(divide(numerators[0] ?? 0n, denominator) / theta - 1)).toBeLessThan(0.01);
  });
});

describe('covariates that say nothing', () => {
  const rows = [
    [
      [5n, 2n, 4n, 3n],
      [9n, 4n, 8n, 3n],
      [1n, 0n, 0n, 3n],
      [7n, 3n, 6n, 3n],
    ],
    [
      [6n, 1n, 2n, 3n],
      [8n, 5n, 10n, 3n],
      [9n, 3n, 6n, 3n],
      [12n, 6n, 12n, 3n],
    ],
  ].map(aggregatesOf) as [Aggregates, Aggregates];
  const [control, treatment] = rows;
  const metric = { numerator: 'a' };
  const adjusted = (covariates: Quantity[]) =>
    compareAdjusted({
      control,
      treatment,
      metric,
      covariates,
      slopes: adjustmentSlopes(rows, metric, covariates),
      alpha,
    });

  test('a collinear and a constant covariate change nothing', () => {
    const one = adjusted([{ numerator: 'b' }]);
    const three = adjusted([{ numerator: 'b' }, { numerator: 'c' }, { numerator: 'd' }]);
    expect(three).toEqual({ ...one, thetas: [one.thetas[0], 0, 0] });
  });

  test('a ratio before exposure that nobody has changes nothing', () => {
    const empty = aggregatesOf([
      [5n, 0n, 0n],
      [6n, 0n, 0n],
      [9n, 0n, 0n],
    ]);
    const slopes = adjustmentSlopes([empty, empty], metric, [{ numerator: 'b', denominator: 'c' }]);
    expect(slopes).toEqual({ numerators: [0n], denominator: 1n });
  });

  test('without covariates a mean and a ratio are the unadjusted ones', () => {
    const plain = compareAdjusted({
      control,
      treatment,
      metric: { numerator: 'a', denominator: 'b' },
      covariates: [],
      slopes: { numerators: [], denominator: 1n },
      alpha,
    });
    const ratio = compareRatios({
      control: control.pair('a', 'b'),
      treatment: treatment.pair('a', 'b'),
      alpha,
    });
    expect(plain).toEqual({ ...ratio, thetas: [], varianceReduction: 0 });
  });

  test('a covariate that explains the metric entirely leaves no error, and that is named', () => {
    const same = [
      [
        [1n, 1n],
        [4n, 4n],
      ],
      [
        [2n, 2n],
        [9n, 9n],
      ],
    ].map(aggregatesOf) as [Aggregates, Aggregates];
    const covariates = [{ numerator: 'b' }];
    const slopes = adjustmentSlopes(same, metric, covariates);
    const [c, t] = same;
    expect(compareAdjusted({ control: c, treatment: t, metric, covariates, slopes, alpha })).toMatchObject({
      reason: 'no_variance',
      thetas: [1],
      varianceReduction: null,
    });
  });

  test('an empty denominator, a lone user and a missing column are named or refused', () => {
    const slopes = { numerators: [], denominator: 1n };
    const arms = { control, treatment, covariates: [], slopes };
    const empty = aggregatesOf([
      [5n, 0n],
      [6n, 0n],
    ]);
    expect(
      adjustedLift({ ...arms, control: empty, metric: { numerator: 'a', denominator: 'b' } }).reason,
    ).toBe('zero_denominator');
    expect(adjustedLift({ ...arms, control: aggregatesOf([[5n]]), metric }).reason).toBe('too_few_users');
    expect(() => adjustedLift({ ...arms, metric: { numerator: 'z' } })).toThrow(RangeError);
  });
});

test('determinants are exact, with and without a zero pivot', () => {
  expect(determinant([])).toBe(1n);
  expect(
    determinant([
      [0n, 2n, 1n],
      [3n, 4n, 5n],
      [6n, 7n, 9n],
    ]),
  ).toBe(3n);
  expect(
    determinant([
      [1n, 2n],
      [2n, 4n],
    ]),
  ).toBe(0n);
  const wide = 10n ** 40n;
  expect(
    determinant([
      [wide, 1n],
      [1n, wide],
    ]),
  ).toBe(wide * wide - 1n);
  expect(
    independentRows([
      [0n, 0n, 0n],
      [0n, 4n, 8n],
      [0n, 8n, 16n],
    ]),
  ).toEqual([1]);
});
