import { describe, expect, test } from 'vitest';
import { fitLogit, type LogitFit, robustTerms } from '../../layers/statistics/logit.ts';
import { averageMarginalEffect } from '../../layers/statistics/marginal-effect.ts';
import { compareProportions } from '../../layers/statistics/proportion.ts';
import { describeAgainst, expectClose, expectRounds } from './close.ts';
import fixtures from './fixtures/logit.json';

function fitted(input: Parameters<typeof fitLogit>[0]): LogitFit {
  const result = fitLogit(input);
  if (result.reason !== null) throw new Error(result.reason);
  return result;
}

const oneTerm = (...cells: [x: number, trials: number, successes: number][]) => ({
  terms: ['x'],
  cells: cells.map(([x, trials, successes]) => ({ x: [x], trials, successes })),
});

describeAgainst('Logit', 'statsmodels, Stata printed', () => {
  test.each(fixtures)('$name', ({ terms, cells, ...expected }) => {
    const fit = fitted({ terms, cells });
    expect(fit.terms.map((term) => term.name)).toEqual(['intercept', ...terms]);
    for (const [i, term] of fit.terms.entries()) {
      expectClose(term.coefficient, expected.coefficients[i] ?? Number.NaN);
      expectClose(term.se, expected.se[i] ?? Number.NaN);
      expectClose(term.z, expected.z[i] ?? Number.NaN);
      // A relative error e of z turns into z² e of p: 1e-12 in z = 30 are 1e-9.
      expectClose(term.p, expected.p[i] ?? Number.NaN, 1e-8);
    }
    // statsmodels gives discrete models HC0 under each of its names; HC1 is that times n / (n - k).
    const correction = Math.sqrt(fit.users / (fit.users - fit.terms.length));
    for (const [i, term] of robustTerms(fit).entries()) {
      expectClose(term.se, (expected.robustSe[i] ?? Number.NaN) * correction);
    }
    for (const errors of ['model', 'robust'] as const) {
      for (const { term, value, se } of expected.marginalEffects[errors]) {
        const effect = averageMarginalEffect(fit, cells, terms[term] ?? '', { alpha: 0.05, errors });
        expectClose(effect.value, value);
        expectClose(effect.se, errors === 'robust' ? se * correction : se);
      }
    }
    expectClose(fit.logLikelihood, expected.logLikelihood);
    expectClose(fit.nullLogLikelihood, expected.nullLogLikelihood);
  });

  test('Spector and Mazzeo as Stata prints it', () => {
    const spector = fixtures.find((fixture) => fixture.name === 'spector');
    if (!spector) throw new Error('no fixture');
    // Stata keeps the data in single precision, which shows in the seventh digit.
    const cells = spector.cells.map((cell) => ({ ...cell, x: cell.x.map(Math.fround) }));
    const fit = fitted({ terms: spector.terms, cells });
    const [intercept, gpa, tuce, psi] = fit.terms;
    expectRounds(gpa?.coefficient, '2.826113');
    expectRounds(tuce?.coefficient, '0.0951577');
    expectRounds(psi?.coefficient, '2.378688');
    expectRounds(intercept?.coefficient, '-13.021348');
    expectRounds(gpa?.se, '1.262941');
    expectRounds(tuce?.se, '0.1415542');
    expectRounds(psi?.se, '1.064564');
    expectRounds(intercept?.se, '4.931325');
    expectRounds(gpa?.p, '0.0252391');
    expectRounds(tuce?.p, '0.5014342');
    expectRounds(psi?.p, '0.0254552');
    expectRounds(intercept?.p, '0.0082775');
    expectRounds(fit.logLikelihood, '-12.889633');
    expectRounds(fit.nullLogLikelihood, '-20.591730');
  });
});

test('with the treatment alone the fit is the log odds ratio and its closed-form error', () => {
  const input = oneTerm([0, 10_000, 1000], [1, 10_000, 1100]);
  const treatment = fitted(input).terms[1];
  expectClose(treatment?.coefficient, Math.log(1100 / 8900 / (1000 / 9000)), 1e-12);
  expectClose(treatment?.se, Math.sqrt(1 / 1000 + 1 / 9000 + 1 / 1100 + 1 / 8900), 1e-12);
  expectRounds(treatment?.coefficient, '0.1064834804');
  expectRounds(treatment?.p, '0.0211188978');
  const inference = { alpha: 0.05, errors: 'model' } as const;
  expectClose(averageMarginalEffect(fitted(input), input.cells, 'x', inference).value, 0.01, 1e-11);
});

