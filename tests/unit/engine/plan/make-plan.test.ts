import { expect, test } from 'vitest';
import { bindColumns } from '../../../../layers/data/column-binding.ts';
import { type DatasetName, datasetContracts } from '../../../../layers/data/datasets/index.ts';
import {
  BUCKET_BYTES,
  bucketsFor,
  bucketsOf,
  CHUNK_BYTES,
  chunksOf,
  type PlannedFile,
} from '../../../../layers/engine/plan/chunks.ts';
import {
  dataFiles,
  makePlan,
  requireDataset,
  requireEventUsers,
} from '../../../../layers/engine/plan/make-plan.ts';
import type { Config } from '../../../../layers/experiment/config.ts';
import { runConfiguration } from '../../../../layers/experiment/run-configuration.ts';
import { type RunInputs, runPlan } from '../../../../layers/runs/documents.ts';

const config = runConfiguration();
const headers: Record<DatasetName, string[]> = {
  users: ['user_id', 'device', 'country'],
  products: ['product_id'],
  sessions: ['session_id', 'user_id', 'session_start_ts', 'session_end_ts'],
  experiment_assignments: ['user_id', 'experiment_id', 'variant', 'assigned_ts'],
  events: ['event_id', 'session_id', 'user_id', 'event_type', 'event_ts', 'revenue'],
};

function input(kind: DatasetName, size = 100, key = `raw/${kind}.csv`) {
  return { kind, key, versionId: 'v', etag: 'e', size, lastModified: '2024-04-01T00:00:00.000Z' };
}

function planned(
  kind: DatasetName,
  options: { size?: number; key?: string; header?: string[] } = {},
): PlannedFile {
  const header = options.header ?? headers[kind];
  return {
    input: input(kind, options.size, options.key),
    header,
    columns: bindColumns(datasetContracts[kind], header, config.schema[kind], kind),
    hasLineFeeds: true,
  };
}

const inputs = (over: Partial<RunInputs> = {}): RunInputs => ({
  schemaVersion: 1,
  runId: '0123456789abcdef',
  drop: 'default',
  inputs: [],
  asOf: null,
  configHash: 'h',
  codeVersion: 'c',
  ...over,
});

const all = Object.keys(headers).map((kind) => planned(kind as DatasetName));
const planOf = (files: PlannedFile[], over: Partial<RunInputs> = {}, settings: Config = config) =>
  runPlan.parse(makePlan(inputs(over), settings, files));

test('files come in the order of datasets and keys, without empty parts', () => {
  const files = [
    input('events', 100, 'raw/events/b.csv'),
    input('events', 0, 'raw/events/a.csv'),
    input('users', 0),
    input('experiment_assignments'),
    input('products'),
  ];
  expect(dataFiles({ inputs: files }).map(({ key }) => key)).toEqual([
    'raw/products.csv',
    'raw/experiment_assignments.csv',
    'raw/events/b.csv',
  ]);
});

test('a required dataset that is missing or empty is named with where it should lie', () => {
  const only = [input('experiment_assignments')];
  expect(() => requireDataset('events', { inputs: only, drop: 'spring' }, config)).toThrow(
    /no events \(raw\/spring\/events.csv\)/,
  );
  expect(() =>
    requireDataset('events', { inputs: [...only, input('events', 0)], drop: 'default' }, config),
  ).toThrow(/events is empty \(raw\/events.csv\)/);
});

test('with all datasets nothing is unavailable', () => {
  expect(planOf(all)).toMatchObject({ buckets: 1, unavailable: [], present: Object.keys(headers) });
});

test('without users, products and sessions what needs them is named with the reason', () => {
  const { unavailable, present } = planOf([planned('experiment_assignments'), planned('events')]);
  expect(present).toEqual(['experiment_assignments', 'events']);
  expect(unavailable).toEqual([
    { kind: 'metric', name: 'session_duration', reason: 'the drop has no sessions' },
    { kind: 'check', name: 'user_ids', reason: 'the drop has no users' },
    { kind: 'check', name: 'product_ids', reason: 'the drop has no products' },
    { kind: 'check', name: 'session_ids', reason: 'the drop has no sessions' },
    { kind: 'segment', name: 'device', reason: 'the drop has no users' },
    { kind: 'segment', name: 'country', reason: 'the drop has no users' },
  ]);
});

test('sessions without an end have no duration', () => {
  const { unavailable } = planOf([
    ...all.filter(({ input: { kind } }) => kind !== 'sessions'),
    planned('sessions', { header: ['session_id', 'user_id', 'session_start_ts'] }),
  ]);
  expect(unavailable).toContainEqual({
    kind: 'metric',
    name: 'session_duration',
    reason: 'sessions have no column "session_end_ts"',
  });
});

test('outcomes that the files say nothing of are unmeasured, and so is what they were before the exposure', () => {
  expect(planOf(all).unmeasured).toEqual([]);
  const { unmeasured } = planOf([
    planned('experiment_assignments'),
    planned('events', { header: ['event_id', 'user_id', 'event_type', 'event_ts'] }),
  ]);
  expect(unmeasured).toEqual([
    'bounced_sessions',
    'exposure_sessions',
    'pre_revenue',
    'pre_session_ms',
    'pre_sessions',
    'purchase_value',
    'refunds',
    'revenue',
    'session_ms',
    'sessions',
  ]);
});

