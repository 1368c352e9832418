import fc from 'fast-check';
import { expect, test } from 'vitest';
import { benjaminiHochberg, holm } from '../../layers/statistics/multiplicity.ts';
import {
  detectableLiftOfMean,
  detectableLiftOfProportion,
  powerForMean,
  sampleSizeForMean,
  sampleSizeForProportion,
} from '../../layers/statistics/power.ts';
import { sampleRatioTest } from '../../layers/statistics/srm.ts';
import { describeAgainst, expectClose, expectRounds } from './close.ts';
import fixtures from './fixtures/various.json';

const arms = (users: number[], weights: number[]) =>
  users.map((count, i) => ({ variant: `arm ${i}`, users: count, weight: weights[i] ?? Number.NaN }));

function chiSquare(users: number[], weights: number[]) {
  const result = sampleRatioTest(arms(users, weights));
  if (result.reason !== null) throw new Error(result.reason);
  return result;
}

describeAgainst('Sample ratio', 'scipy, mpmath; engines, printed', () => {
  test.each(fixtures.srm)('$users against scipy', ({ users, weights, chi2, p }) => {
    const result = chiSquare(users, weights);
    expectClose(result.chi2, chi2);
    expectClose(result.p, p);
    expect(result.df).toBe(users.length - 1);
  });

  test('printed values of other engines', () => {
    expectRounds(chiSquare([53, 47], [1, 1]).chi2, '0.36');
    expectRounds(chiSquare([53, 47], [1, 1]).p, '0.5485062355');
    expectRounds(chiSquare([2023, 1977], [0.5, 0.5]).p, '0.4670276');
    expectClose(chiSquare([600, 400], [0.5, 0.5]).p, 2.5396e-10, 1e-4);
    expectClose(chiSquare([166_080, 171_180, 166_300], [1, 1, 1]).p, 3.116e-22, 2e-4);
  });

  test('the practical size stands beside p', () => {
    expectClose(chiSquare([600, 400], [1, 1]).maxShareDeviation, 0.1, 1e-12);
  });

  test('an arm with weight zero takes no degree of freedom, and users in it are named', () => {
    expect(chiSquare([50, 50, 0], [1, 1, 0]).df).toBe(1);
    expect(sampleRatioTest(arms([50, 50, 1], [1, 1, 0]))).toEqual({ reason: 'users_in_zero_weight_arm' });
  });

  test('nothing to test is named', () => {
    expect(sampleRatioTest([])).toEqual({ reason: 'single_arm' });
    expect(sampleRatioTest(arms([10], [1]))).toEqual({ reason: 'single_arm' });
    expect(sampleRatioTest(arms([0, 0], [1, 1]))).toEqual({ reason: 'too_few_users' });
    expect(() => sampleRatioTest(arms([1, Number.NaN], [1, 1]))).toThrow(RangeError);
    expect(() => sampleRatioTest(arms([1, 1], [1, -1]))).toThrow(RangeError);
  });
});

describeAgainst('Holm, Benjamini-Hochberg', 'statsmodels; engines, printed', () => {
  const agree = (actual: number[], expected: number[]) => {
    expect(actual).toHaveLength(expected.length);
    for (const [i, p] of expected.entries()) expectClose(actual[i], p, 1e-12);
  };

  test.each(fixtures.multiplicity)('against statsmodels, family of $p.length', (family) => {
    agree(holm(family.p), family.holm);
    agree(benjaminiHochberg(family.p), family.bh);
  });

  test('printed values of GrowthBook and tea-tasting', () => {
    agree(holm([0.01, 0.04, 0.03, 0.005, 0.55, 0.6]), [0.05, 0.12, 0.12, 0.03, 1, 1]);
    agree(holm([0.005, 0.06, 0.007, 0.04, 0.01, 0.03]), [0.03, 0.09, 0.035, 0.09, 0.04, 0.09]);
    agree(benjaminiHochberg([0.005, 0.06, 0.007, 0.04, 0.01, 0.03]), [0.02, 0.06, 0.02, 0.048, 0.02, 0.045]);
    const growthBook = benjaminiHochberg([0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138]);
    agree(growthBook, [0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415]);
  });

  test('an adjustment never lowers a p-value, never reorders, and is none for a single one', () => {
    const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(pValues, (ps) => {
        for (const adjusted of [holm(ps), benjaminiHochberg(ps)]) {
          for (const [i, p] of ps.entries()) {
            const own = adjusted[i] ?? Number.NaN;
            expect(own >= p && own <= 1).toBe(true);
            for (const [j, other] of ps.entries()) {
              if (other > p) expect(adjusted[j]).toBeGreaterThanOrEqual(own);
            }
          }
        }
        const [first = 0] = ps;
        expect(holm([first])).toEqual([first]);
        expect(benjaminiHochberg([first])).toEqual([first]);
      }),
    );
  });

  test('an empty family stays empty, and what is no probability is refused', () => {
    expect(holm([])).toEqual([]);
    expect(() => benjaminiHochberg([0.5, Number.NaN])).toThrow(RangeError);
  });
});

