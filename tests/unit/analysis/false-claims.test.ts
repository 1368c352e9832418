import { expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ExperimentReport } from '../../../layers/report/schema.ts';
import { armOf, columnsOf, configOf, experimentOf } from './measurement.ts';
import { shoppers } from './shoppers.ts';

const runs = 150;

/** Experiments whose arms are the same shop, under some settings. */
function sameShops(settings: string): ExperimentReport[] {
  const config = configOf(`experiments: { checkout: { planned_users: 400, ${settings} } }`);
  const columns = columnsOf(config);
  return Array.from({ length: runs }, (_, i) =>
    analyzeExperiment(
      experimentOf([
        armOf('control', shoppers(200, 2 * i + 1), {}, columns),
        armOf('treatment', shoppers(200, 2 * i + 2), {}, columns),
      ]),
      settingsOf(config, 'checkout'),
      { config, unavailable: [], asOf: '2026-02-01T00:00:00Z', quality: {}, warnings: [] },
    ),
  );
}

const claims = ({ metrics }: ExperimentReport, role: string) =>
  metrics
    .filter((metric) => metric.role === role)
    .flatMap(({ comparisons }) => comparisons)
    .some(({ verdict }) => verdict !== 'inconclusive');

// 150 runs at 5 % make 7.5 false claims on average; 17 or more happen in one of a thousand such series.
it.each([
  ['one look', ''],
  ['CUPED and caps as the basis', 'decision: { estimate: cuped, values: capped }'],
  ['any number of looks', 'sequential: { method: always_valid }'],
])('finds nothing in arms of the same shop, but for the share that alpha allows: %s', (_, settings) => {
  const reports = sameShops(settings);
  for (const role of ['primary', 'secondary']) {
    expect(reports.filter((report) => claims(report, role)).length, role).toBeLessThan(17);
  }
  expect(reports.filter(({ decision }) => decision.action === 'ship').length).toBeLessThan(9);
});
