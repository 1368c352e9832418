import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ArmMeasurement } from '../../../layers/experiment/measurements.ts';
import type { Decision } from '../../../layers/report/schema.ts';
import { armOf, columnsOf, configOf, experimentOf, users } from './measurement.ts';

interface Day {
  readonly day: string;
  readonly users: number;
  readonly control: number;
  readonly treatment: number;
}

/** The decision about users of some days of exposure, so many of each arm, and so many of them buyers. */
function decisionOn(
  days: readonly Day[],
  asOf: string,
  settings: string,
  immatureUsers: number,
  left = '',
): Decision {
  const config = configOf(
    `experiments: { checkout: { secondary: [], cuped: null, capping: { revenue_per_user: null }, guardrails: { bounce_rate: null, session_duration: null, retention_d7: null }, ${settings} } }${left}`,
  );
  const columns = columnsOf(config);
  const armsOf = (of: readonly Day[]): ArmMeasurement[] =>
    (['control', 'treatment'] as const).map((variant) =>
      armOf(
        variant,
        of.flatMap((day) => [
          ...users(day[variant], { purchased: 1, events_in_window: 3 }),
          ...users(day.users - day[variant], { events_in_window: 2 }),
        ]),
        {},
        columns,
      ),
    );
  const measurement = experimentOf(armsOf(days), {
    cohorts: days.map((day) => ({ day: day.day, arms: armsOf([day]) })),
    immatureUsers,
  });
  return analyzeExperiment(measurement, settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf,
    quality: {},
    warnings: [],
  }).decision;
}

/** Two days of users: the treatment sells more to those who came first, or last. */
const first = { day: '2026-01-01', users: 1000, control: 100, treatment: 160 };
const same = { day: '2026-01-01', users: 1000, control: 100, treatment: 100 };
const second = { day: '2026-01-04', users: 1000, control: 100, treatment: 160 };
const secondSame = { day: '2026-01-04', users: 1000, control: 100, treatment: 100 };
const secondWorse = { day: '2026-01-04', users: 1000, control: 160, treatment: 80 };

describe('open outcome windows', () => {
  it('keep a full plan waiting, until the day on which the last planned user has had a window', () => {
    const decision = decisionOn([first, second], '2026-01-10T00:00:00Z', 'planned_users: 3000', 4000);
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'windows_open' });
    expect(decision.reasons[0]).toBe(
      'The planned 3,000 users have come. The outcome windows of 3,000 of them are still open: the verdict needs data up to 2026-01-19 00:00 UTC (as_of).',
    );
  });

  it('keep a planned end waiting for the users exposed until then', () => {
    const plan = 'planned_end: 2026-01-10';
    const waiting = decisionOn([first, second], '2026-01-17T00:00:00Z', plan, 2000);
    expect(waiting).toMatchObject({ action: 'keep_running', rule: 'windows_open' });
    expect(waiting.reasons[0]).toContain('the verdict needs data up to 2026-01-24 00:00 UTC (as_of)');
    expect(decisionOn([first, second], '2026-01-19T00:00:00Z', plan, 0)).toMatchObject({ action: 'ship' });
  });

  it('make no verdict that the users whose window has ended do not show', () => {
    const asOf = '2026-01-17T00:00:00Z';
    for (const [days, action] of [
      [[same, second], 'keep_running'],
      [[same, secondWorse], 'keep_running'],
      [[first, secondSame], 'ship'],
    ] as const) {
      const decision = decisionOn(days, asOf, 'planned_users: 2000', 2000);
      expect(decision.action).toBe(action);
      expect(decision.rule).toBe(action === 'ship' ? 'primary_better_without_guardrails' : 'windows_open');
    }
  });

  it('stop nothing for a harm that only they show, without a plan either', () => {
    expect(
      decisionOn([same, secondWorse], '2026-01-17T00:00:00Z', 'planned_users: null', 2000),
    ).toMatchObject({ action: 'keep_running', rule: 'windows_open' });
  });
});

describe('users beyond the plan', () => {
  it('change no verdict that was due before they came', () => {
    const decision = decisionOn([same, second], '2026-02-01T00:00:00Z', 'planned_users: 2000', 0);
    expect(decision).toMatchObject({ action: 'do_not_ship', rule: 'ended_without_success' });
    expect(decision.reasons.join(' ')).toContain(
      'Among the 2,000 users up to the plan treatment is inconclusive. Users who came later do not change the verdict.',
    );
  });

  it('are those exposed after a planned end, too', () => {
    const plan = 'planned_end: 2026-01-03';
    expect(decisionOn([same, second], '2026-02-01T00:00:00Z', plan, 0)).toMatchObject({
      action: 'do_not_ship',
      rule: 'ended_without_success',
    });
    expect(decisionOn([first, secondWorse], '2026-02-01T00:00:00Z', plan, 0).action).not.toBe('ship');
  });
});

describe('group sequential looks', () => {
  const plan = (looks: string) =>
    `planned_users: 8000, sequential: { method: group_sequential, spending: pocock${looks} }`;
  const asOf = '2026-02-01T00:00:00Z';

  it('that were declared leave what came since the last of them to the next one', () => {
    const declared = plan(', looks: [0.25, 0.75, 1]');
    const decision = decisionOn([same, second], asOf, declared, 0);
    expect(decision).toMatchObject({ action: 'keep_running', rule: 'before_planned_end' });
    expect(decision.reasons.at(-1)).toBe(
      'Among the 2,000 users up to the last declared look treatment is inconclusive. Users who came later do not change the verdict.',
    );
    expect(decisionOn([first, secondSame], asOf, declared, 0)).toMatchObject({ action: 'ship' });
  });

  it('that were not are one for every day, and the present one is judged', () => {
    expect(decisionOn([same, second], asOf, plan(''), 0)).toMatchObject({ action: 'ship' });
  });
});
