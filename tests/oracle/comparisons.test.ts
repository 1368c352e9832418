import { expect, test } from 'vitest';
import { effectOf, normalLift, welchDf, welchLift } from '../../layers/statistics/effect.ts';
import { compareMeans, meanEstimate } from '../../layers/statistics/mean.ts';
import type { Moments } from '../../layers/statistics/moments.ts';
import {
  compareProportions,
  newcombeInterval,
  pooledZTest,
  proportionEstimate,
  wilsonInterval,
} from '../../layers/statistics/proportion.ts';
import { compareRatios, ratioEstimate } from '../../layers/statistics/ratio.ts';
import { describeAgainst, expectClose, expectRounds, scaled } from './close.ts';
import proportions from './fixtures/proportions.json';
import ratios from './fixtures/ratios.json';
import welch from './fixtures/welch.json';
import { integersOf } from './sums.ts';

const counts = (sum: number, n: number) => ({ n: BigInt(n), sum: BigInt(sum) });

/** Moments of amounts printed with decimals, kept as integers of 10^-decimals. */
const decimalMoments = (n: number, sum: string, sumSquares: string, decimals: number): Moments => ({
  n: BigInt(n),
  sum: scaled(sum, decimals),
  sumSquares: scaled(sumSquares, 2 * decimals),
});

function expectInterval(
  actual: readonly [number, number] | null | undefined,
  expected: readonly number[],
  tolerance?: number,
): void {
  expectClose(actual?.[0], expected[0] ?? Number.NaN, tolerance);
  expectClose(actual?.[1], expected[1] ?? Number.NaN, tolerance);
}

describeAgainst(
  'Proportions: pooled and unpooled z, Newcombe, Wilson, Fieller',
  'the original experiment, printed',
  () => {
    const experiment = { control: counts(19, 448), treatment: counts(23, 472), alpha: 0.05 };

    test('prints the original numbers', () => {
      const result = pooledZTest(experiment);
      if (result.reason !== null) throw new Error(result.reason);
      expectRounds(result.control, '0.0424');
      expectRounds(result.treatment, '0.0487');
      expectRounds(result.lift, '0.0063');
      expectRounds(result.p, '0.6463');
      expectRounds(result.ci[0], '-0.0206');
      expectRounds(result.ci[1], '0.0333');
    });

    test('the decision test stands beside it with its own, unpooled error', () => {
      const effect = compareProportions(experiment);
      expectRounds(effect.absoluteCi?.[0], '-0.0206');
      expectRounds(effect.absoluteCi?.[1], '0.0333');
      expectRounds(effect.test?.p, '0.6457');
    });
  },
);

describeAgainst('Welch test of means', 'scipy', () => {
  test.each(welch.map((row, index) => ({ row, index })))('Welch case $index', ({ row }) => {
    const control = integersOf(row.control);
    const treatment = integersOf(row.treatment);
    const effect = compareMeans({ control, treatment, alpha: row.alpha });
    expectClose(effect.absolute, row.absolute);
    expectInterval(effect.absoluteCi, row.absoluteCi);
    expectClose(effect.test?.statistic, row.statistic);
    expectClose(effect.test?.df, row.df);
    expectClose(effect.test?.p, row.p);
    if (row.relativeCi) expectInterval(effect.relativeCi, row.relativeCi);
  });

  test('a scale changes the unit and nothing else', () => {
    const [row] = welch;
    if (!row) throw new Error('no fixture');
    const arms = { control: integersOf(row.control), treatment: integersOf(row.treatment) };
    const effect = compareMeans({ ...arms, alpha: row.alpha, scale: 100n });
    expectClose(effect.absolute, row.absolute / 100);
    expectInterval(
      effect.absoluteCi,
      row.absoluteCi.map((bound) => bound / 100),
    );
    expectClose(effect.test?.p, row.p);
    expectInterval(effect.relativeCi, row.relativeCi ?? []);
  });
});

