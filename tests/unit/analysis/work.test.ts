import { expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ArmMeasurement } from '../../../layers/experiment/measurements.ts';
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
  let reads = 0;
  const counting = (values: Record<string, string>) =>
    new Proxy(values, {
      get(target, key: string) {
        reads += 1;
        return target[key];
      },
    });
  const counted = (variant: string, seed: number): ArmMeasurement => {
    const arm = armOf(variant, active(shoppers(120, seed)), {}, columnsOf(config));
    return {
      ...arm,
      sums: counting(arm.sums),
      products: Object.fromEntries(Object.entries(arm.products).map(([name, row]) => [name, counting(row)])),
    };
  };
  const arms = () => [counted('control', 1), counted('treatment', 2)];
  const segments = Array.from({ length: levels }, (_, i) => ({
    segment: 'device',
    level: `level ${i}`,
    arms: arms(),
  }));
  const measurement = experimentOf(arms(), { segments });
  reads = 0;
  analyzeExperiment(measurement, settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: null,
    quality: {},
    warnings: [],
  });
  return reads;
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
