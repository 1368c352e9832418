import { describe, expect, it } from 'vitest';
import baseConfig from '../../../config/base.yaml';
import { loadConfig, settingsOf } from '../../../layers/experiment/config.ts';
import { ConfigError } from '../../../layers/platform/errors.ts';

const load = (overlay: string) =>
  loadConfig([
    { name: 'config/base.yaml', text: baseConfig },
    { name: 'experiment.yaml', text: overlay },
  ]);

function errorOf(overlay: string): string {
  try {
    load(overlay);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('merges maps and replaces lists and scalars', () => {
    const config = load(
      'event_aliases: { seen: view_product }\nexperiments: { "*": { alpha: 0.01, segments: [country] } }\n',
    );
    expect(config.event_aliases).toMatchObject({ seen: 'view_product', pdp_view: 'view_product' });
    expect(settingsOf(config, 'any')).toMatchObject({
      alpha: 0.01,
      segments: ['country'],
      control: 'control',
    });
  });

  it('starts a named experiment from the settings of "*"', () => {
    const config = load('experiments: { "*": { alpha: 0.01 }, checkout: { control: A } }');
    expect(settingsOf(config, 'checkout')).toMatchObject({ control: 'A', alpha: 0.01 });
    expect(settingsOf(config, 'other')).toMatchObject({ control: 'control', alpha: 0.01 });
  });

  it('takes the direction of a guardrail from its metric, unless it names one', () => {
    const config = load(`
metrics: { returns: { kind: conversion, event: return, better: lower }, wishes: { kind: conversion, event: wish } }
experiments:
  "*":
    guardrails:
      refund_rate: { margin_relative: 0.1 }
      average_order_value: { margin_relative: 0.1 }
      returns: { margin_relative: 0.1 }
      wishes: { margin_relative: 0.1 }
      add_to_cart_rate: { margin_relative: 0.1, better: lower }
`);
    const { guardrails } = settingsOf(config, 'any');
    const directions = Object.entries(guardrails).map(([name, { better }]) => [name, better]);
    expect(Object.fromEntries(directions)).toMatchObject({
      refund_rate: 'lower',
      average_order_value: 'higher',
      returns: 'lower',
      wishes: 'higher',
      add_to_cart_rate: 'lower',
    });
  });

  it('takes an inherited guardrail out where the overlay says null', () => {
    const config = load('experiments: { "*": { guardrails: { bounce_rate: null } } }');
    expect(Object.keys(settingsOf(config, 'any').guardrails)).toEqual(['session_duration', 'retention_d7']);
  });

  it.each([
    ['margin_relative: 0.1', { margin_relative: 0.1, better: 'lower', require: 'within_margin' }],
    ['margin_absolute: 0.02', { margin_absolute: 0.02, better: 'lower', require: 'within_margin' }],
    ['margin_relative: 0.1, require: no_harm', { margin_relative: 0.1, better: 'lower', require: 'no_harm' }],
    ['require: within_margin', { margin_relative: 0.05, better: 'lower', require: 'within_margin' }],
  ])('a declared margin takes the place of the inherited one, and has to be shown: %s', (own, guardrail) => {
    const config = load(`experiments: { checkout: { guardrails: { bounce_rate: { ${own} } } } }`);
    expect(settingsOf(config, 'checkout').guardrails.bounce_rate).toEqual(guardrail);
  });

  it('takes an empty file for no overlay', () => {
    expect(load('')).toEqual(loadConfig([{ name: 'config/base.yaml', text: baseConfig }]));
  });

  it.each([
    [
      'a top-level typo',
      'experimets: {}',
      'unknown key "experimets" (experiment.yaml:1:1). Did you mean "experiments"?',
    ],
    [
      'a typo in an experiment',
      'experiments:\n  "*":\n    primry: x\n',
      'unknown key "experiments.*.primry" (experiment.yaml:3:5). Did you mean "primary"?',
    ],
    [
      'a typo inside a union',
      'experiments:\n  "*":\n    exposure: {evnt: a}\n',
      'unknown key "experiments.*.exposure.evnt" (experiment.yaml:3:16). Did you mean "event"?',
    ],
    ['a value out of range', 'experiments:\n  e1:\n    alpha: 5\n', '(experiment.yaml:3:5)'],
    [
      'a metric that does not exist',
      'experiments:\n  e1: {primary: purchase_conversio}\n',
      'there is no metric "purchase_conversio" (experiment.yaml:2:8). Did you mean "purchase_conversion"?',
    ],
    [
      'a metric named like a column',
      'metrics:\n  revenue: {kind: mean, event: purchase}\n',
      '"revenue" is a column of user_outcomes, where the metric\'s values would stand too (experiment.yaml:2:3)',
    ],
    [
      'a ratio of what is no sum',
      'metrics:\n  x: {kind: ratio, numerator: revenu, denominator: orders}\n',
      'Did you mean "revenue"?',
    ],
    ['quantities of no event', 'metrics:\n  items: {kind: mean, value: quantity}\n', 'Add event: purchase'],
    [
      'a window of sessions other than that of the experiment',
      'metrics:\n  x: {kind: quantile, value: session_duration, quantile: 0.9, window_days: 3}\n',
      'sessions are those of the outcome window',
    ],
    [
      'a cap of what is only there or not',
      'experiments:\n  e: {capping: {purchase_conversion: {percentile: 99}}}\n',
      '"purchase_conversion" is a conversion, which has nothing to cap (experiment.yaml:2:17)',
    ],
    [
      'a covariate that begins with the exposure',
      'experiments:\n  e: {cuped: {metrics: {revenue_per_user: {covariates: [bounce_rate]}}}}\n',
      '"bounce_rate" has no value before the exposure',
    ],
    [
      'a column source that is none',
      'schema: {events: {event_ts: {colum: x}}}',
      'unknown key "schema.events.event_ts.colum" (experiment.yaml:1:30). Did you mean "column"?',
    ],
    [
      'weights that do not sum to one',
      'experiments:\n  x:\n    weights: {control: 0.5, b: 0.3}\n',
      'the weights sum to 0.8 (experiment.yaml:3:5)',
    ],
    [
      'a ramp that does not say what it ended with',
      'experiments:\n  x:\n    ramp: [{until: 2024-01-05, weights: {control: 0.9, b: 0.1}}]\n',
      'a ramp needs to know the shares that it ended with (experiment.yaml:3:5)',
    ],
    [
      'a ramp of other arms',
      'experiments:\n  x:\n    weights: {control: 0.5, b: 0.5}\n    ramp: [{until: 2024-01-05, weights: {control: 0.9, c: 0.1}}]\n',
      'its arms are c, control, and those of the weights b, control (experiment.yaml:4:',
    ],
    [
      'a ramp that goes back',
      'experiments:\n  x:\n    weights: {control: 0.5, b: 0.5}\n    ramp: [{until: 2024-01-05, weights: {control: 0.9, b: 0.1}}, {until: 2024-01-04, weights: {control: 0.8, b: 0.2}}]\n',
      'the period until 2024-01-04 does not come after the one until 2024-01-05 (experiment.yaml:4:',
    ],
    [
      'weights without the control',
      'experiments:\n  x:\n    weights: {a: 0.5, b: 0.5}\n',
      'the weights lack the control "control"',
    ],
    ['a list where a map belongs', '- 1', 'a configuration is a map of keys to values (experiment.yaml:1:1)'],
    ['text that is not YAML', 'a: [\n', 'not valid YAML'],
    [
      'a duplicated key',
      'id_type: string\nid_type: bigint\n',
      'Map keys must be unique (experiment.yaml:2:1)',
    ],
    [
      'an unknown sequential method',
      'experiments:\n  e: {sequential: {method: nope}}\n',
      '(experiment.yaml:2:20)',
    ],
    [
      'two corrections of different errors',
      'experiments:\n  e: {multiple_arms: dunnett, correction: benjamini_hochberg}\n',
      'they do not combine (experiment.yaml:2:7)',
    ],
    [
      'a correction of one look for a test of all looks',
      'experiments:\n  e: {multiple_arms: dunnett, sequential: {method: always_valid}}\n',
      'Use multiple_arms: holm with sequential: { method: always_valid }',
    ],
    [
      'the same where no end is declared, so that one may look at any time',
      'experiments:\n  e: {multiple_arms: dunnett}\n',
      'Declare planned_users or planned_end, or use multiple_arms: holm',
    ],
    [
      'group sequential looks at an experiment without an end',
      'experiments:\n  e: {sequential: {method: group_sequential}}\n',
      'Declare planned_users or planned_end',
    ],
    [
      'looks that go back',
      'experiments:\n  e: {planned_users: 10, sequential: {method: group_sequential, looks: [0.5, 0.2]}}\n',
      'must rise from look to look',
    ],
    [
      'a decision by an adjustment that is switched off',
      'experiments:\n  e: {cuped: null, decision: {estimate: cuped}}\n',
      'the decision goes by cuped, which is switched off',
    ],
    [
      'a guardrail without a margin',
      'experiments:\n  e: {guardrails: {revenue_per_user: {better: higher}}}\n',
      'needs either margin_relative or margin_absolute',
    ],
  ])('refuses %s, naming the place', (_, overlay, message) => {
    expect(errorOf(overlay)).toContain(message);
  });
});

