import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate } from '../../../cli/generate/generate.ts';
import { analyzeFolder } from '../../../cli/pipeline/analyze-folder.ts';
import { metricLabel } from '../../../layers/report/labels.ts';
import type { Comparison, ExperimentReport, Report } from '../../../layers/report/schema.ts';
import { rowsOf, useServer } from '../postgres/marts.ts';

const server = useServer();
let folder: string;
let data: string;
let url: string;
let report: Report;
let page: Document;

/** Metrics of every kind, of events that have another name in the data too, in windows of their own. */
const configuration = `
event_aliases: { view_item: product_view }
metrics:
  early_views: { kind: mean, event: product_view, window_days: 2 }
  early_orders: { kind: conversion, event: purchase, window_days: 3 }
  quantity_bought: { kind: mean, event: purchase, value: quantity }
  refunded_value: { kind: mean, event: refund, value: revenue }
  back_in_week_two: { kind: retention, day: 7, window_days: 4 }
  median_view: { kind: quantile, value: revenue, quantile: 0.97 }
  long_session: { kind: quantile, value: session_duration, quantile: 0.9 }
  views_per_session: { kind: ratio, numerator: early_views, denominator: sessions }
  time_per_session: { kind: ratio, numerator: session_ms, denominator: exposure_sessions }
experiments:
  "*":
    immature: exclude
    outcome_window_days: 17
    primary: purchase_conversion
    secondary: [revenue_per_user, average_order_value, refund_rate, events_in_window, early_views, early_orders,
      quantity_bought, refunded_value, back_in_week_two, median_view, long_session, views_per_session, time_per_session]
    guardrails: { bounce_rate: { margin_relative: 0.1 }, session_duration: { margin_relative: 0.1 } }
    capping: { revenue_per_user: { percentile: 99 }, average_order_value: { percentile: 99.5 } }
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ecom-metric-query-'));
  data = path.join(folder, 'data');
  url = await server.emptyDatabase();
  await generate({ directory: data, users: 1500, uplift: 0.3, seed: 11, dirty: 0.01 });
  await writeFile(path.join(data, 'experiment.yaml'), configuration);
  const analysis = await analyzeFolder(data, { load: url });
  report = analysis.report;
  const file = analysis.files.find((name) => name.endsWith('.html')) ?? '';
  page = parseHTML(await readFile(file, 'utf8')).document;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The query that the page shows for a metric. */
function shownQuery(metric: string): string | null {
  const entry = [...page.querySelectorAll('#e1-lifts details.definitions dl > div')].find(
    (div) => div.querySelector('dt')?.textContent === metricLabel(metric),
  );
  if (entry === undefined) throw new Error(`the page has no definition of ${metric}`);
  return entry.querySelector('pre')?.textContent ?? null;
}

function onlyExperiment(): ExperimentReport {
  const [experiment] = report.experiments;
  if (experiment === undefined) throw new Error('the shop has an experiment');
  return experiment;
}

const difference = (row: unknown, shown: number | null | undefined) =>
  Math.abs(Number(row) - Number(shown)) / Math.max(1, Math.abs(Number(shown)));

test('the query that the page shows for a metric gives the numbers that the page shows', async () => {
  const { control, metrics } = onlyExperiment();
  expect(metrics.filter(({ unavailable }) => unavailable !== null)).toEqual([]);
  const compared: string[] = [];
  for (const { metric, comparisons } of metrics) {
    const query = shownQuery(metric);
    if (query === null) continue;
    compared.push(metric);
    const rows = await rowsOf(url, query);
    const [comparison] = comparisons;
    if (comparison === undefined) throw new Error(`${metric} is compared`);
    expect(rows.map(({ variant }) => variant)).toEqual([control, comparison.variant]);
    for (const [i, side] of (['control', 'treatment'] as const).entries()) {
      const row = rows[i];
      const arm: Comparison['control'] = comparison[side];
      expect(Number(row?.users), metric).toBe(arm.n);
      expect(difference(row?.sum, arm.sum), `${metric} ${row?.sum} ${arm.sum}`).toBeLessThan(1e-9);
      expect(difference(row?.value, arm.mean), `${metric} ${row?.value} ${arm.mean}`).toBeLessThan(1e-9);
      if (arm.denominator !== undefined) {
        expect(difference(row?.denominator, arm.denominator), metric).toBeLessThan(1e-9);
      }
      if (comparison.capped !== undefined && 'cap' in comparison.capped) {
        const { [side]: capped } = comparison.capped;
        expect(capped.mean, metric).not.toBe(arm.mean);
        expect(difference(row?.capped, capped.mean), metric).toBeLessThan(1e-9);
      } else expect(row).not.toHaveProperty('capped');
    }
  }
  expect(compared).toEqual(metrics.map(({ metric }) => metric).filter((metric) => metric !== 'long_session'));
});

test('the query counts the users that the report counts, not all that are loaded', async () => {
  const [{ loaded }] = (await rowsOf(url, 'select count(*)::integer as loaded from mart_user_outcomes')) as [
    { loaded: number },
  ];
  const analysed = onlyExperiment().arms.reduce((sum, { users }) => sum + users, 0);
  expect(analysed).toBeLessThan(loaded);
  expect(shownQuery('purchase_conversion')).toContain(' and is_mature\n');
});

test('the query is of its own run, also when another is published', async () => {
  const query = shownQuery('revenue_per_user') ?? '';
  const before = await rowsOf(url, query);
  await generate({ directory: data, users: 300, seed: 12 });
  await analyzeFolder(data, { load: url });
  expect(await rowsOf(url, query)).toEqual(before);
});
