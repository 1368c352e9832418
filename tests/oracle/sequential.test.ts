import fc from 'fast-check';
import { expect, test } from 'vitest';
import { relativeEstimate } from '../../layers/statistics/bayes.ts';
import { type LiftEstimate, normalLift } from '../../layers/statistics/effect.ts';
import { meanEstimate, meanLift } from '../../layers/statistics/mean.ts';
import type { Moments } from '../../layers/statistics/moments.ts';
import { proportionLift } from '../../layers/statistics/proportion.ts';
import {
  alwaysValidEffect,
  groupSequentialLooks,
  obrienFlemingSpending,
  pocockSpending,
} from '../../layers/statistics/sequential.ts';
import { describeAgainst, expectClose, expectRounds, scaled } from './close.ts';
import fixtures from './fixtures/various.json';
import { momentsOf } from './sums.ts';

/** GrowthBook tests the delta-method relative lift; as an absolute lift with that error its boundary is ours. */
function asRelative(estimate: LiftEstimate): LiftEstimate {
  const { value, variance } = relativeEstimate(estimate);
  return { ...estimate, lift: value, liftVariance: variance };
}

const moments = (n: number, sum: string, sumSquares: string): Moments => ({
  n: BigInt(n),
  sum: scaled(sum, 2),
  sumSquares: scaled(sumSquares, 4),
});

const relativeOfMeans = (control: Moments, treatment: Moments) =>
  asRelative(normalLift(meanEstimate(control, 100n), meanEstimate(treatment, 100n)));

describeAgainst('Always valid intervals', 'GrowthBook, printed', () => {
  const control = moments(3000, '1396.87', '52377.9767');
  const treatment = moments(3461, '2422.7', '134698.29');

  test('a mean, tuned for 1000 and for 5000 users', () => {
    const early = alwaysValidEffect(relativeOfMeans(control, treatment), { alpha: 0.05, tunedFor: 1000 });
    expectRounds(early.absolute, '0.50336');
    expectRounds(early.standardError, '0.33341');
    expectRounds(early.absoluteCi?.[0], '-0.55844');
    expectRounds(early.absoluteCi?.[1], '1.56516');
    expect(early.test?.p).toBe(1);
    const late = alwaysValidEffect(relativeOfMeans(control, treatment), { alpha: 0.05, tunedFor: 5000 });
    expectRounds(late.absoluteCi?.[0], '-0.5097178');
    expectRounds(late.absoluteCi?.[1], '1.516440');
  });

  test('a mean with a p-value', () => {
    const estimate = relativeOfMeans(moments(100, '270', '848.79'), moments(120, '300', '869'));
    const effect = alwaysValidEffect(estimate, { alpha: 0.05, tunedFor: 600 });
    expectRounds(effect.absolute, '-0.074074074');
    expectRounds(effect.absoluteCi?.[0], '-0.233322085');
    expectRounds(effect.test?.p, '0.892332229');
  });

  test('a proportion', () => {
    const lift = proportionLift({ control: { n: 3000n, sum: 1396n }, treatment: { n: 3461n, sum: 2422n } });
    if (lift.reason !== null) throw new Error(lift.reason);
    const effect = alwaysValidEffect(asRelative(lift), { alpha: 0.05, tunedFor: 5000 });
    expectRounds(effect.absolute, '0.50386');
    expectRounds(effect.standardError, '0.03386');
    expectRounds(effect.absoluteCi?.[0], '0.40098');
    expectRounds(effect.absoluteCi?.[1], '0.60675');
  });

  test.each([
    [1000, '3.3639'],
    [5000, '3.0352'],
    [10_000, '3.0615'],
    [100_000, '3.337'],
  ])('multiple of the standard error at %d users', (users, printed) => {
    const estimate = { ...relativeOfMeans(control, treatment), lift: 0, liftVariance: 1, users };
    expectRounds(alwaysValidEffect(estimate, { alpha: 0.05, tunedFor: 5000 }).absoluteCi?.[1], printed);
  });
});