describeAgainst('Welch test of means', 'GrowthBook and Spotify, printed', () => {
  const control = decimalMoments(3407, '1396.87', '52377.9767', 2);
  const treatment = decimalMoments(3461, '2422.7', '134698.29', 2);

  test('GrowthBook: Welch test of the absolute lift', () => {
    const effect = compareMeans({ control, treatment, alpha: 0.05, scale: 100n });
    expectRounds(effect.absolute, '0.29');
    expectRounds(effect.standardError, '0.12478');
    expectRounds(effect.absoluteCi?.[0], '0.04538');
    expectRounds(effect.absoluteCi?.[1], '0.53462');
    expectRounds(effect.test?.df, '5841.7420');
    expectRounds(effect.test?.p, '0.0201584026');
    expectRounds(effect.relative, '0.70732');
  });

  test('Fieller interval of the same data with a normal critical value', () => {
    const effect = effectOf(normalLift(meanEstimate(control, 100n), meanEstimate(treatment, 100n)), 0.05);
    expectRounds(effect.relativeCi?.[0], '0.0941695');
    expectRounds(effect.relativeCi?.[1], '1.7084034');
  });

  test('GrowthBook: degrees of freedom of proportions taken as means', () => {
    const c = proportionEstimate(counts(14, 28));
    const t = proportionEstimate(counts(16, 30));
    expectRounds(welchDf(c, t), '55.70745');
    expectRounds(effectOf(welchLift(c, t), 0.05).relative, '0.06667');
  });

  test('Spotify: unequal arms', () => {
    const effect = compareMeans({
      control: { n: 104n, sum: 312n, sumSquares: 984n },
      treatment: { n: 1009n, sum: 1969n, sumSquares: 5767n },
      alpha: 0.05,
    });
    expectRounds(effect.absolute, '-1.048563');
    expectRounds(effect.absoluteCi?.[0], '-1.205963');
    expectRounds(effect.absoluteCi?.[1], '-0.891163');
    expectRounds(effect.test?.df, '204.634');
  });

  test('Spotify: a large experiment', () => {
    const effect = compareMeans({
      control: { n: 48351n, sum: 1438602n, sumSquares: 73305810n },
      treatment: { n: 50571n, sum: 1521974n, sumSquares: 78621210n },
      alpha: 0.05,
    });
    expectRounds(effect.test?.p, '0.0332639');
  });
});

describeAgainst(
  'Proportions: pooled and unpooled z, Newcombe, Wilson, Fieller',
  'statsmodels, mpmath',
  () => {
    test.each(proportions)(
      '$control.sum of $control.n against $treatment.sum of $treatment.n at $alpha',
      (row) => {
        const control = { n: BigInt(row.control.n), sum: BigInt(row.control.sum) };
        const treatment = { n: BigInt(row.treatment.n), sum: BigInt(row.treatment.sum) };
        const comparison = { control, treatment, alpha: row.alpha };
        const pooled = pooledZTest(comparison);
        expectClose(pooled.reason === null ? pooled.z : null, row.pooled.z);
        expectClose(pooled.reason === null ? pooled.p : null, row.pooled.p);

        const effect = compareProportions(comparison);
        expectClose(effect.test?.statistic, row.wald.z);
        expectClose(effect.test?.p, row.wald.p);
        expectInterval(effect.absoluteCi, row.wald.ci);
        if (row.fieller) expectInterval(effect.relativeCi, row.fieller);
        expectInterval(newcombeInterval(comparison), row.newcombe);
        expectClose(wilsonInterval(control, row.alpha)[0], row.wilsonControl[0] ?? Number.NaN);
        expectClose(wilsonInterval(control, row.alpha)[1], row.wilsonControl[1] ?? Number.NaN);
      },
    );
  },
);

