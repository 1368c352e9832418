import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import type { ExperimentReport, Unavailable } from '../../../layers/report/schema.ts';
import { armOf, columnsOf, configOf, experimentOf, type User } from './measurement.ts';
import { shoppers } from './shoppers.ts';

interface Options {
  readonly overlay?: string;
  readonly eventNames?: string[];
  readonly unavailable?: Unavailable[];
  readonly exposed?: boolean;
  readonly change?: (user: User) => User;
  readonly more?: Partial<ExperimentMeasurement>;
}

function analyze({
  overlay = '{}',
  eventNames,
  unavailable = [],
  exposed = true,
  change = (user) => user,
  more = {},
}: Options): ExperimentReport {
  const config = configOf(overlay);
  const columns = columnsOf(config);
  const arm = (variant: string, seed: number) =>
    exposed
      ? armOf(variant, shoppers(400, seed).map(change), {}, columns)
      : armOf(variant, [], { assigned: 400 }, columns);
  return analyzeExperiment(
    experimentOf([arm('control', 61), arm('treatment', 62)], { columns, ...more }),
    settingsOf(config, 'checkout'),
    { config, unavailable, asOf: '2026-02-01T00:00:00Z', quality: {}, warnings: [], eventNames },
  );
}

describe('an experiment that nobody was exposed to', () => {
  it('is invalid, and names the event that there is none of and the one that was probably meant', () => {
    const { decision } = analyze({
      exposed: false,
      overlay: 'events: { exposure: pageview }',
      eventNames: ['add_to_cart', 'page_view', 'purchase'],
    });
    expect(decision).toMatchObject({ action: 'invalid', rule: 'nobody_exposed', variant: null });
    expect(decision.reasons).toEqual([
      'Nobody was exposed: no event is called "pageview". Did you mean "page_view"? Then put this into experiment.yaml and run the same files again: events: { exposure: page_view }.',
    ]);
  });

  it('names the events that there are where none is near', () => {
    const { decision } = analyze({ exposed: false, eventNames: ['buy', 'open'] });
    expect(decision.reasons[0]).toBe(
      'Nobody was exposed: no event is called "view_product"; there are buy, open. Name the one that exposes a user in experiment.yaml and run the same files again: events: { exposure: <its name> }, or let everyone count from the assignment on: experiments: { checkout: { exposure: assignment } }.',
    );
  });

  it('points to the place where the experiment names an event of its own', () => {
    const { decision } = analyze({
      exposed: false,
      overlay: 'experiments: { checkout: { exposure: { event: seen } } }',
      eventNames: ['seens'],
    });
    expect(decision.reasons[0]).toContain('experiments: { checkout: { exposure: { event: seens } } }.');
  });

  it('points to the ids and the times where there are such events', () => {
    const eventNames = ['view_product'];
    expect(analyze({ exposed: false, eventNames }).decision.reasons[0]).toBe(
      'Nobody was exposed: no assigned user has an event "view_product" at or after the assignment. Check that events and assignments call users the same, and that assigned_ts is the time of the assignment.',
    );
    const more = { earlyExposures: { events: 900, users: 700, usersLeftOut: 700 } };
    expect(analyze({ exposed: false, eventNames, more }).decision.reasons[0]).toBe(
      'Nobody was exposed: 700 users have an event "view_product", all of them only before the assignment. Check that assigned_ts is the time of the assignment.',
    );
  });

  it('passes no check that there is nobody to make on', () => {
    const { trust, metrics } = analyze({ exposed: false, eventNames: [] });
    expect(metrics.filter(({ unavailable }) => unavailable !== null)).toEqual([]);
    const statuses = Object.fromEntries(trust.checks.map(({ name, status }) => [name, status]));
    expect(statuses).toMatchObject({
      sample_ratio_exposed: 'not_checked',
      exposure_rate: 'not_checked',
      assignment_before_exposure: 'not_checked',
      immature_users: 'not_checked',
      covariate_balance: 'not_checked',
    });
  });

  it('is told apart from one whose windows are all open', () => {
    const { decision } = analyze({
      exposed: false,
      overlay: 'experiments: { checkout: { immature: exclude } }',
      more: {
        immatureUsers: 300,
        arms: ['control', 'treatment'].map((variant) => armOf(variant, [], { assigned: 400, exposed: 150 })),
      },
    });
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'no_window_ended' });
    expect(decision.reasons).toEqual([
      'Nobody is analysed yet: the outcome window of all 300 exposed users is still open, and immature: exclude leaves them out. Wait, or shorten outcome_window_days.',
    ]);
  });
});

describe('an experiment without its primary metric in the data', () => {
  it('is invalid where a column is missing, and says what to change', () => {
    const { decision } = analyze({
      overlay: 'experiments: { checkout: { primary: revenue_per_user, secondary: [] } }',
      unavailable: [{ kind: 'metric', name: 'revenue_per_user', reason: 'events have no column "revenue"' }],
    });
    expect(decision).toMatchObject({ action: 'invalid', rule: 'primary_not_in_data' });
    expect(decision.reasons).toEqual([
      'Revenue per user, the primary metric, cannot be computed: events have no column "revenue". Add it to the files or say in experiment.yaml what it is called there (schema), or choose another primary metric: experiments: { checkout: { primary: <metric> } }.',
    ]);
  });

  it('is invalid where no event at all is of its name, with the nearest one', () => {
    const { decision } = analyze({
      eventNames: ['purchases', 'view_product'],
      change: (user) => ({ ...user, purchased: 0, orders: 0, revenue: 0 }),
    });
    expect(decision).toMatchObject({ action: 'invalid', rule: 'primary_not_in_data' });
    expect(decision.reasons[0]).toBe(
      'Purchase conversion, the primary metric, cannot be computed: no event is called "purchase", the nearest name is "purchases". Say in experiment.yaml what it is called (events, event_aliases or the metric), or choose another primary metric: experiments: { checkout: { primary: <metric> } }.',
    );
  });

  it('runs on where there are such events and nobody has one yet', () => {
    const { decision } = analyze({
      eventNames: ['purchase', 'view_product'],
      change: (user) => ({ ...user, purchased: 0, orders: 0, revenue: 0 }),
    });
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'primary_not_testable' });
  });

  it('says of a failed check as well', () => {
    const { decision } = analyze({
      unavailable: [{ kind: 'metric', name: 'purchase_conversion', reason: 'the drop has no events' }],
      more: {
        crossovers: 60,
        crossoversByFirstVariant: [{ variant: 'control', users: 60 }],
      },
    });
    expect(decision.rule).toBe('primary_not_in_data');
    expect(decision.reasons).toHaveLength(2);
  });
});
