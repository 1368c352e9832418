import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import type { ExperimentReport } from '../../../layers/report/schema.ts';
import { armOf, columnsOf, configOf, experimentOf, type User, users } from './measurement.ts';

const buyer: User = { purchased: 1, added_to_cart: 1, began_checkout: 1, revenue: 2500, orders: 1 };

interface Options {
  /** Buyers of 1,000 users. */
  readonly control?: number;
  readonly treatment?: number;
  readonly settings?: string;
  readonly guardrail?: string;
  /** Days on which users came: half of them on the first, half on the last. */
  readonly days?: number;
  /** Days from the first exposure to the end of the data. */
  readonly dataDays?: number;
  readonly more?: Partial<ExperimentMeasurement>;
}

function analyze({
  control = 40,
  treatment = 42,
  settings = '',
  guardrail = 'bounce_rate: null',
  days = 10,
  dataDays = days,
  more = {},
}: Options): ExperimentReport {
  const guardrails = `{ ${guardrail}, session_duration: null, retention_d7: null }`;
  const config = configOf(
    `experiments: { checkout: { guardrails: ${guardrails}, secondary: [], ${settings} } }`,
  );
  const columns = columnsOf(config);
  const visits = (index: number): User => ({
    exposure_sessions: 1,
    bounced_sessions: index % 3 === 0 ? 1 : 0,
    events_in_window: 1 + (index % 4),
  });
  const shoppers = (buyers: number) =>
    [...users(buyers, buyer), ...users(1000 - buyers, {})].map((user, i) => ({ ...user, ...visits(i) }));
  const armsOf = (pick: (all: User[]) => User[]) => [
    armOf('control', pick(shoppers(control)), {}, columns),
    armOf('treatment', pick(shoppers(treatment)), {}, columns),
  ];
  const day = (index: number) => new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
  const cohorts = [
    { day: day(0).slice(0, 10), arms: armsOf((all) => all.slice(0, 500)) },
    { day: day(days - 1).slice(0, 10), arms: armsOf((all) => all.slice(500)) },
  ];
  return analyzeExperiment(
    experimentOf(
      armsOf((all) => all),
      { columns, cohorts, ...more },
    ),
    settingsOf(config, 'checkout'),
    {
      config,
      unavailable: [],
      asOf: day(dataDays),
      quality: {},
      warnings: [],
    },
  );
}

const reasons = (options: Options) => analyze(options).decision.reasons;

describe('keep running', () => {
  it('says what it takes to find the lift that is sought, where that is from, and what can be found sooner', () => {
    const { rule, reasons: found } = analyze({ control: 400, treatment: 410, days: 10 }).decision;
    expect(rule).toBe('no_significant_effect');
    expect(found[1]).toMatch(
      /^To detect a lift of 5\.0 % with 80\.0 % power \(power\.target_lift in experiment\.yaml, 5 % by default\) takes [\d,]+ users \(2,000 now\)\. That is about \d+ more days at this traffic\.$/,
    );
    expect(found[2]).toMatch(
      /^The present users can detect a lift of 21\.\d % or more\. 28 more days \(7,600 users\) could detect 10\.\d % or more\.$/,
    );
    expect(found[3]).toBe(
      'No planned end or size is declared (planned_end, planned_users), so the p-values hold at every look. Without one, only shown harm ends the experiment with "do not ship". Declare one before the next test.',
    );
  });

  it('says when the time for that is no plan, and then by a rule of its own', () => {
    const { rule, action, reasons: found } = analyze({ days: 30 }).decision;
    expect([action, rule]).toEqual(['keep_running', 'target_lift_not_feasible']);
    expect(found[1]).toMatch(/about [\d,]+ more days at this traffic, which is not feasible\.$/);
    expect(found[2]).toMatch(/\. 28 more days \(3,867 users\) could detect 6\d\.\d % or more\.$/);
  });

  it('takes the lift that is configured', () => {
    const found = reasons({ settings: 'power: { target_lift: 0.9 }' });
    expect(found[1]).toBe(
      'The present 2,000 users are enough to detect a lift of 90.0 % with 80.0 % power (power.target_lift in experiment.yaml, 5 % by default). A smaller lift takes more users.',
    );
  });

  it('says how long the planned size takes at this traffic', () => {
    expect(reasons({ settings: 'planned_users: 3000, planned_end: 2026-03-01' })[0]).toBe(
      'The experiment has not reached its plan: 2,000 of 3,000 planned users, about 5 more days at this traffic; planned end 2026-03-01, data up to 2026-01-11 00:00 UTC.',
    );
    const closed = { settings: 'planned_users: 3000', dataDays: 24 };
    expect(reasons(closed)[0], 'days after the last exposure say nothing of the traffic').toContain(
      '2,000 of 3,000 planned users, about 5 more days at this traffic',
    );
    expect(reasons({ settings: 'planned_users: 900000' })[0]).toContain('which is not feasible');
  });

  it('at the planned size says that it is reached, and how many users show the guardrail', () => {
    const settings = 'planned_users: 2000';
    const guardrail = 'bounce_rate: { margin_relative: 0.05, better: lower, require: within_margin }';
    const { rule, reasons: found } = analyze({ treatment: 90, settings, guardrail }).decision;
    expect(rule).toBe('guardrail_not_shown');
    expect(found).toContain('The planned 2,000 users are reached (2,000).');
    expect(found.join(' ')).toMatch(
      /If treatment has no effect on Bounce rate, showing it within its margin takes 35,\d{3} users \(2,000 now\), about \d+ more days at this traffic\./,
    );
  });
});

describe('a final decision', () => {
  const open = { immatureUsers: 1320 };

  it('waits for the outcome windows of the planned users, and names the open ones that are left', () => {
    const plan = 'planned_users: 2000';
    expect(analyze({ settings: plan, days: 1, more: open }).decision).toMatchObject({
      action: 'keep_running',
      rule: 'windows_open',
    });
    expect(reasons({ settings: plan, days: 1, more: open })[0]).toBe(
      'The planned 2,000 users have come. The outcome windows of 1,320 of them are still open: the verdict needs data up to 2026-01-16 00:00 UTC (as_of).',
    );
    expect(reasons({ more: open }).join(' ')).not.toContain('outcome window');
    expect(reasons({ settings: `${plan}, immature: exclude`, more: open }).join(' ')).not.toContain(
      'outcome window',
    );
  });

  it('asks to check a lift that is too good to be true', () => {
    const sentence =
      "+150.0 % on Purchase conversion in treatment is unusually large: check the exposure and the event before you believe it (Twyman's law).";
    expect(reasons({ treatment: 100 })).toContain(sentence);
    expect(reasons({ control: 4, treatment: 8 }).join(' ')).not.toContain('Twyman');
    expect(reasons({ control: 200, treatment: 290 }).join(' ')).not.toContain('Twyman');
  });
});
