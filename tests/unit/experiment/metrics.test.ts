import { describe, expect, it } from 'vitest';
import baseConfig from '../../../config/base.yaml';
import { loadConfig, settingsOf } from '../../../layers/experiment/config.ts';
import { columnsOfRun, maturityDays, metricsOf } from '../../../layers/experiment/metrics.ts';

const load = (text: string) =>
  loadConfig([
    { name: 'config/base.yaml', text: baseConfig },
    { name: 'experiment.yaml', text },
  ]);

function metricsBy(text: string) {
  const config = load(text);
  const metrics = metricsOf(config, settingsOf(config, 'exp'));
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
}

const declared = `
metrics:
  wishlist_rate: { kind: conversion, event: add_to_wishlist, window_days: 21 }
  items: { kind: mean, event: purchase, value: quantity }
  items_per_order: { kind: ratio, numerator: items, denominator: orders, better: lower }
  minutes_per_event: { kind: ratio, numerator: session_ms, denominator: events_in_window }
  back: { kind: retention, event: null, day: 3 }
  typical_session: { kind: quantile, value: session_duration, quantile: 0.5 }
experiments:
  "*":
    primary: wishlist_rate
    secondary: [items_per_order, minutes_per_event, back, typical_session, revenue_per_user]
    guardrails: { session_duration: null, bounce_rate: null, retention_d7: null }`;

describe('metricsOf', () => {
  it('resolves what an experiment names, in that order', () => {
    const metrics = metricsBy(declared);
    expect(Object.values(metrics).map(({ name, kind }) => [name, kind])).toEqual([
      ['wishlist_rate', 'conversion'],
      ['items_per_order', 'ratio'],
      ['minutes_per_event', 'ratio'],
      ['back', 'conversion'],
      ['typical_session', 'quantile'],
      ['revenue_per_user', 'mean'],
    ]);
    expect(metrics.items_per_order).toMatchObject({
      numerator: { column: 'items', unit: 'count', sum: { of: 'quantity', event: { name: 'purchase' } } },
      denominator: { column: 'orders' },
      better: 'lower',
      needs: [],
    });
    expect(metrics.minutes_per_event?.needs).toEqual(['sessions']);
    expect(metrics.back?.numerator).toMatchObject({ fromDay: 3, toDay: 4 });
    expect(metrics.typical_session).toMatchObject({ quantile: 0.5, needs: ['sessions'] });
  });

  it('gives a metric its own columns before the exposure as covariates', () => {
    const { items_per_order, typical_session, revenue_per_user } = metricsBy(declared);
    expect(items_per_order?.covariates.map(({ column }) => column)).toEqual([
      'pre_items',
      'pre_orders',
      'pre_active',
    ]);
    expect(typical_session?.covariates).toEqual([]);
    expect(revenue_per_user?.capped).toMatchObject({
      column: 'revenue_per_user__capped',
      of: { column: 'revenue' },
      percentile: 99.9,
      ignoreZeros: false,
    });
  });

  it('takes other covariates and lookbacks where the experiment says so, and none without cuped', () => {
    const cuped = (text: string) => metricsBy(`experiments: { "*": { cuped: ${text} } }`);
    const own = cuped(
      '{ lookback_days: 7, metrics: { revenue_per_user: { lookback_days: 28, covariates: [revenue_per_user, events_in_window] } } }',
    );
    expect(
      own.revenue_per_user?.covariates.map(({ column, lookbackDays }) => [column, lookbackDays]),
    ).toEqual([
      ['pre28_revenue', 28],
      ['pre28_events', 28],
      ['pre28_active', 28],
    ]);
    expect(own.purchase_conversion?.covariates.map(({ column }) => column)).toEqual([
      'pre_purchased',
      'pre_active',
    ]);
    expect(cuped('null').revenue_per_user?.covariates).toEqual([]);
  });
});

describe('a run', () => {
  it('writes the columns that some experiment uses, and waits for the longest window', () => {
    const config = load(declared);
    expect(columnsOfRun(config).declared.map(({ column }) => column)).toEqual([
      'back',
      'items',
      'wishlist_rate',
    ]);
    expect(maturityDays(config, settingsOf(config, 'exp'))).toBe(21);
    expect(columnsOfRun(load('')).declared).toEqual([]);
  });
});