test('columns that the files lack switch off what is made of them', () => {
  const files = all.filter(({ input: { kind } }) => kind !== 'users' && kind !== 'events');
  const { unavailable } = planOf([
    ...files,
    planned('users', { header: ['user_id'] }),
    planned('events', { header: ['event_id', 'user_id', 'event_type', 'event_ts'] }),
  ]);
  expect(unavailable).toEqual([
    { kind: 'metric', name: 'revenue_per_user', reason: 'events have no column "revenue"' },
    { kind: 'metric', name: 'average_order_value', reason: 'events have no column "revenue"' },
    { kind: 'metric', name: 'bounce_rate', reason: 'events have no column "session_id"' },
    { kind: 'segment', name: 'device', reason: 'users have no column "device"' },
    { kind: 'segment', name: 'country', reason: 'users have no column "country"' },
  ]);
});

test('declared metrics that the files lack the columns or datasets for are switched off too', () => {
  const metrics = {
    items: { kind: 'mean', event: 'purchase', value: 'quantity', better: 'higher' },
    searches: { kind: 'mean', event: 'search', better: 'higher' },
    time_per_item: { kind: 'ratio', numerator: 'session_ms', denominator: 'items', better: 'higher' },
  } as const;
  const files = [
    planned('experiment_assignments'),
    planned('events', { header: [...headers.events].filter((column) => column !== 'quantity') }),
  ];
  const named = planOf(files, {}, { ...config, metrics }).unavailable.filter(({ name }) => name in metrics);
  expect(named).toEqual([
    { kind: 'metric', name: 'items', reason: 'events have no column "quantity"' },
    { kind: 'metric', name: 'time_per_item', reason: 'the drop has no sessions' },
  ]);
});

test('events that name no user, and no session of one, are refused', () => {
  const sessionsOnly = planned('events', { header: ['event_id', 'session_id', 'event_type', 'event_ts'] });
  expect(() => requireEventUsers(sessionsOnly, false)).toThrow(/events name no users/);
  expect(() => requireEventUsers(sessionsOnly, true)).not.toThrow();
  expect(() => requireEventUsers(planned('events'), false)).not.toThrow();
});

test('large files are cut into byte ranges that cover them; compressed ones and those without LF are not', () => {
  const size = 2.5 * CHUNK_BYTES;
  const large = planned('events', { size });
  const chunks = chunksOf([planned('users'), large]);
  expect(chunks.map(({ index, part }) => [index, part])).toEqual([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 2],
  ]);
  const ranges = chunks.slice(1).map(({ range }) => range);
  expect(ranges[0]?.start).toBe(0);
  expect(ranges[2]?.end).toBe(size);
  expect(ranges[1]).toEqual({ start: ranges[0]?.end, end: ranges[2]?.start });
  const gzip = planned('events', { size, key: 'raw/events.csv.gz' });
  expect(chunksOf([gzip]).map(({ range }) => range)).toEqual([null]);
  expect(chunksOf([{ ...large, hasLineFeeds: false }]).map(({ range }) => range)).toEqual([null]);
});

test('user buckets grow with the bytes of events', () => {
  expect(bucketsFor([planned('users', { size: 9 * BUCKET_BYTES }), planned('events')])).toBe(1);
  expect(bucketsFor([planned('events', { size: 20.1 * BUCKET_BYTES })])).toBe(21);
});

test.each([
  [0, 1],
  [400e6, 1],
  [401e6, 2],
  [1208e6, 4],
  [3200e6, 8],
  [9600e6, 8],
  [9601e6, 9],
])('up to eight buckets are small: %d bytes of events are %d buckets', (bytes, buckets) => {
  expect(bucketsOf(bytes)).toBe(buckets);
});

test('a day as as_of is its end; the configuration goes before the upload', () => {
  const asOf = '2024-04-02T00:00:00.000Z';
  expect(planOf(all, { asOf }).asOf).toBe(asOf);
  expect(planOf(all, { asOf }, { ...config, as_of: '2024-03-31' }).asOf).toBe('2024-04-01T00:00:00.000Z');
  const withOffset = { ...config, as_of: '2024-03-31T02:00:00+02:00' };
  expect(planOf(all, {}, withOffset).asOf).toBe('2024-03-31T00:00:00.000Z');
});

test('data are complete up to the end of the day of the newest upload at most, whatever is configured', () => {
  const uploads = {
    inputs: [
      { ...input('events'), lastModified: '2024-04-01T08:00:00.000Z' },
      { ...input('users'), lastModified: '2024-04-03T23:59:59.000Z' },
    ],
  };
  const asOfIn = (as_of: string, over: Partial<RunInputs> = {}) =>
    planOf(all, { ...uploads, ...over }, { ...config, as_of }).asOf;
  expect(asOfIn('2031-01-01')).toBe('2024-04-04T00:00:00.000Z');
  expect(asOfIn('2024-04-03')).toBe('2024-04-04T00:00:00.000Z');
  expect(asOfIn('2024-04-02')).toBe('2024-04-03T00:00:00.000Z');
  expect(asOfIn('2031-01-01', { receivedAt: '2024-05-01T00:00:00.000Z' })).toBe('2024-05-02T00:00:00.000Z');
  expect(planOf(all, uploads).asOf).toBeNull();
});

test('a file whose lines are ids is read as a whole, however large it is', () => {
  const columns = bindColumns(
    datasetContracts.events,
    headers.events,
    { ...config.schema.events, event_id: { line_number: true } },
    'events',
  );
  const large = planned('events', { size: 3 * CHUNK_BYTES });
  expect(chunksOf([large])).toHaveLength(3);
  expect(chunksOf([{ ...large, columns }])).toMatchObject([{ range: null }]);
});
