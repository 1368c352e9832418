import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import { armOf, columnsOf, configOf, experimentOf, type User } from './measurement.ts';
import { shoppers } from './shoppers.ts';

function analyze(change: (user: User) => User, overlay = '{}') {
  const config = configOf(overlay);
  const columns = columnsOf(config);
  const arm = (variant: string, seed: number) => armOf(variant, shoppers(400, seed).map(change), {}, columns);
  return analyzeExperiment(
    experimentOf([arm('control', 61), arm('treatment', 62)], { columns }),
    settingsOf(config, 'checkout'),
    { config, unavailable: [], asOf: null, quality: {}, warnings: [] },
  );
}

const noCheckout = (user: User): User => ({ ...user, began_checkout: 0 });

describe('a shop without an event', () => {
  it('has no metric of it, for a reason that names the event, and decides without it', () => {
    const { metrics, decision } = analyze(noCheckout);
    const metric = metrics.find((found) => found.metric === 'begin_checkout_rate');
    expect(metric).toMatchObject({
      unavailable: 'no analysed user has an event "begin_checkout" in the outcome window',
      comparisons: [],
    });
    expect(metrics.filter(({ unavailable }) => unavailable !== null)).toHaveLength(1);
    expect(decision.reasons.join(' ')).not.toMatch(/checkout/i);
  });

  it('names the event as the configuration does', () => {
    const { metrics } = analyze(
      noCheckout,
      'events: { begin_checkout: checkout_start }\nmetrics: { wishes: { kind: conversion, event: wish } }\nexperiments: { checkout: { secondary: [begin_checkout_rate, wishes] } }',
    );
    expect(metrics.flatMap(({ unavailable }) => unavailable ?? [])).toEqual([
      'no analysed user has an event "checkout_start" in the outcome window',
      'no analysed user has an event "wish" in the outcome window',
    ]);
  });

  it('cannot test a primary metric of it, and says why', () => {
    const { decision } = analyze((user) => ({ ...user, purchased: 0, orders: 0, revenue: 0 }));
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'primary_not_testable' });
    expect(decision.reasons).toEqual([
      'Purchase conversion, the primary metric, cannot be tested: no analysed user has an event "purchase" in the outcome window.',
    ]);
  });

  it('keeps a guardrail of it, which is not shown to hold', () => {
    const { metrics } = analyze(
      noCheckout,
      'experiments: { checkout: { guardrails: { begin_checkout_rate: { margin_relative: 0.05, better: higher } } } }',
    );
    const guardrail = metrics.find(
      ({ metric, role }) => metric === 'begin_checkout_rate' && role === 'guardrail',
    );
    expect(guardrail?.comparisons[0]?.nonInferiority?.status).toBe('not_shown');
  });
});

describe('few buyers', () => {
  const bought = (share: number) => {
    let index = 0;
    return (user: User): User => {
      index += 1;
      return index % Math.round(1 / share) === 0
        ? { ...user, purchased: 1, orders: 1, revenue: 1000 + index, began_checkout: 1, added_to_cart: 1 }
        : { ...user, purchased: 0, orders: 0, revenue: 0 };
    };
  };
  const noted = (report: ReturnType<typeof analyze>) =>
    report.metrics.flatMap(({ metric, comparisons }) => (comparisons[0]?.fewBuyers ? [metric] : []));

  it('make metrics of money rough, and no others', () => {
    const report = analyze(bought(0.1));
    expect(noted(report)).toEqual(['revenue_per_user', 'average_order_value']);
    const revenue = report.metrics.find(({ metric }) => metric === 'revenue_per_user');
    expect(revenue?.comparisons[0]?.fewBuyers).toEqual({ control: 40, treatment: 40, minimum: 100 });
    expect(report.decision.reasons.join(' ')).not.toContain('rough');
  });

  it('are no matter from 100 buyers in each arm on', () => {
    expect(noted(analyze(bought(0.25)))).toEqual([]);
  });

  it('are told beside a verdict that rests on money', () => {
    const { decision } = analyze(
      bought(0.1),
      'experiments: { checkout: { primary: revenue_per_user, secondary: [] } }',
    );
    expect(decision.reasons.at(-1)).toBe(
      'Revenue per user is rough: control has 40 buyers and treatment 40, and it takes 100 in each arm for interval and p to be reliable.',
    );
  });
});
