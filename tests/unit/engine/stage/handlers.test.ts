import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { handler as clean } from '../../../../lambdas/clean/handler.ts';
import { handler as plan } from '../../../../lambdas/plan/handler.ts';
import { handler as stage } from '../../../../lambdas/stage/handler.ts';
import { type Completion, type RunPlan, runPlan, stageMarker } from '../../../../layers/runs/documents.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';
import { ObjectServer } from './object-server.ts';

const runId = '0123456789abcdef';
const drop = 'default';
const event = { runId, drop, attempt: 1, index: 0 };
const kinds = { 'raw/events': 'events', 'raw/experiment_assignments': 'experiment_assignments' } as const;

const events =
  'event_id,user_id,event_type,event_ts,revenue\n1,7,purchase,2024-03-01T10:00:00Z,9.50\n2,x,y,z,1\n';
const assignments = 'user_id,experiment_id,variant,assigned_ts\n7,checkout,control,2024-03-01\n';

let server: ObjectServer;
beforeEach(async () => {
  server = await ObjectServer.start();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** Puts a drop there as the gate leaves it. */
function pin(files: Record<string, string | Uint8Array>): void {
  const inputs = Object.entries(files).map(([key, content]) => {
    server.putRaw(key, content);
    const stem = key.replace(/\.csv(\.gz)?$/, '') as keyof typeof kinds;
    return {
      kind: key.endsWith('.yaml') ? 'config' : (kinds[stem] ?? stem.split('/').at(-1)),
      key,
      versionId: null,
      etag: 'e',
      size: Buffer.from(content).length,
      lastModified: '2024-04-01T00:00:00.000Z',
    };
  });
  const document = { schemaVersion: 1, runId, drop, inputs, asOf: null, configHash: 'h', codeVersion: 'c' };
  server.objects.set(
    `processed-bucket/${processedKeys.inputs(runId)}`,
    Buffer.from(JSON.stringify(document)),
  );
}

const planned = (): RunPlan => runPlan.parse(server.json(processedKeys.plan(runId)));
const staged = (index: number) =>
  stageMarker.parse(server.json(processedKeys.done(runId, 'stage', index))) as Completion<'stage'>;

describe('plan and stage', () => {
  test('a small drop has one chunk per file and one bucket, and ends in Parquet and quarantine', async () => {
    pin({ 'raw/events.csv': events, 'raw/experiment_assignments.csv': assignments });
    expect(await plan(event)).toEqual({ chunks: [0, 1], buckets: [0] });
    expect(planned()).toMatchObject({ buckets: 1, present: ['experiment_assignments', 'events'] });

    expect(await stage({ ...event, index: 0 })).toBe(0);
    expect(await stage({ ...event, index: 1 })).toBe(1);
    expect(staged(1)).toMatchObject({
      result: { dataset: 'events', lines: 2, accepted: 1, quarantined: 1 },
      outputs: [
        { key: `processed/staged/events/run_id=${runId}/events.parquet`, rows: 1, bucket: 0 },
        { key: `processed/quarantine/events/run_id=${runId}/stage-00001.parquet`, rows: 1, bucket: null },
      ],
    });
    for (const { key, bytes } of staged(1).outputs) {
      expect(server.objects.get(`processed-bucket/${key}`)).toHaveLength(bytes);
    }
  });

  test('code that did not plan the run does nothing and says how to go on', async () => {
    pin({ 'raw/events.csv': events, 'raw/experiment_assignments.csv': assignments });
    await plan(event);
    await stage({ ...event, index: 0 });
    process.env.CODE_VERSION = 'd';
    const refusal = {
      name: 'CodeVersionError',
      message:
        /belongs to version c of the code, and this is version d \(run \w+, stage ".*"\)\. .*ecom retry 0123456789abcdef$/,
    };
    await expect(stage({ ...event, index: 1 })).rejects.toMatchObject({
      name: refusal.name,
      message: expect.stringMatching(refusal.message),
    });
    // Nor does it pass for done what the other code did.
    await expect(stage({ ...event, index: 0 })).rejects.toMatchObject({ name: refusal.name });
    await expect(plan(event)).rejects.toMatchObject({ name: refusal.name });
    expect(server.json(processedKeys.error(runId, 'stage', 1))).toMatchObject({ error: refusal.name });
    expect(server.objects.has(`processed-bucket/${processedKeys.done(runId, 'stage', 1)}`)).toBe(false);
  });

  test('a gzipped file gives the same Parquet as the file itself', async () => {
    const key = `processed-bucket/${processedKeys.staged('events', runId, undefined)}`;
    pin({ 'raw/events.csv': events, 'raw/experiment_assignments.csv': assignments });
    await plan(event);
    await stage({ ...event, index: 1 });
    const plain = server.objects.get(key);
    server.objects.clear();
    pin({ 'raw/events.csv.gz': gzipSync(events), 'raw/experiment_assignments.csv': assignments });
    await plan(event);
    await stage({ ...event, index: 1 });
    expect(plain).toBeDefined();
    expect(server.objects.get(key)?.equals(plain ?? Buffer.alloc(0))).toBe(true);
  });

  test('byte ranges of a file together give its rows once', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `${index},${index % 9},view,2024-03-01,`);
    const content = `event_id,user_id,event_type,event_ts,revenue\n${lines.join('\n')}\n`;
    pin({ 'raw/events.csv': content, 'raw/experiment_assignments.csv': assignments });
    await plan(event);
    const whole = planned();
    const last = whole.chunks[1];
    if (last === undefined) throw new Error('the plan has no chunk of events');
    const cuts = [0, 100, 101, 2000, content.length];
    const ranges = cuts.slice(1).map((end, part) => ({
      ...last,
      index: part + 1,
      part,
      range: { start: cuts[part] ?? 0, end },
    }));
    const chunks = [...whole.chunks.slice(0, 1), ...ranges];
    server.objects.set(
      `processed-bucket/${processedKeys.plan(runId)}`,
      Buffer.from(JSON.stringify({ ...whole, chunks, buckets: 2 })),
    );
    for (const { index } of ranges) await stage({ ...event, index });
    const results = ranges.map(({ index }) => staged(index));
    expect(results.reduce((sum, { result }) => sum + result.accepted, 0)).toBe(300);
    const keys = results.flatMap(({ outputs }) => outputs.map(({ key }) => key));
    const [ids, rows] = [true, false].map((areIds) =>
      keys
        .filter((key) => key.includes('/event_ids-') === areIds)
        .map((key) => /-0(\d+)\.\w+$/.exec(key)?.[1]),
    );
    // By which the buckets find what they share: the ids of each chunk that has any.
    expect(ids).toEqual(['0001', '0003', '0004']);
    expect(rows).toEqual(['0000', '0001', '0003', '0004', '0006', '0007', '0009', '0010']);
  });

  test('only the beginning of a large file is read for its header', async () => {
    const content = `${events}${'9,7,view,2024-03-01,\n'.repeat(5000)}`;
    pin({ 'raw/events.csv': content, 'raw/experiment_assignments.csv': assignments });
    await plan(event);
    expect(server.ranges.toSorted()).toContain('bytes=0-65535');
  });

  describe('of a file in two byte ranges', () => {
    const good = (index: number) => `${index},${index % 9},view,2024-03-01,`;
    const bad = (index: number) => `${index},nobody,view,2024-03-01,`;
    /** Stages a file of `lines` whose second range begins after `first` of them. */
    async function stageRanges(lines: readonly string[], first: number) {
      const head = 'event_id,user_id,event_type,event_ts,revenue\n';
      const content = `${head}${lines.join('\n')}\n`;
      const cut = `${head}${lines.slice(0, first).join('\n')}\n`.length;
      pin({ 'raw/events.csv': content, 'raw/experiment_assignments.csv': assignments });
      await plan(event);
      const whole = planned();
      const [assigned, events] = whole.chunks;
      const chunks = [
        assigned,
        { ...events, range: { start: 0, end: cut } },
        { ...events, index: 2, part: 1, range: { start: cut, end: content.length } },
      ];
      server.putProcessed(processedKeys.plan(runId), { ...whole, chunks });
      for (const index of [0, 1, 2]) await stage({ ...event, index });
    }

    test('a bad stretch does not end the run where the file is good', async () => {
      const lines = Array.from({ length: 1000 }, (_, index) => (index < 30 ? bad : good)(index));
      await stageRanges(lines, 100);
      expect(staged(1)).toMatchObject({ result: { lines: 100, quarantined: 30 } });
      expect(await clean(event)).toBe(0);
    });

    test('too many bad rows in all end it, told of the file', async () => {
      const lines = Array.from({ length: 1000 }, (_, index) => (index % 10 === 0 ? bad : good)(index));
      await stageRanges(lines, 100);
      await expect(clean(event)).rejects.toThrow(
        /^too many bad rows: 100 of 1000, where 5 % are tolerated; user_id id_not_integer 100 .*\(raw\/events\.csv\)/,
      );
    });
  });

  test('a file with too many bad rows fails, and what is wrong with them can be read all the same', async () => {
    const bad = '1,x,view,2024-03-01,\n'.repeat(50);
    pin({ 'raw/events.csv': events + bad, 'raw/experiment_assignments.csv': assignments });
    await plan(event);
    await expect(stage({ ...event, index: 1 })).rejects.toThrow(/too many bad rows: 51 of 52/);
    const key = processedKeys.quarantine('events', runId, 'stage', 1);
    expect(server.objects.has(`processed-bucket/${key}`)).toBe(true);
    expect(server.objects.has(`processed-bucket/${processedKeys.done(runId, 'stage', 1)}`)).toBe(false);
    expect(server.json(processedKeys.error(runId, 'stage', 1))).toMatchObject({ error: 'DataError' });
  });

  test('a truncated gzip file is a SchemaError that names it', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index},7,view,2024-03-01,\n`).join('');
    const packed = gzipSync(events + rows);
    pin({
      'raw/events.csv.gz': packed.subarray(0, packed.length - 1000),
      'raw/experiment_assignments.csv': assignments,
    });
    await plan(event);
    await expect(stage({ ...event, index: 1 })).rejects.toThrow(
      /gzip, or ends too early \(raw\/events.csv.gz\)/,
    );
  });

  test('a drop configuration maps columns, and may not set where the data lie', async () => {
    const renamed = events.replace('user_id', 'uid');
    const drop = { 'raw/events.csv': renamed, 'raw/experiment_assignments.csv': assignments };
    pin({ ...drop, 'raw/experiment.yaml': 'schema:\n  events: { user_id: uid }\n' });
    await plan(event);
    expect(planned().chunks[1]?.bindings).toContainEqual({
      column: 'user_id',
      source: 'uid',
      constant: null,
      values: {},
    });
    server.objects.clear();
    pin({ ...drop, 'raw/experiment.yaml': 'as_of: null\naws:\n  region: eu-west-1\n' });
    await expect(plan(event)).rejects.toThrow(
      /"aws" cannot be set for one drop \(raw\/experiment.yaml:2:1\)/,
    );
  });
});