test('of the treatment alone the marginal effect is the lift, its robust error the unpooled one but for n - 2', () => {
  const input = oneTerm([0, 1000, 100], [1, 800, 120]);
  const effect = averageMarginalEffect(fitted(input), input.cells, 'x', { alpha: 0.05, errors: 'robust' });
  const { absolute, standardError, absoluteCi } = compareProportions({
    control: { n: 1000n, sum: 100n },
    treatment: { n: 800n, sum: 120n },
    alpha: 0.05,
  });
  const correction = Math.sqrt(1800 / 1798);
  expectClose(effect.value, absolute ?? Number.NaN, 1e-11);
  expectClose(effect.se, (standardError ?? Number.NaN) * correction, 1e-11);
  expectClose(effect.ci[0], (absolute ?? 0) - ((absolute ?? 0) - (absoluteCi?.[0] ?? 0)) * correction, 1e-10);
  expect(() =>
    averageMarginalEffect(fitted(input), input.cells, 'nobody', { alpha: 0.05, errors: 'model' }),
  ).toThrow(RangeError);
});

test('the grouping of users into cells does not matter', () => {
  const whole = fitted(oneTerm([0, 50, 10], [1, 60, 20], [2, 40, 22]));
  const split = fitted(oneTerm([0, 40, 0], [0, 10, 10], [1, 30, 20], [1, 30, 0], [2, 40, 22], [3, 0, 0]));
  for (const [i, term] of whole.terms.entries()) {
    expectClose(split.terms[i]?.coefficient, term.coefficient, 1e-12);
    expectClose(split.terms[i]?.se, term.se, 1e-12);
  }
  expect(split.users).toBe(150);
});

test('the unit of a term does not matter', () => {
  const small = fitted(oneTerm([0, 50, 10], [1, 60, 20], [2, 40, 22])).terms[1];
  const large = fitted(oneTerm([1e9, 50, 10], [1e9 + 1000, 60, 20], [1e9 + 2000, 40, 22])).terms[1];
  expectClose((large?.coefficient ?? Number.NaN) * 1000, small?.coefficient ?? Number.NaN, 1e-9);
  expectClose(large?.z, small?.z ?? Number.NaN, 1e-9);
});

describe('what has no finite answer is named', () => {
  test.each([
    ['no users', [], 'no_variation'],
    [
      'no success',
      [
        [0, 5, 0],
        [1, 5, 0],
      ],
      'no_variation',
    ],
    [
      'no failure',
      [
        [0, 5, 5],
        [1, 5, 5],
      ],
      'no_variation',
    ],
    [
      'a constant term',
      [
        [1, 9, 3],
        [1, 9, 5],
      ],
      'singular_matrix',
    ],
    [
      'complete separation',
      [
        [0, 5, 0],
        [1, 5, 0],
        [2, 5, 5],
      ],
      'separation',
    ],
    [
      'quasi-complete separation by an empty arm',
      [
        [0, 900, 0],
        [1, 900, 40],
      ],
      'separation',
    ],
    [
      'quasi-complete separation at a threshold',
      [
        [0, 9, 0],
        [1, 9, 0],
        [2, 9, 4],
        [3, 9, 9],
      ],
      'separation',
    ],
    [
      'separation that one huge value makes',
      [
        [0, 9, 0],
        [1, 9, 0],
        [4000, 1, 1],
      ],
      'separation',
    ],
  ] as [string, [number, number, number][], string][])('%s', (_, cells, reason) => {
    expect(fitLogit(oneTerm(...cells))).toEqual({ reason });
  });

  test('collinear terms', () => {
    const cells = [0, 1, 2, 3].map((x) => ({ x: [x, 3 - 2 * x], trials: 10, successes: 2 + x }));
    expect(fitLogit({ terms: ['a', 'b'], cells })).toEqual({ reason: 'singular_matrix' });
  });

  test('separation by one level while the other term is regular', () => {
    const cells = [0, 1].flatMap((treated) =>
      [0, 1, 2, 3].map((events) => ({
        x: [treated, events],
        trials: 50,
        successes: treated === 0 ? 0 : 5 * events + 3,
      })),
    );
    expect(fitLogit({ terms: ['is_treatment', 'events'], cells })).toEqual({ reason: 'separation' });
  });
});

test('steep but overlapping data are not mistaken for separation', () => {
  const fit = fitted(oneTerm([0, 1000, 0], [1, 1000, 1], [2, 1000, 999], [3, 1000, 1000]));
  expectClose(fit.terms[1]?.coefficient, 2 * Math.log(999), 1e-3);
});

test('a cell that cannot be is refused', () => {
  expect(() => fitLogit(oneTerm([0, 5, 6], [1, 5, 1]))).toThrow(RangeError);
  expect(() => fitLogit(oneTerm([Number.NaN, 5, 2], [1, 5, 1]))).toThrow(RangeError);
  expect(() => fitLogit({ terms: ['a', 'b'], cells: [{ x: [1], trials: 1, successes: 1 }] })).toThrow(
    RangeError,
  );
});
