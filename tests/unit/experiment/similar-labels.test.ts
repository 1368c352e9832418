import { describe, expect, it } from 'vitest';
import baseConfig from '../../../config/base.yaml';
import { bindColumns } from '../../../layers/data/column-binding.ts';
import { datasetContracts } from '../../../layers/data/datasets/index.ts';
import { type Config, loadConfig } from '../../../layers/experiment/config.ts';
import {
  type StrayLabel,
  similarLabel,
  strayLabels,
  strayRemedy,
  strayText,
} from '../../../layers/experiment/similar-labels.ts';

const labels = (users: Readonly<Record<string, number>>) =>
  Object.entries(users).map(([variant, count]) => ({ variant, users: count }));

const found = (users: Readonly<Record<string, number>>) =>
  Object.fromEntries(strayLabels(labels(users)).map(({ variant, like }) => [variant, like]));

describe('strayLabels', () => {
  it('tells the variant that a handful of users is probably of', () => {
    expect(found({ A: 997, B: 998, Bb: 4, b: 1 })).toEqual({ Bb: 'B', b: 'B' });
    expect(found({ control: 5000, treatment: 5000, treatmnet: 3, contrl: 2 })).toEqual({
      treatmnet: 'treatment',
      contrl: 'control',
    });
  });

  it('takes labels that differ in case, blanks and hyphens alone for one, however many users they have', () => {
    expect(found({ A: 1000, B: 500, 'b ': 499 })).toEqual({ 'b ': 'B' });
    expect(found({ control: 900, 'new-page': 500, 'New page': 400 })).toEqual({ 'New page': 'new-page' });
  });

  it('names a label of hardly any users without a guess where none is like it', () => {
    expect(found({ A: 1000, B: 1000, holdout: 7 })).toEqual({ holdout: null });
  });

  it('does not take labels that differ by a letter or a number on purpose for misspellings', () => {
    expect(found({ A: 1000, B: 1000, C: 5 })).toEqual({ C: null });
    expect(found({ variant_a: 1000, variant_b: 2 })).toEqual({ variant_b: null });
    expect(found({ v1: 1000, v2: 1000, v10: 3 })).toEqual({ v10: null });
    expect(found({ treatment: 1000, treatment2: 3 })).toEqual({ treatment2: null });
  });

  it('finds nothing in arms of some size, equal or not', () => {
    expect(found({ A: 1000, B: 1000 })).toEqual({});
    expect(found({ A: 9900, B: 100 })).toEqual({});
    expect(found({ A: 30, B: 29, Bb: 1 })).toEqual({});
    expect(found({})).toEqual({});
  });
});

describe('similarLabel', () => {
  it('is undefined where several are equally near', () => {
    expect(similarLabel('tests', ['tests1', 'test'])).toBe('test');
    expect(similarLabel('cat', ['cart', 'cats'])).toBeUndefined();
  });
});

const config = (overlay: string) =>
  loadConfig([
    { name: 'config/base.yaml', text: baseConfig },
    { name: 'experiment.yaml', text: overlay },
  ]);

describe('strayRemedy', () => {
  const remedy = (found: StrayLabel[], { schema }: Config, variants = ['A', 'B']) =>
    strayRemedy(found, { experimentId: 'checkout', variants, schema });
  const strays = strayLabels(labels({ A: 997, B: 998, Bb: 4, 'b ': 1 }));

  it('is a line for experiment.yaml that gives the users to the variant', () => {
    const line = remedy(strays, config('{}'));
    expect(line).toBe(
      'schema: { experiment_assignments: { variant: { column: variant, values: { Bb: B, "b ": B } } } }',
    );
    const { bindings } = bindColumns(
      datasetContracts.experiment_assignments,
      ['experiment_id', 'user_id', 'variant', 'assigned_ts'],
      config(line).schema.experiment_assignments ?? {},
      'experiment_assignments.csv',
    );
    expect(bindings.find(({ column }) => column === 'variant')?.values).toEqual({ Bb: 'B', 'b ': 'B' });
  });

  it('keeps the column and the values that are configured already', () => {
    const declared = config(
      'schema: { experiment_assignments: { variant: { column: group, values: { "0": A } } } }',
    );
    expect(remedy(strays, declared)).toContain('{ column: group, values: { "0": A, Bb: B, "b ": B } }');
    const renamed = config('schema: { experiment_assignments: { variant: bucket } }');
    expect(remedy(strays, renamed)).toContain('{ column: bucket, values: {');
  });

  it('is to name the arms where nothing is known to map', () => {
    const unlike = strayLabels(labels({ A: 1000, B: 1000, holdout: 7 }));
    expect(remedy(unlike, config('{}'))).toBe('experiments: { checkout: { weights: { A: 0.5, B: 0.5 } } }');
    expect(remedy(unlike, config('{}'), ['A', 'B', 'C'])).toBe(
      'experiments: { checkout: { weights: { A: <share>, B: <share>, C: <share> } } }',
    );
  });
});

describe('strayText', () => {
  it('says who is probably who', () => {
    expect(strayText(strayLabels(labels({ A: 997, B: 998, Bb: 4, b: 1 })))).toBe(
      'Bb (4 users) and b (1) look like B',
    );
    expect(strayText(strayLabels(labels({ A: 1000, B: 1000, b: 3, holdout: 7 })))).toBe(
      'b (3 users) looks like B, and holdout (7 users) has hardly any users',
    );
  });
});
