import { describe, expect, it } from 'vitest';
import { lastDayJudged, type Progress, planLook, tuningOf } from '../../../layers/analysis/look.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import { configOf } from './measurement.ts';

const settings = (text: string) => settingsOf(configOf(`experiments: { checkout: { ${text} } }`), 'checkout');

/** A hundred users more on each of ten days, all of whose windows have ended. */
const progress: Progress = {
  plannedEnd: null,
  plannedUsers: 2000,
  asOf: '2026-03-01T00:00:00Z',
  firstDay: '2026-01-01',
  closedUsers: 1000,
  openUsers: 0,
  countsOpen: true,
  maturityDays: 14,
  lastClosedDay: '2026-01-10',
  days: Array.from({ length: 10 }, (_, day) => ({
    day: `2026-01-${String(day + 1).padStart(2, '0')}`,
    users: 100 * (day + 1),
  })),
};

describe('a group-sequential look', () => {
  const pocock = settings('planned_users: 2000, sequential: { method: group_sequential, spending: pocock }');

  it('has the share of the planned users as its information', () => {
    expect(planLook(pocock, progress, 2)).toMatchObject({ information: 0.5 });
  });

  it('has all of it once the declared day is past, however few users came', () => {
    const ended = { ...progress, plannedEnd: '2026-02-01T00:00:00Z' };
    expect(planLook(pocock, ended, 2)).toMatchObject({ information: 1 });
  });

  it('judges the users up to the last declared share that was reached', () => {
    const declared = settings(
      'planned_users: 2000, sequential: { method: group_sequential, looks: [0.1, 0.25, 0.4, 1] }',
    );
    expect(lastDayJudged(declared, progress)).toBe('2026-01-08');
    expect(lastDayJudged(declared, { ...progress, closedUsers: 600, days: progress.days.slice(0, 6) })).toBe(
      '2026-01-05',
    );
  });
});

describe('always valid intervals', () => {
  it('are tightest at the users of one comparison among those that were planned', () => {
    expect(tuningOf(settings('planned_users: 3000'), 2)).toBe(3000);
    expect(tuningOf(settings('planned_users: 3000'), 4)).toBe(1500);
  });

  it('are tightest where the configuration says, whatever was planned', () => {
    const declared = 'sequential: { method: always_valid, tuning_users: 700 }, planned_users: 3000';
    expect(tuningOf(settings(declared), 4)).toBe(700);
  });
});