describeAgainst(
  'Proportions: pooled and unpooled z, Newcombe, Wilson, Fieller',
  'tea-tasting and statsmodels, printed',
  () => {
    test('tea-tasting: pooled test without continuity correction', () => {
      const result = pooledZTest({ control: counts(19, 53), treatment: counts(13, 47), alpha: 0.05 });
      expectRounds(result.reason === null ? result.p : null, '0.3809096823');
    });

    test('statsmodels, from Newcombe 1998: 7 of 34 against 1 of 34', () => {
      const comparison = { control: counts(1, 34), treatment: counts(7, 34), alpha: 0.05 };
      const effect = compareProportions(comparison);
      expectRounds(effect.absoluteCi?.[0], '0.02916942');
      expectRounds(effect.absoluteCi?.[1], '0.32377176');
      const newcombe = newcombeInterval(comparison);
      expectRounds(newcombe?.[0], '0.0189214');
      expectRounds(newcombe?.[1], '0.3403687');
    });

    test('1000 of 10000 against 1100 of 10000', () => {
      const comparison = { control: counts(1000, 10_000), treatment: counts(1100, 10_000), alpha: 0.05 };
      const pooled = pooledZTest(comparison);
      expectRounds(pooled.reason === null ? pooled.z : null, '2.3066347738');
      expectRounds(pooled.reason === null ? pooled.p : null, '0.0210751893');
      const effect = compareProportions(comparison);
      expectRounds(effect.absoluteCi?.[0], '0.0015040591');
      expectRounds(effect.absoluteCi?.[1], '0.0184959409');
      expectRounds(effect.relativeCi?.[0], '0.0144504');
      expectRounds(effect.relativeCi?.[1], '0.193182');
      const newcombe = newcombeInterval(comparison);
      expectRounds(newcombe?.[0], '0.0015021');
      expectRounds(newcombe?.[1], '0.0185015');
    });
  },
);

describeAgainst('Ratio by the delta method', 'scipy on linearised rows', () => {
  test.each(ratios.map((row, index) => ({ row, index })))(
    'linearised values of raw rows, case $index',
    ({ row }) => {
      const control = integersOf(row.control);
      const treatment = integersOf(row.treatment);
      const effect = compareRatios({ control, treatment, alpha: row.alpha });
      expectClose(effect.absolute, row.absolute);
      expectInterval(effect.absoluteCi, row.absoluteCi);
      expectClose(effect.test?.df, row.df);
      expectClose(effect.test?.p, row.p);
    },
  );

  const pair = (n: number, [y, yy, d, dd, yd]: [string, string, string, string, string]) => ({
    n: BigInt(n),
    sumX: scaled(y, 15),
    sumY: scaled(d, 15),
    sumXX: scaled(yy, 30),
    sumYY: scaled(dd, 30),
    sumXY: scaled(yd, 30),
  });

  test('GrowthBook: ratio metric', () => {
    const control = pair(100, [
      '485.112236689623',
      '2715.484666118136',
      '679.9093275844917',
      '4939.424001640236',
      '3602.146836776702',
    ]);
    const treatment = pair(100, [
      '514.7757826608777',
      '2994.897482705013',
      '705.4090874383759',
      '5291.36604146392',
      '3918.1561431600717',
    ]);
    expectRounds(ratioEstimate(control).value, '0.713495487');
    expectRounds(ratioEstimate(treatment).value, '0.729754963');
    const effect = compareRatios({ control, treatment, alpha: 0.05 });
    expectRounds(effect.absolute, '0.0162594764');
    expectRounds(effect.standardError, '0.0196824462');
    expectRounds(effect.test?.p, '0.4097474');
    expectRounds(effect.relative, '0.0227884783');
  });

  test('cents per order in euros, minutes from milliseconds', () => {
    const users = { n: 2n, sumX: 3000n, sumY: 3n, sumXX: 5_000_000n, sumYY: 5n, sumXY: 5000n };
    expect(ratioEstimate(users, 100n).value).toBe(10);
    expect(ratioEstimate(users, 1n, 1000n).value).toBe(1_000_000);
  });
});