describe('a value that cannot stand where it stands is told with what can', () => {
  it.each([
    ['alpha: five', '"experiments.*.alpha" is "five", but takes: number above 0 below 1'],
    ['alpha: 5', 'is 5, but takes: number above 0 below 1 (experiment.yaml:3:5). Write 5 % as 0.05'],
    ['outcome_window_days: fourteen', 'is "fourteen", but takes: whole number from 1 to 3650'],
    ['outcome_window_days: "7"', 'Write the number without quotation marks'],
    ['outcome_window_days:', '"experiments.*.outcome_window_days" is empty, but takes: whole number'],
    ['correction: holms', '"benjamini_hochberg", "none" (experiment.yaml:3:5). Did you mean "holm"?'],
    ['secondary: events_in_window', 'takes: list of: text (experiment.yaml:3:5). Write a list: [events'],
    ['planned_end: 31.05.2024', 'takes: date or time or null (experiment.yaml:3:5). Write it as 2024-05-31'],
    ['exposure: seen', 'takes: "assignment" or { event?, require_assignment_before? }'],
    ['sequential: { looks: [1] }', 'looks" does not go with {"method":"auto"} (experiment.yaml:3:19)'],
    ['segments: [Device Type]', 'is "Device Type", but must be a column name in lower case'],
  ])('%s', (line, message) => {
    expect(errorOf(`experiments:\n  "*":\n    ${line}\n`)).toContain(message);
  });

  it.each([
    ['metrics: { m: { kind: conversion } }', '"metrics.m.event" is missing; it takes: text'],
    [
      'metrics: { m: { kind: avg } }',
      'takes: "conversion" or "mean" or "ratio" or "retention" or "quantile"',
    ],
    ['metrics: { MyMetric: { kind: mean } }', '"metrics.MyMetric" must be in lower_snake_case'],
    ['raw: { events: log.json }', '"raw.events" is "log.json", but must be a file name that ends in .csv'],
    ['as_of: yesterday', '"as_of" is "yesterday", but takes: date or time or null (experiment.yaml:1:1)'],
  ])('%s', (text, message) => {
    expect(errorOf(text)).toContain(message);
  });
});