describeAgainst('Power and sample size', 'statsmodels; G*Power and Spotify, printed', () => {
  const design = { alpha: 0.05, power: 0.8 };

  test('users to see 10 % become 10.5 %', () => {
    expect(sampleSizeForProportion({ ...design, baseline: 0.1, lift: 0.005 })).toEqual({
      control: 57_760,
      treatment: 57_760,
    });
  });

  test('users to see a mean move by 0.3 at variance 100, as G*Power and Spotify print it', () => {
    const { control, treatment } = sampleSizeForMean({ alpha: 0.05, power: 0.85, variance: 100, lift: 0.3 });
    expect(control + treatment).toBe(39_904);
  });

  test('users to see 34 % move by 0.3 points, as G*Power and Spotify print it', () => {
    const { control, treatment } = sampleSizeForProportion({
      alpha: 0.05,
      power: 0.85,
      baseline: 0.34,
      lift: 0.003,
    });
    // They print 897348, from exact tables.
    expectClose(control + treatment, 897_348, 1e-5);
  });

  test('the detectable lift of a sample size is the lift it was computed for', () => {
    const proportion = sampleSizeForProportion({ ...design, baseline: 0.1, lift: 0.005, allocation: 3 });
    expectClose(detectableLiftOfProportion({ ...design, ...proportion, baseline: 0.1 }), 0.005, 1e-4);
    const mean = sampleSizeForMean({ ...design, variance: 100, lift: 0.3, allocation: 0.25 });
    expectClose(detectableLiftOfMean({ ...design, ...mean, variance: 100 }), 0.3, 1e-3);
    expect(mean.treatment).toBe(Math.ceil(mean.control / 4));
  });

  test('with too few users no lift of a rate is detectable', () => {
    expect(detectableLiftOfProportion({ ...design, control: 3, treatment: 3, baseline: 0.9 })).toBeNull();
  });

  test.each(fixtures.power)('power of $control against $treatment users at $lift as statsmodels', (row) => {
    // Eight decimals of jStat's noncentral t.
    expectClose(powerForMean({ ...row, variance: 1, alpha: 0.05 }), row.power, 1e-7);
  });

  test('power runs from alpha to certainty and stays finite', () => {
    const plan = { control: 50, treatment: 50, variance: 1, alpha: 0.05 };
    expectClose(powerForMean({ ...plan, lift: 0 }), 0.05, 1e-6);
    expectClose(powerForMean({ ...plan, lift: 1e6 }), 1, 1e-9);
    expectClose(powerForMean({ ...plan, control: 1e6, treatment: 1e6, lift: 1 }), 1, 1e-12);
  });

  test('a plan that cannot be is refused', () => {
    expect(() => sampleSizeForProportion({ ...design, baseline: 0.99, lift: 0.02 })).toThrow(RangeError);
    expect(() => sampleSizeForMean({ ...design, variance: 1, lift: 0 })).toThrow(RangeError);
    expect(() => sampleSizeForMean({ ...design, variance: 0, lift: 1 })).toThrow(RangeError);
  });
});
