import { expect, test } from 'vitest';
import { posteriorOf, relativeEstimate } from '../../layers/statistics/bayes.ts';
import { normalCdf } from '../../layers/statistics/distributions.ts';
import { effectOf, type LiftEstimate, normalLift } from '../../layers/statistics/effect.ts';
import { meanLift } from '../../layers/statistics/mean.ts';
import { proportionLift } from '../../layers/statistics/proportion.ts';
import { describeAgainst, expectClose, expectRounds, scaled } from './close.ts';

const plan = { prior: null, alpha: 0.05, better: 'higher' } as const;

function posterior(...args: Parameters<typeof posteriorOf>) {
  const result = posteriorOf(...args);
  if (result.reason !== null) throw new Error(result.reason);
  return result;
}

describeAgainst('Posterior of the relative lift', 'GrowthBook, printed', () => {
  test('variance of a relative lift', () => {
    const estimate = normalLift({ value: 7, variance: 2 / 4, n: 4 }, { value: 5, variance: 0.5 / 15, n: 15 });
    expectRounds(estimate.liftVariance, '0.53333');
    expectRounds(relativeEstimate(estimate).variance, '0.00589');
  });

  test('relative lift of a mean by the delta method', () => {
    const lift = meanLift({
      control: { n: 3407n, sum: scaled('1396.87', 2), sumSquares: scaled('52377.9767', 4) },
      treatment: { n: 3461n, sum: scaled('2422.7', 2), sumSquares: scaled('134698.29', 4) },
      scale: 100n,
    });
    const { value, variance } = relativeEstimate(lift as LiftEstimate);
    expectRounds(value, '0.70732');
    expectRounds(Math.sqrt(variance), '0.37879');
  });

  test('flat prior: 49 of 100 against 51 of 100', () => {
    const result = posterior(
      proportionLift({ control: { n: 100n, sum: 49n }, treatment: { n: 100n, sum: 51n } }),
      plan,
    );
    expectRounds(result.mean, '0.04082');
    expectRounds(result.sd, '0.14725');
    expectRounds(result.credibleInterval[0], '-0.24779');
    expectRounds(result.credibleInterval[1], '0.32943');
    expectRounds(normalCdf(result.mean / result.sd), '0.60918');
    expectRounds(result.expectedLoss.control, '0.0814');
    expectRounds(result.expectedLoss.treatment, '0.04058');
  });

  test('normal prior with mean 0.1 and variance 0.1', () => {
    const estimate = meanLift({
      control: { n: 10n, sum: 1000n, sumSquares: scaled('1002.25', 2) },
      treatment: { n: 10n, sum: 1050n, sumSquares: scaled('1111.5', 2) },
      scale: 10n,
    });
    const result = posterior(estimate, { ...plan, prior: { mean: 0.1, sd: Math.sqrt(0.1) } });
    expectRounds(result.mean, '0.05063');
    expectRounds(result.credibleInterval[0], '-0.01893');
    expectRounds(result.credibleInterval[1], '0.12019');
    expectRounds(normalCdf(result.mean / result.sd), '0.92315');
    expectRounds(result.expectedLoss.control, '0.05186');
    expectRounds(result.expectedLoss.treatment, '0.00123');
  });
});

describeAgainst('Posterior of the relative lift', 'scipy, printed', () => {
  const lift = proportionLift({ control: { n: 10_000n, sum: 1000n }, treatment: { n: 10_000n, sum: 1100n } });

  test.each([
    [null, '0.9860609', '0.9894710'],
    [{ mean: 0, sd: 0.3 }, '0.9851535', '0.9887916'],
    [{ mean: 0, sd: 0.05 }, '0.9481092', '0.9593408'],
  ])('share of the posterior above zero, and chance to win, under prior %j', (prior, share, chance) => {
    const result = posterior(lift, { ...plan, prior });
    expectRounds(normalCdf(result.mean / result.sd), share);
    expectRounds(result.chanceToWin, chance);
  });

  test('a flat prior makes the chance to win one minus the one-sided p, of z and of t', () => {
    for (const estimate of [
      lift,
      meanLift({
        control: { n: 10n, sum: 1000n, sumSquares: 100_225n },
        treatment: { n: 12n, sum: 1230n, sumSquares: 126_900n },
      }),
    ]) {
      const { test: tested } = effectOf(estimate, 0.05);
      expectClose(1 - posterior(estimate, plan).chanceToWin, (tested?.p ?? Number.NaN) / 2, 1e-9);
    }
  });

  test('where lower is better, chances and losses change sides', () => {
    const higher = posterior(lift, plan);
    const lower = posterior(lift, { ...plan, better: 'lower' });
    expectClose(lower.chanceToWin, 1 - higher.chanceToWin, 1e-12);
    expect(lower.expectedLoss.treatment).toBe(higher.expectedLoss.control);
  });
});

test('an overwhelming lift has a loss of zero or more, never a negative one', () => {
  const lift = proportionLift({
    control: { n: 100_000n, sum: 1000n },
    treatment: { n: 100_000n, sum: 90_000n },
  });
  const { expectedLoss } = posterior(lift, plan);
  expect(expectedLoss.treatment).toBeGreaterThanOrEqual(0);
  expectClose(expectedLoss.control, 89, 1e-9);
});

test('what has no relative lift is named', () => {
  const zero = proportionLift({ control: { n: 9n, sum: 0n }, treatment: { n: 9n, sum: 1n } });
  expect(posteriorOf(zero, plan)).toEqual({ reason: 'zero_baseline' });
  const flat = proportionLift({ control: { n: 9n, sum: 9n }, treatment: { n: 9n, sum: 9n } });
  expect(posteriorOf(flat, plan)).toEqual({ reason: 'no_variance' });
  const none = proportionLift({ control: { n: 0n, sum: 0n }, treatment: { n: 9n, sum: 9n } });
  expect(posteriorOf(none, plan)).toEqual({ reason: 'too_few_users' });
});