test('always valid: p < alpha, an absolute and a relative interval without zero are one statement', () => {
  const values = fc.array(fc.bigInt({ min: 0n, max: 60n }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(values, values, fc.constantFrom(0.2, 0.05, 0.001), (a, b, alpha) => {
      const estimate = meanLift({ control: momentsOf(a), treatment: momentsOf(b) });
      const effect = alwaysValidEffect(estimate, { alpha, tunedFor: 50 });
      if (effect.reason !== null) return;
      const significant = effect.test.p < alpha;
      expect(effect.absoluteCi[0] > 0 || effect.absoluteCi[1] < 0).toBe(significant);
      if (effect.relativeCi !== null) {
        expect(effect.relativeCi[0] > 0 || effect.relativeCi[1] < 0).toBe(significant);
      }
    }),
    { numRuns: 2000 },
  );
});

test('always valid: nonsense plans are refused and reasons pass through', () => {
  const estimate = meanLift({ control: momentsOf([1n, 2n]), treatment: momentsOf([1n, 4n]) });
  expect(() => alwaysValidEffect(estimate, { alpha: 0.05, tunedFor: 0 })).toThrow(RangeError);
  expect(() => alwaysValidEffect(estimate, { alpha: 1, tunedFor: 10 })).toThrow(RangeError);
  const none = meanLift({ control: momentsOf([]), treatment: momentsOf([1n, 4n]) });
  expect(alwaysValidEffect(none, { alpha: 0.05, tunedFor: 10 }).reason).toBe('too_few_users');
});

describeAgainst('Group sequential boundaries', 'numerical integration; Spotify and ldbounds, printed', () => {
  test.each([
    ["like O'Brien and Fleming", obrienFlemingSpending, [4.877, 3.357, 2.68, 2.29, 2.031]],
    ['like Pocock', pocockSpending, [2.438, 2.427, 2.41, 2.397, 2.386]],
  ] as const)(
    'spending %s gives the bounds that ldbounds publishes for five looks',
    (_, spending, bounds) => {
      const looks = groupSequentialLooks([0.2, 0.4, 0.6, 0.8, 1], 0.05, spending);
      expect(looks.map(({ z }) => Number(z.toFixed(3)))).toEqual(bounds);
    },
  );

  test('Spotify: four looks at alpha 0.01, the last of them over plan', () => {
    const looks = groupSequentialLooks([250 / 810, 450 / 810, 630 / 810, 1], 0.01);
    const z = ['3.30416', '3.03416', '2.87063', '2.72855'];
    const levels = ['0.00095', '0.00241', '0.00410', '0.00636'];
    for (const [i, look] of looks.entries()) {
      expectRounds(look.z, z[i] ?? '');
      expectRounds(look.alpha, levels[i] ?? '');
    }
  });

  test('four equal looks at alpha 0.05', () => {
    const looks = groupSequentialLooks([0.25, 0.5, 0.75, 1], 0.05);
    const z = ['2.95517', '2.55935', '2.3009', '2.09197'];
    const levels = ['0.003125', '0.010487', '0.021400', '0.036442'];
    for (const [i, look] of looks.entries()) {
      expectRounds(look.z, z[i] ?? '');
      expectRounds(look.alpha, levels[i] ?? '');
    }
  });

  test.each(fixtures.groupSequential)(
    'boundaries at $information against Gauss-Legendre quadrature',
    (plan) => {
      for (const [i, look] of groupSequentialLooks(plan.information, plan.alpha).entries()) {
        expectClose(look.z, plan.z[i] ?? Number.NaN);
      }
    },
  );

  test('a single look at the end is the fixed test', () => {
    const [look] = groupSequentialLooks([1], 0.05);
    expectClose(look?.alpha, 0.05, 1e-10);
  });

  test('earlier boundaries do not depend on later looks', () => {
    const two = groupSequentialLooks([0.2, 0.6], 0.05);
    expect(groupSequentialLooks([0.2, 0.6, 1], 0.05).slice(0, 2)).toEqual(two);
  });

  test('daily looks stay monotone and end above the fixed level', () => {
    const looks = groupSequentialLooks(
      Array.from({ length: 28 }, (_, i) => (i + 1) / 28),
      0.05,
    );
    for (const [i, look] of looks.entries()) {
      expect(look.z).toBeLessThan(i === 0 ? 5 : (looks[i - 1]?.z ?? 0));
      expect(look.alpha).toBeLessThan(0.05);
    }
  });

  test('information that does not increase within (0, 1] is refused', () => {
    for (const information of [[0], [0.5, 0.5], [0.5, 1.1], [Number.NaN]]) {
      expect(() => groupSequentialLooks(information, 0.05)).toThrow(RangeError);
    }
  });
});
