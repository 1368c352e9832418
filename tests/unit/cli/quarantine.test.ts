import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportRows } from '../../../cli/quarantine/export.ts';
import { Quarantine, type QuarantinedRow } from '../../../cli/quarantine/quarantine.ts';
import { handler as clean } from '../../../lambdas/clean/handler.ts';
import { handler as plan } from '../../../lambdas/plan/handler.ts';
import { handler as stage } from '../../../lambdas/stage/handler.ts';
import { S3Store } from '../../../layers/platform/s3.ts';
import { runPlan } from '../../../layers/runs/documents.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { RunStore } from '../../../layers/runs/store.ts';
import { ObjectServer } from '../engine/stage/object-server.ts';

const runId = '0123456789abcdef';
const event = { runId, drop: 'default', attempt: 1, index: 0 };
const header = 'event_id,user_id,event_type,event_ts';
const users = `user_id\n${[1, 2, 3, 4].join('\n')}\n`;
const assignments = 'user_id,experiment_id,variant,assigned_ts\n1,e,control,2024-03-01\n';

/** Lines of 900 events: every 50th has no id (found by `stage`), every 70th an unknown user, and one id is there twice (`clean`). */
const lines = Array.from({ length: 900 }, (_, index) => {
  const id = index % 50 === 7 ? 'x' : index === 800 ? 100 : index;
  return `${id},${index % 70 === 9 ? 77 : 1 + (index % 4)},search,2024-03-02T00:00:${String(index % 60).padStart(2, '0')}`;
});
const isBad = (line: string) => /^(x|100),|,77,/.test(line);

/** The events as one file in five byte ranges, cut wherever that is. */
async function run(server: ObjectServer, content: string): Promise<void> {
  const files = { events: content, users, experiment_assignments: assignments };
  const inputs = Object.entries(files).map(([kind, text]) => {
    const key = `raw/${kind}.csv`;
    server.putRaw(key, text);
    const size = Buffer.byteLength(text);
    return { kind, key, versionId: null, etag: 'etag', size, lastModified: '2024-04-01T00:00:00.000Z' };
  });
  const pinned = { schemaVersion: 1, ...event, inputs, asOf: null, configHash: 'h', codeVersion: 'c' };
  const { attempt: _, index: __, ...document } = pinned;
  server.putProcessed(processedKeys.inputs(runId), document);
  await plan(event);
  const planned = runPlan.parse(server.json(processedKeys.plan(runId)));
  const cuts = [0, 1000, 1001, 9000, 20_000, Buffer.byteLength(content)];
  const chunks = planned.chunks.flatMap((chunk) =>
    chunk.dataset !== 'events'
      ? [chunk]
      : cuts.slice(1).map((end, part) => ({ ...chunk, part, range: { start: cuts[part] ?? 0, end } })),
  );
  const numbered = chunks.map((chunk, index) => ({ ...chunk, index }));
  server.putProcessed(processedKeys.plan(runId), { ...planned, buckets: 2, chunks: numbered });
  for (const { index } of numbered) await stage({ ...event, index });
  for (const index of [0, 1]) await clean({ ...event, index });
}

describe.each([
  ['plain lines', `${header}\n${lines.join('\n')}\n`],
  ['blank lines and CR LF', `${header}\r\n${lines.join('\r\n\r\n')}\r\n`],
  [
    'quotation marks, no line end at the end',
    `${header}\n${lines.join('\n').replaceAll('search', '"search"')}`,
  ],
])('quarantined rows of a file read in byte ranges (%s)', (_, content) => {
  const physical = content.split('\n').map((line) => line.replace(/\r$/, ''));
  const bad = physical.flatMap((line, index) => (isBad(line) ? [`raw/events.csv:${index + 1}`] : []));
  let server: ObjectServer;
  let store: RunStore;
  let rows: QuarantinedRow[];
  beforeAll(async () => {
    server = await ObjectServer.start();
    store = new RunStore(new S3Store('raw-bucket'), new S3Store('processed-bucket'));
    await run(server, content);
    await using quarantine = await Quarantine.open(store, runId, {});
    rows = await quarantine.examples(1000);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('are shown at the line that an editor shows, whichever stage found them', () => {
    expect(rows.map(({ place }) => place).toSorted()).toEqual(bad.toSorted());
    expect(new Set(rows.map(({ rule }) => rule))).toEqual(
      new Set(['id_not_integer', 'unknown_user', 'conflict']),
    );
    for (const { place, rule } of rows) {
      const line = physical[Number(place.split(':')[1]) - 1];
      const pattern = { id_not_integer: /^x,/, unknown_user: /,77,/, conflict: /^100,/ }[rule] ?? /$^/;
      expect(line, `${place} ${rule}`).toMatch(pattern);
    }
  });

  test('are exported as they stand there, once each', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'quarantine-export-'));
    try {
      await using quarantine = await Quarantine.open(store, runId, {});
      const planned = runPlan.parse(server.json(processedKeys.plan(runId)));
      const [exported] = await exportRows(quarantine, store.raw, planned, folder);
      const text = await readFile(exported?.file ?? '', 'latin1');
      expect(text.split(/\r?\n/).filter(Boolean)).toEqual([header, ...physical.filter(isBad)]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('are told in the reports with the range that their lines count in', async () => {
    const staged = await store.read('marker', runId, 'stage', 5);
    expect(staged?.stage === 'stage' && staged.result.quarantineRules[0]?.examples[0]?.file).toBe(
      'raw/events.csv, bytes 9000 to 20000',
    );
    const cleaned = await store.read('marker', runId, 'clean', 0);
    for (const { examples } of cleaned?.stage === 'clean' ? cleaned.result.quarantineRules : []) {
      for (const { file } of examples) expect(file).toMatch(/^raw\/events\.csv, bytes \d+ to \d+$/);
    }
  });

  test('are shown with their range while a range before it has not been read', async () => {
    const key = `processed-bucket/${processedKeys.done(runId, 'stage', 3)}`;
    const marker = server.objects.get(key);
    server.objects.delete(key);
    await using quarantine = await Quarantine.open(store, runId, {});
    const places = (await quarantine.examples(1000)).map(({ place }) => place);
    expect(places.some((place) => /^raw\/events\.csv:\d+$/.test(place))).toBe(true);
    expect(places.some((place) => /^raw\/events\.csv, line \d+ after byte 9000$/.test(place))).toBe(true);
    if (marker !== undefined) server.objects.set(key, marker);
  });
});
