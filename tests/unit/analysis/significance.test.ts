import { expect, test } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { Comparison } from '../../../layers/report/schema.ts';
import { armOf, columnsOf, configOf, experimentOf, type User } from './measurement.ts';

/** The comparison of each metric. */
function comparisons(
  arms: Readonly<Record<string, readonly User[]>>,
  settings: string,
): Record<string, Comparison | undefined> {
  const config = configOf(
    `experiments: { checkout: { sequential: { method: none }, guardrails: { bounce_rate: null, session_duration: null, retention_d7: null, revenue_per_user: null }, ${settings} } }`,
  );
  const measured = Object.entries(arms).map(([variant, own]) => armOf(variant, own, {}, columnsOf(config)));
  const { metrics } = analyzeExperiment(experimentOf(measured), settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: '2026-02-01T00:00:00Z',
    quality: {},
    warnings: [],
  });
  return Object.fromEntries(metrics.map(({ metric, comparisons: [first] }) => [metric, first]));
}

/** A thousand users of whom so many buy, put something into the cart, and leave at once. */
const arm = (buyers: number, carts: number, bounces: number) =>
  Array.from({ length: 1000 }, (_, index) => ({
    purchased: Number(index < buyers),
    added_to_cart: Number(index < carts),
    exposure_sessions: 1,
    bounced_sessions: Number(index < bounces),
  }));

test('a significant rise is better or worse as its metric says', () => {
  const risen = { control: arm(100, 200, 300), treatment: arm(160, 280, 380) };
  expect(comparisons(risen, 'secondary: [bounce_rate]')).toMatchObject({
    purchase_conversion: { verdict: 'better' },
    bounce_rate: { verdict: 'worse' },
  });
  const fallen = { control: risen.treatment, treatment: risen.control };
  expect(comparisons(fallen, 'secondary: [bounce_rate]')).toMatchObject({
    purchase_conversion: { verdict: 'worse' },
    bounce_rate: { verdict: 'better' },
  });
});

test('a verdict is that of the corrected p, where the metric is one of several', () => {
  const arms = { control: arm(100, 200, 300), treatment: arm(100, 240, 300) };
  const alone = comparisons(arms, 'secondary: [add_to_cart_rate]').add_to_cart_rate;
  expect(alone).toMatchObject({ verdict: 'better' });
  const p = alone?.test?.p ?? Number.NaN;
  expect(p).toBeGreaterThan(0.025);
  expect(comparisons(arms, 'secondary: [add_to_cart_rate, bounce_rate]').add_to_cart_rate).toMatchObject({
    test: { p, pAdjusted: 2 * p },
    verdict: 'inconclusive',
  });
});
