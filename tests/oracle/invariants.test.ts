import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Effect, effectOf } from '../../layers/statistics/effect.ts';
import { compareMeans } from '../../layers/statistics/mean.ts';
import { compareProportions, newcombeInterval, pooledZTest } from '../../layers/statistics/proportion.ts';
import { compareRatios } from '../../layers/statistics/ratio.ts';
import { momentsOf, pairMomentsOf } from './sums.ts';

const alphas = fc.constantFrom(0.2, 0.05, 0.01, 0.001);
const excludesZero = ([lower, upper]: readonly [number, number]) => lower > 0 || upper < 0;

function expectConsistent(effect: Effect, alpha: number): void {
  expectFinite(effect);
  if (effect.reason !== null) return;
  const significant = effect.test.p < alpha;
  expect(excludesZero(effect.absoluteCi)).toBe(significant);
  if (effect.relativeCi !== null) expect(excludesZero(effect.relativeCi)).toBe(significant);
  expect(effect.relativeCi === null).toBe(effect.relativeReason !== null);
  const [lower, upper] = effect.absoluteCi;
  expect(lower <= effect.absolute && effect.absolute <= upper).toBe(true);
  if (effect.relative !== null && effect.relativeCi !== null) {
    const [least, most] = effect.relativeCi;
    expect(least <= effect.relative && effect.relative <= most).toBe(true);
    expect(Math.sign(effect.relative)).toBe(Math.sign(effect.absolute));
  }
}

/** Every number anywhere in a result is finite. */
function expectFinite(value: unknown): void {
  if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectFinite);
}

