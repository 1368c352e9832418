import { describe, expect, it } from 'vitest';
import type { Config, ExperimentSettings } from '../../../layers/experiment/config.ts';
import {
  cleanConfig,
  martsConfig,
  measureConfig,
  stageConfig,
} from '../../../layers/experiment/config-slices.ts';
import { runConfiguration } from '../../../layers/experiment/run-configuration.ts';

const slices = { stage: stageConfig, clean: cleanConfig, marts: martsConfig, measure: measureConfig };
type StageName = keyof typeof slices;

const base = runConfiguration();
const star = base.experiments['*'] as ExperimentSettings;

/** The stages whose slices tell the two configurations apart. */
function affected(changed: Config): StageName[] {
  const names = Object.keys(slices) as StageName[];
  return names.filter((name) => JSON.stringify(slices[name](base)) !== JSON.stringify(slices[name](changed)));
}

type Case<Value> = readonly [value: Value, stages: readonly StageName[]];

/** Another value of every key, and the stages that it makes a difference to. */
const keys: { readonly [Key in Exclude<keyof Config, 'experiments'>]: readonly Case<Config[Key]>[] } = {
  aws: [[{ ...base.aws, region: 'eu-west-1' }, []]],
  raw: [[{ ...base.raw, events: 'log.csv' }, []]],
  // What columns are bound to comes with the chunk.
  schema: [[{ ...base.schema, users: { user_id: 'id' } }, []]],
  missing: [[['?'], []]],
  pii: [[{ users: { email: 'drop' } }, []]],
  files: [[{ events: { decimal: ',' } }, []]],
  // There is nothing to stage then; `measure` sees the rows.
  summary: [
    [
      {
        file: 'results.csv',
        experiment_id: 'test',
        variant: 'arm',
        users: 'n',
        outcomes: { purchase_conversion: { conversions: 'orders' } },
      },
      [],
    ],
  ],
  // The plan says it.
  as_of: [['2024-05-01', []]],
  id_type: [['string', ['stage', 'clean', 'marts']]],
  dedupe: [[{ events: ['user_id', 'event_ts'] }, ['clean']]],
  event_aliases: [[{ seen: 'view_product' }, ['clean', 'marts', 'measure']]],
  events: [[{ ...base.events, purchase: 'order' }, ['stage', 'clean', 'marts', 'measure']]],
  exclude_users: [[{ max_events_per_day: 100 }, ['marts']]],
  metrics: [[{ searches: { kind: 'mean', event: 'search', better: 'higher' } }, ['marts', 'measure']]],
};

const settings: {
  readonly [Key in Exclude<keyof ExperimentSettings, 'crossovers'>]: readonly Case<ExperimentSettings[Key]>[];
} = {
  hypothesis: [['cheaper shipping sells more', []]],
  control: [['A', []]],
  weights: [[{ control: 0.5, treatment: 0.5 }, ['marts', 'measure']]],
  ramp: [[[{ until: '2024-01-05', weights: { control: 0.9, treatment: 0.1 } }], ['measure']]],
  exposure: [
    ['assignment', ['clean', 'marts', 'measure']],
    [{ event: 'search', require_assignment_before: true }, ['clean', 'marts', 'measure']],
    [{ require_assignment_before: false }, ['marts']],
  ],
  outcome_window_days: [[7, ['marts']]],
  immature: [['exclude', ['marts', 'measure']]],
  max_crossover_share: [[0.2, []]],
  primary: [['revenue_per_user', ['marts', 'measure']]],
  secondary: [[['revenue_per_user'], ['marts', 'measure']]],
  guardrails: [
    [{}, ['marts', 'measure']],
    [
      Object.fromEntries(
        Object.keys(star.guardrails).map((name) => [
          name,
          { margin_absolute: 1, better: 'higher' as const, require: 'within_margin' as const },
        ]),
      ),
      [],
    ],
  ],
  accept_harm: [[['revenue_per_user'], []]],
  segments: [[['country'], ['marts', 'measure']]],
  alpha: [[0.01, []]],
  correction: [['none', []]],
  multiple_arms: [['dunnett', []]],
  decision: [[{ estimate: 'cuped', values: 'capped' }, []]],
  planned_end: [['2024-05-01', []]],
  planned_users: [[1000, []]],
  cuped: [
    [null, ['marts', 'measure']],
    [{ lookback_days: 7, metrics: {} }, ['marts', 'measure']],
  ],
  capping: [[{ revenue_per_user: { percentile: 99, ignore_zeros: true } }, ['measure']]],
  sequential: [[{ method: 'always_valid' }, []]],
  bayes: [[{ prior: { mean: 0, sd: 1 }, prior_relative_sd: 0.2 }, []]],
  power: [[{ target_lift: 0.1, power: 0.9 }, []]],
};

describe('what a stage sees of the configuration', () => {
  it.each(Object.entries(keys).flatMap(([key, cases]) => cases.map((one) => [key, ...one] as const)))(
    '%s: %j concerns %j',
    (key, value, stages) => {
      expect(affected({ ...base, [key]: value })).toEqual(stages);
    },
  );

  it.each(Object.entries(settings).flatMap(([key, cases]) => cases.map((one) => [key, ...one] as const)))(
    'experiments: %s: %j concerns %j, of "*" as of an experiment with a name',
    (key, value, stages) => {
      const changed = { ...star, [key]: value };
      expect(affected({ ...base, experiments: { '*': changed } })).toEqual(stages);
      expect(affected({ ...base, experiments: { '*': star, checkout: changed } })).toEqual(stages);
    },
  );

  it('the shares of the variants concern the analysis alone', () => {
    const of = (weights: ExperimentSettings['weights']) =>
      martsConfig({ ...base, experiments: { '*': { ...star, weights } } });
    expect(of({ control: 0.5, treatment: 0.5 })).toEqual(of({ control: 0.9, treatment: 0.1 }));
  });

  it('an experiment that differs in nothing is told of to nobody', () => {
    expect(affected({ ...base, experiments: { '*': star, checkout: { ...star, alpha: 0.01 } } })).toEqual([]);
  });

  it('holds what it is declared to hold, and no more', () => {
    expect(Object.keys(stageConfig(base))).toEqual(['id_type', 'purchases']);
    expect(Object.keys(cleanConfig(base).experiments['*'] ?? {})).toEqual(['exposure']);
    expect(martsConfig(base).experiments['*']).not.toHaveProperty('capping');
    expect(martsConfig(base).experiments['*']?.guardrails).toEqual({
      bounce_rate: null,
      session_duration: null,
      retention_d7: null,
    });
  });
});
