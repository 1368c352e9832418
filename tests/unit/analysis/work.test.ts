import { expect, it, vi } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import { Aggregates } from '../../../layers/statistics/aggregates.ts';
import { armOf, columnsOf, configOf, experimentOf, type User } from './measurement.ts';
import { shoppers } from './shoppers.ts';

/** An experiment of `metrics` declared ratios with `levels` segment levels, and how often its sums are read. */
function readsOf(metrics: number, levels: number): number {
  const names = Array.from({ length: metrics }, (_, i) => `metric_${i}`);
  const declared = names.map((name) => `  ${name}: { kind: mean, event: ${name} }`).join('\n');
  const config = configOf(`
metrics:
${declared}
experiments:
  checkout:
    secondary: [${names.join(', ')}]
    guardrails: { bounce_rate: null, session_duration: null, retention_d7: null }
`);
  const active = (users: readonly User[]) =>
    users.map((user) => ({ ...user, ...Object.fromEntries(names.map((name) => [name, 1])) }));
  const arms = () =>
    (['control', 'treatment'] as const).map((variant, i) =>
      armOf(variant, active(shoppers(120, i + 1)), {}, columnsOf(config)),
    );
  const segments = Array.from({ length: levels }, (_, i) => ({
    segment: 'device',
    level: `level ${i}`,
    arms: arms(),
  }));
  const measurement = experimentOf(arms(), { segments });
  const reads = [vi.spyOn(Aggregates.prototype, 'sum'), vi.spyOn(Aggregates.prototype, 'product')];
  analyzeExperiment(measurement, settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: null,
    quality: {},
    warnings: [],
  });
  const count = reads.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  vi.restoreAllMocks();
  return count;
}

it('takes work in proportion to metrics and to segment levels', () => {
  const [few, manyMetrics, manyLevels] = [readsOf(10, 10), readsOf(20, 10), readsOf(10, 20)];
  expect(manyMetrics / few).toBeLessThan(2.1);
  expect(manyLevels / few).toBeLessThan(2.1);
});

it('reads each sum of 20 metrics at 10 levels a few dozen times at most', () => {
  const sums = 20 * 11 * 2;
  expect(readsOf(20, 10) / sums).toBeLessThan(40);
});
