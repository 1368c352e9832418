import { expect, test } from 'vitest';
import type { ColumnSource } from '../../../layers/data/column-binding.ts';
import { bindColumns } from '../../../layers/data/column-binding.ts';
import { datasetContracts } from '../../../layers/data/datasets/index.ts';
import { ConfigError, SchemaError } from '../../../layers/platform/errors.ts';

const required = ['event_id', 'event_name', 'event_ts'];
const bind = (header: string[], mapping: Record<string, ColumnSource> = {}) =>
  bindColumns(datasetContracts.events, header, mapping, 'raw/events.csv');
const sources = (header: string[], mapping: Record<string, ColumnSource> = {}) =>
  Object.fromEntries(bind(header, mapping).bindings.map(({ column, source }) => [column, source]));

function failure(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test('a column without a mapping is called as in the contract; absent optional ones are left out', () => {
  expect(sources([...required, 'revenue', 'unknown'])).toEqual({
    event_id: 'event_id',
    event_name: 'event_name',
    event_ts: 'event_ts',
    revenue: 'revenue',
  });
});

test('names match exactly first, else without regard to case', () => {
  expect(sources(['EVENT_ID', 'Event_Name', 'event_ts'])).toMatchObject({
    event_id: 'EVENT_ID',
    event_name: 'Event_Name',
  });
  expect(sources([...required, 'Revenue', 'revenue']).revenue).toBe('revenue');
  expect(failure(() => bind([...required, 'Revenue', 'REVENUE']))).toBeInstanceOf(SchemaError);
});

test('of several candidates the first that the file has is taken', () => {
  const mapping = { event_name: ['event_type', 'event_name'] };
  expect(sources(required, mapping).event_name).toBe('event_name');
  expect(sources([...required, 'event_type'], mapping).event_name).toBe('event_type');
});

test('a constant and renamed values are part of the binding', () => {
  const { bindings } = bind(required, {
    currency: { constant: 'EUR' },
    event_name: { column: 'event_name', values: { buy: 'purchase' } },
  });
  expect(bindings).toContainEqual({ column: 'currency', source: null, constant: 'EUR', values: {} });
  expect(bindings).toContainEqual({
    column: 'event_name',
    source: 'event_name',
    constant: null,
    values: { buy: 'purchase' },
  });
});

test('all missing required columns are told at once', () => {
  const { message } = failure(() => bind(['id', 'timestamp', 'kind'], { event_name: ['a', 'b'] }));
  expect(message).toContain(
    'the required columns "event_id" and "event_name", which should come from "a" or "b", and "event_ts" are missing; the file has id, timestamp, kind',
  );
  expect(message).toMatch(/schema: \{ events: \{ event_id: .+, event_name: .+, event_ts: "timestamp" \} \}$/);
});

test('a missing required column names the file, its columns, and the line that may help', () => {
  const error = failure(() => bind(['event_id', 'event_name', 'event_tss', '']));
  expect(error).toBeInstanceOf(SchemaError);
  expect(error.message).toBe(
    'the required column "event_ts" is missing; the file has event_id, event_name, event_tss (raw/events.csv:1). ' +
      'Put this into experiment.yaml (./ecom init writes one for a folder): schema: { events: { event_ts: "event_tss" } }',
  );
  expect(failure(() => bind(['event_id', 'event_ts'], { event_name: ['a', 'b'] })).message).toMatch(
    /"event_name", which should come from "a" or "b", is missing/,
  );
});

test.each([
  ['a name that it has elsewhere', ['event_id', 'event_name', 'timestamp'], 'timestamp'],
  ['one in another spelling', ['event_id', 'event_name', 'Created At'], 'Created At'],
  [
    'a telling name rather than a general one',
    ['event_id', 'event_name', 'date', 'event_time'],
    'event_time',
  ],
  ['a slip of the pen', ['event_id', 'event_name', 'evnt_ts'], 'evnt_ts'],
  ['the only name that speaks of times', ['event_id', 'event_name', 'hit_ts'], 'hit_ts'],
  ['no other column of the contract', ['event_id', 'event_name', 'revenue'], undefined],
  ['none of several that speak of times', ['event_id', 'event_name', 'hit_ts', 'flushed_at'], undefined],
])('for a missing column is suggested %s', (_, header, suggestion) => {
  const { message } = failure(() => bind(header));
  expect(message).toContain(
    `event_ts: ${suggestion === undefined ? '<its name in the file>' : JSON.stringify(suggestion)}`,
  );
});

test('a mapping of a column that the contract does not have is a ConfigError with the nearest name', () => {
  const error = failure(() => bind(required, { revenu: 'amount' }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toMatch(/events has no column "revenu".*Did you mean "revenue"/);
});

test('users keep other columns, but for those that a mapping replaced', () => {
  const users = (header: string[], mapping: Record<string, ColumnSource> = {}) =>
    bindColumns(datasetContracts.users, header, mapping, 'raw/users.csv');
  expect(users(['user_id', '', 'Plan', 'country']).otherColumns).toEqual(['Plan']);
  const replaced = users(['user_id', 'country', 'ship_country'], { country: 'ship_country' });
  expect(replaced.otherColumns).toEqual([]);
  const added = users(['user_id', 'customer_tier'], { tier: 'customer_tier' });
  expect(added.bindings.map(({ column }) => column)).toEqual(['user_id', 'tier']);
  expect(added.otherColumns).toEqual([]);
  expect(users(['user_id', 'a b', 'a-b', 'c', 'c', 'Unnamed: 0', 'd']).otherColumns).toEqual(['d']);
  expect(failure(() => users(['user_id', 'user_id'])).message).toMatch(/names the column "user_id" twice/);
});
