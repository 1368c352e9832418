import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { prices } from '../../../../cli/cost/prices.ts';
import { defaultStanding, standingCost } from '../../../../cli/cost/standing.ts';

test('a stack costs its alarms, dashboard, metrics, endpoint and secret, whether anything runs or not', () => {
  const cost = standingCost({ alarmMetrics: 10, dashboards: 1, ownMetrics: 2, endpoints: 2, secrets: 1 });
  expect(cost.alarms).toBeCloseTo(1, 12);
  expect(cost.endpoint).toBeCloseTo(14.6, 12);
  expect(cost.total).toBeCloseTo(1 + 3 + 0.6 + 14.6 + 0.4, 12);
});

test('what the runbook says of costs is what the prices say', () => {
  const runbook = readFileSync(path.join(PROJECT_ROOT, 'docs/operate.md'), 'utf8');
  const { alarms, dashboard, metrics, endpoint, secret, total } = standingCost(defaultStanding);
  const usd = (amount: number) => `$${amount.toFixed(2)}`;
  expect(runbook).toContain(
    `alarms ${usd(alarms)}, dashboard ${usd(dashboard)}, metrics ${usd(metrics)}, endpoint ${usd(endpoint)}, secret ${usd(secret)}: ${usd(total)} a month`,
  );
  expect(runbook).toContain(`${usd(prices.aurora.acuHour)} for each hour and unit of capacity`);
});
