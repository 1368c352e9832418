import { expect, test } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import { armOf, configOf, experimentOf, users } from './measurement.ts';

/** Users of whom one in twenty bought, as many for each amount. */
const shop = (count: number, amounts: readonly number[]) => [
  ...amounts.flatMap((revenue) => users(count / 20 / amounts.length, { purchased: 1, orders: 1, revenue })),
  ...users(count - count / 20, {}),
];

function revenueOf(amounts: readonly number[], more: readonly number[] = amounts) {
  const config = configOf('experiments: { checkout: { weights: { control: 0.9, treatment: 0.1 } } }');
  const arms = [
    { variant: 'control', own: shop(36_000, amounts) },
    { variant: 'treatment', own: shop(4000, more) },
  ].map(({ variant, own }) => {
    const cube = String(own.reduce((sum, { revenue = 0 }) => sum + BigInt(revenue) ** 3n, 0n));
    return armOf(variant, own, { cubes: { revenue: cube, revenue_per_user__capped: cube } });
  });
  const { metrics } = analyzeExperiment(experimentOf(arms), settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: '2026-02-01T00:00:00Z',
    quality: {},
    warnings: [],
  });
  return metrics.find(({ metric }) => metric === 'revenue_per_user')?.comparisons[0];
}

test('an amount of unequal arms is tested with its skew: what is dearer is found sooner', () => {
  const even = revenueOf([1000, 3000], [2000, 4000]);
  expect(even?.reason).toBeNull();
  expect(even?.test?.statistic).toBeGreaterThan(
    (even?.effect.absolute ?? 0) /
      (((even?.effect.absoluteCi?.[1] ?? 0) - (even?.effect.absoluteCi?.[0] ?? 0)) / 2 / 1.96),
  );
  const [lower = 0, upper = 0] = even?.effect.absoluteCi ?? [];
  const lift = even?.effect.absolute ?? 0;
  // The tail of the small arm's mean is above: the interval reaches further there.
  expect(upper - lift).toBeGreaterThan(lift - lower);
});

test('one that is too skewed is not tested, and has its difference all the same', () => {
  const heavy = revenueOf([...Array.from({ length: 199 }, () => 1000), 20_000]);
  expect(heavy).toMatchObject({ reason: 'too_skewed', test: null, verdict: 'inconclusive' });
  expect(heavy?.effect.absolute).toBeCloseTo(0, 8);
});
