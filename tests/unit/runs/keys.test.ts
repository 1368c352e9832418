import { describe, expect, it } from 'vitest';
import { runConfiguration } from '../../../layers/experiment/run-configuration.ts';
import { dropNameProblem, parseRawKey } from '../../../layers/runs/keys.ts';

const { raw } = runConfiguration();

describe('parseRawKey', () => {
  it.each([
    ['raw/users.csv', { drop: 'default', kind: 'users' }],
    ['raw/events.csv.gz', { drop: 'default', kind: 'events' }],
    ['raw/events/part-0001.csv', { drop: 'default', kind: 'events' }],
    ['raw/excluded_users.csv', { drop: 'default', kind: 'excluded_users' }],
    ['raw/shop_b/excluded_users.csv.gz', { drop: 'shop_b', kind: 'excluded_users' }],
    ['raw/experiment.yaml', { drop: 'default', kind: 'config' }],
    ['raw/_MANIFEST.json', { drop: 'default', kind: 'manifest' }],
    ['raw/_SUCCESS', { drop: 'default', kind: 'success' }],
    ['raw/shop_b/_SUCCESS', { drop: 'shop_b', kind: 'success' }],
    ['raw/events/_SUCCESS', undefined],
    ['raw/shop_b/events.csv', { drop: 'shop_b', kind: 'events' }],
    ['raw/shop_b/events/part-0001.csv.gz', { drop: 'shop_b', kind: 'events' }],
    ['raw/shop_b/_MANIFEST.json', { drop: 'shop_b', kind: 'manifest' }],
  ])('%s belongs to its drop', (key, expected) => {
    expect(parseRawKey(key, raw)).toEqual(expected);
  });

  it.each([
    'users.csv',
    'raw/other.csv',
    'raw/events.csv.bak',
    'raw/events/deeper/part.csv',
    'raw/Shop B/events.csv',
    'raw/default/events.csv',
    'raw/shop_b/deeper/events.csv',
    'raw/',
  ])('%s belongs to no drop', (key) => {
    expect(parseRawKey(key, raw)).toBeUndefined();
  });
});

describe('dropNameProblem', () => {
  it('refuses the names of datasets', () => {
    expect(dropNameProblem('events')).toMatch(/name of a dataset/);
  });
  it.each(['', 'Shop', 'a/b', '-a', 'a'.repeat(64)])('refuses %j', (name) => {
    expect(dropNameProblem(name)).toMatch(/lower-case/);
  });
  it('takes letters, digits, dashes and underscores', () => {
    expect(dropNameProblem('shop_b-2026')).toBeUndefined();
  });
});
