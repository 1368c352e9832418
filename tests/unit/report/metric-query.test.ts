import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricQuery, tableColumns } from '../../../layers/report/metric-query.ts';
import type { ExperimentReport, MetricReport } from '../../../layers/report/schema.ts';
import { martColumns } from '../../../layers/runs/load/columns.ts';
import { onlyCheckout } from './parsed-page.ts';

const [checkout] = onlyCheckout().experiments as [ExperimentReport];

function named(name: string, change: Partial<MetricReport> = {}): MetricReport {
  const metric = checkout.metrics.find((candidate) => candidate.metric === name);
  if (metric === undefined) throw new Error(`the shop has a metric ${name}`);
  return { ...metric, ...change };
}

describe('the query that recomputes a metric', () => {
  it('is that of docs/report.md for the demo', () => {
    const demo = { ...checkout, experimentId: 'checkout_redesign' };
    const query = metricQuery(
      named('purchase_conversion'),
      demo,
      "run_id = (select run_id from published where drop_name = 'demo')",
    );
    const document = readFileSync(path.join(PROJECT_ROOT, 'docs', 'report.md'), 'utf8');
    expect(document).toContain(`./ecom psql -c "${query?.replaceAll('\n', ' ')}"\n`);
  });

  it('counts the users whose window has ended only where the others are left out', () => {
    const exclude = { ...checkout, settings: { ...checkout.settings, immature: 'exclude' as const } };
    expect(metricQuery(named('purchase_conversion'), checkout, 'true')).not.toContain('is_mature');
    expect(metricQuery(named('purchase_conversion'), exclude, 'true')).toContain(' and is_mature\n');
  });

  it('knows which columns the table has', () => {
    const { columns } = martColumns.user_outcomes;
    const ofTheUser = ['experiment_id', 'user_id', 'variant', 'exposed_at', 'window_end', 'is_mature'];
    const ofNoMetric = ['purchase_value', 'refunds'];
    const ofMetrics = Object.keys(columns).filter(
      (name) => ![...ofTheUser, ...ofNoMetric].includes(name) && !name.startsWith('pre_'),
    );
    expect(tableColumns.toSorted()).toEqual(ofMetrics.toSorted());
  });

  it('takes the names of data as text', () => {
    const quoted = { ...checkout, experimentId: "sue's" };
    expect(metricQuery(named('bounce_rate'), quoted, 'true')).toContain("experiment_id = 'sue''s'");
  });

  it('does not exist for what is not computed, nor in a report of an earlier version', () => {
    expect(metricQuery(named('bounce_rate', { unavailable: 'no events' }), checkout, 'true')).toBeNull();
    const { definition: _, ...earlier } = named('bounce_rate');
    expect(metricQuery(earlier, checkout, 'true')).toBeNull();
  });
});