describe('p < alpha, an absolute and a relative interval without zero are one statement', () => {
  const counts = fc
    .bigInt({ min: 0n, max: 5000n })
    .chain((n) => fc.record({ n: fc.constant(n), sum: fc.bigInt({ min: 0n, max: n }) }));

  test('for proportions', () => {
    fc.assert(
      fc.property(counts, counts, alphas, (control, treatment, alpha) => {
        expectConsistent(compareProportions({ control, treatment, alpha }), alpha);
        expectFinite(pooledZTest({ control, treatment, alpha }));
        expectFinite(newcombeInterval({ control, treatment, alpha }));
      }),
      { numRuns: 2000 },
    );
  });

  const values = fc.array(fc.bigInt({ min: -40n, max: 60n }), { maxLength: 30 });

  test('for means', () => {
    fc.assert(
      fc.property(values, values, alphas, (control, treatment, alpha) => {
        const arms = { control: momentsOf(control), treatment: momentsOf(treatment) };
        expectConsistent(compareMeans({ ...arms, alpha }), alpha);
      }),
      { numRuns: 2000 },
    );
  });

  const pairs = fc.array(fc.tuple(fc.bigInt({ min: -20n, max: 90n }), fc.bigInt({ min: 0n, max: 4n })), {
    maxLength: 30,
  });

  test('for ratios', () => {
    fc.assert(
      fc.property(pairs, pairs, alphas, (control, treatment, alpha) => {
        const arms = { control: pairMomentsOf(control), treatment: pairMomentsOf(treatment) };
        expectConsistent(compareRatios({ ...arms, alpha }), alpha);
      }),
      { numRuns: 2000 },
    );
  });

  const estimates = (magnitude: number) => {
    const size = fc.double({ min: 10 ** -magnitude, max: 10 ** magnitude, noNaN: true });
    const signed = fc.tuple(fc.constantFrom(-1, 1), size).map(([sign, value]) => sign * value);
    const correlations = fc.double({ min: -1, max: 1, noNaN: true });
    return fc
      .tuple(signed, size, signed, size, correlations)
      .map(([lift, liftError, baseline, baselineError, correlation]) => ({
        reason: null,
        lift,
        liftVariance: liftError ** 2,
        baseline,
        baselineVariance: baselineError ** 2,
        covariance: correlation * liftError * baselineError,
        users: 1000,
        reference: { name: 'z_unpooled', df: null } as const,
      }));
  };
  test('for any lift correlated with its baseline', () => {
    fc.assert(
      fc.property(estimates(30), alphas, (estimate, alpha) => {
        expectConsistent(effectOf(estimate, alpha), alpha);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    [-19449.80780852244, 4862.45195213061, -55.357480551980515, 13.839370137995129, 1, 0.001],
    [248433643566164160, 29287779988.29851, -73786976294838210000, 8796093022208, -1, 0.2],
  ])('also where lift %d and baseline vary as one and the interval is a point', (...numbers) => {
    const [lift, liftError, baseline, baselineError, correlation, alpha] = numbers;
    const estimate = {
      reason: null,
      lift,
      liftVariance: liftError ** 2,
      baseline,
      baselineVariance: baselineError ** 2,
      covariance: correlation * liftError * baselineError,
      users: 1000,
      reference: { name: 'z_unpooled', df: null },
    } as const;
    expectConsistent(effectOf(estimate, alpha), alpha);
  });

  test('and where doubles end, numbers are finite or null', () => {
    fc.assert(
      fc.property(estimates(300), alphas, (estimate, alpha) => {
        expectFinite(effectOf(estimate, alpha));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('symmetry', () => {
  test('swapping the arms mirrors lift, interval and statistic and keeps p', () => {
    const a = momentsOf([1n, 5n, 2n, 8n, 4n]);
    const b = momentsOf([3n, 9n, 9n, 2n, 7n, 6n]);
    const forth = compareMeans({ control: a, treatment: b, alpha: 0.05 });
    const back = compareMeans({ control: b, treatment: a, alpha: 0.05 });
    if (forth.reason !== null || back.reason !== null) throw new Error('not estimable');
    expect(back.absolute).toBe(-forth.absolute);
    expect(back.absoluteCi).toEqual([-forth.absoluteCi[1], -forth.absoluteCi[0]]);
    expect(back.test.p).toBe(forth.test.p);
  });

  test('a negative baseline keeps the direction of the lift: -10 to -5 is +50 %', () => {
    const effect = compareMeans({
      control: momentsOf([-9n, -10n, -11n]),
      treatment: momentsOf([-4n, -5n, -6n]),
      alpha: 0.05,
    });
    expect(effect.relative).toBe(0.5);
    expect(effect.relativeCi?.[0]).toBeGreaterThan(0);
    expect(effect.test?.statistic).toBeGreaterThan(0);
  });
});

describe('what cannot be estimated has a name and no numbers', () => {
  const some = momentsOf([1n, 2n, 3n]);
  const one = momentsOf([4n]);
  const flat = momentsOf([5n, 5n, 5n]);
  const alpha = 0.05;
  const nothing = {
    absoluteCi: null,
    relativeCi: null,
    standardError: null,
    test: null,
  };

  test('an arm without users', () => {
    const expected = { ...nothing, reason: 'too_few_users', absolute: null, relative: null };
    expect(compareMeans({ control: momentsOf([]), treatment: some, alpha })).toMatchObject(expected);
    expect(
      compareProportions({ control: { n: 0n, sum: 0n }, treatment: { n: 3n, sum: 1n }, alpha }),
    ).toMatchObject(expected);
    expect(
      compareRatios({ control: pairMomentsOf([]), treatment: pairMomentsOf([[1n, 1n]]), alpha }),
    ).toMatchObject(expected);
    expect(pooledZTest({ control: { n: 0n, sum: 0n }, treatment: { n: 3n, sum: 1n }, alpha })).toEqual({
      reason: 'too_few_users',
    });
    expect(
      newcombeInterval({ control: { n: 0n, sum: 0n }, treatment: { n: 3n, sum: 1n }, alpha }),
    ).toBeNull();
  });

  test('a single user has a value, not a variance', () => {
    const effect = compareMeans({ control: some, treatment: one, alpha });
    expect(effect).toMatchObject({ ...nothing, reason: 'too_few_users', absolute: 2, relative: 1 });
  });

  test('users all equal: the lift is known, its error is not', () => {
    const effect = compareMeans({ control: flat, treatment: momentsOf([6n, 6n]), alpha });
    expect(effect).toMatchObject({ ...nothing, reason: 'no_variance', absolute: 1, relative: 0.2 });
    const proportions = compareProportions({
      control: { n: 5n, sum: 5n },
      treatment: { n: 4n, sum: 0n },
      alpha,
    });
    expect(proportions).toMatchObject({ ...nothing, reason: 'no_variance', absolute: -1, relative: -1 });
    expect(pooledZTest({ control: { n: 5n, sum: 0n }, treatment: { n: 4n, sum: 0n }, alpha })).toEqual({
      reason: 'no_variance',
    });
  });

  test('variance in one arm is enough', () => {
    expect(compareMeans({ control: flat, treatment: some, alpha })).toMatchObject({ reason: null });
  });

  test('a baseline of zero leaves the absolute lift', () => {
    const effect = compareProportions({
      control: { n: 50n, sum: 0n },
      treatment: { n: 45n, sum: 4n },
      alpha,
    });
    expect(effect).toMatchObject({
      reason: null,
      relative: null,
      relativeCi: null,
      relativeReason: 'zero_baseline',
    });
  });

  test('a baseline that may be zero has a point lift without bounds', () => {
    const effect = compareMeans({ control: momentsOf([-9n, 10n, 1n, -1n]), treatment: some, alpha });
    expect(effect).toMatchObject({
      reason: null,
      relative: 7,
      relativeCi: null,
      relativeReason: 'unbounded',
    });
  });

  test('a ratio whose denominator is empty', () => {
    const effect = compareRatios({
      control: pairMomentsOf([
        [0n, 0n],
        [0n, 0n],
      ]),
      treatment: pairMomentsOf([
        [5n, 1n],
        [7n, 2n],
      ]),
      alpha,
    });
    expect(effect).toMatchObject({ ...nothing, reason: 'zero_denominator', absolute: null });
  });

  test('amounts beyond a double', () => {
    const huge = (shift: bigint) => momentsOf([10n ** 200n + shift, 10n ** 201n, 3n * 10n ** 200n]);
    const effect = compareMeans({ control: huge(0n), treatment: huge(10n ** 200n), alpha });
    expect(effect).toMatchObject({ ...nothing, reason: 'not_representable' });
  });

  test('impossible counts are refused', () => {
    expect(() =>
      compareProportions({ control: { n: 5n, sum: 6n }, treatment: { n: 5n, sum: 1n }, alpha }),
    ).toThrow(RangeError);
  });
});

describe('extreme but representable', () => {
  test('an effect of 30 standard errors has a p-value above zero', () => {
    const effect = compareProportions({
      control: { n: 100_000n, sum: 10_000n },
      treatment: { n: 100_000n, sum: 14_400n },
      alpha: 0.05,
    });
    expect(effect.test?.p).toBeGreaterThan(0);
    expect(effect.test?.p).toBeLessThan(1e-190);
  });

  test('amounts of 1e15 with a spread of one keep their interval', () => {
    const offset = 10n ** 15n;
    const near = { control: [1n, 2n, 3n, 2n], treatment: [4n, 5n, 6n, 4n] };
    const far = {
      control: momentsOf(near.control.map((v) => v + offset)),
      treatment: momentsOf(near.treatment.map((v) => v + offset)),
    };
    const plain = compareMeans({
      control: momentsOf(near.control),
      treatment: momentsOf(near.treatment),
      alpha: 0.05,
    });
    const shifted = compareMeans({ ...far, alpha: 0.05 });
    expect(shifted.standardError).toBe(plain.standardError);
    expect(shifted.test?.df).toBe(plain.test?.df);
    expect(Math.abs((shifted.absolute ?? Number.NaN) - (plain.absolute ?? Number.NaN))).toBeLessThan(0.2);
  });
});
