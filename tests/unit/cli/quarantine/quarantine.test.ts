import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportRows } from '../../../../cli/quarantine/export.ts';
import { Quarantine, type QuarantinedRow } from '../../../../cli/quarantine/quarantine.ts';
import { type LocalRun, runLocal } from '../../../../layers/engine/run-local.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';
import { RunStore } from '../../../../layers/runs/store.ts';

const header = 'event_id,user_id,event_type,event_ts';
const users = `user_id\n${[1, 2, 3, 4].join('\n')}\n`;
const assignments = 'user_id,experiment_id,variant,assigned_ts\n1,e,control,2024-03-01\n';

/** Lines of 900 events: every 50th has no id (found by `stage`), every 70th an unknown user, and one id is there twice (`clean`). */
const lines = Array.from({ length: 900 }, (_, index) => {
  const id = index % 50 === 7 ? 'x' : index === 800 ? 100 : index;
  return `${id},${index % 70 === 9 ? 77 : 1 + (index % 4)},search,2024-03-02T00:00:${String(index % 60).padStart(2, '0')}`;
});
const isBad = (line: string) => /^(x|100),|,77,/.test(line);

/** The events as one file in five byte ranges, cut wherever that is, up to their quarantine. */
async function run(folder: string, content: string): Promise<LocalRun> {
  const contents = { events: content, users, experiment_assignments: assignments };
  const files = Object.keys(contents).map((name) => {
    const kind = name as keyof typeof contents;
    return { kind, key: `raw/${kind}.csv`, file: path.join(folder, `${kind}.csv`) };
  });
  for (const { kind, file } of files) await writeFile(file, contents[kind]);
  const options = { drop: 'default', files, folder: path.join(folder, 'runs'), codeVersion: 'c' };
  const { runId, store } = await runLocal(options, 'plan');
  const planned = await store.require('plan', runId);
  const cuts = [0, 1000, 1001, 9000, 20_000, Buffer.byteLength(content)];
  const chunks = planned.chunks.flatMap((chunk) =>
    chunk.dataset !== 'events'
      ? [chunk]
      : cuts.slice(1).map((end, part) => ({ ...chunk, part, range: { start: cuts[part] ?? 0, end } })),
  );
  const numbered = chunks.map((chunk, index) => ({ ...chunk, index }));
  await store.write('plan', [runId], { ...planned, buckets: 2, chunks: numbered });
  return runLocal(options, 'clean');
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
  let folder: string;
  let runId: string;
  let store: RunStore;
  let rows: QuarantinedRow[];
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'quarantine-'));
    ({ runId, store } = await run(folder, content));
    await using quarantine = await Quarantine.open(store, runId, {});
    rows = await quarantine.examples(1000);
  });
  afterAll(() => rm(folder, { recursive: true }));

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
    await using quarantine = await Quarantine.open(store, runId, {});
    const planned = await store.require('plan', runId);
    const [exported] = await exportRows(quarantine, store.raw, planned, path.join(folder, 'exported'));
    const text = await readFile(exported?.file ?? '', 'latin1');
    expect(text.split(/\r?\n/).filter(Boolean)).toEqual([header, ...physical.filter(isBad)]);
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
    const marker = path.join(store.processed.location, processedKeys.done(runId, 'stage', 3));
    await rename(marker, `${marker}.away`);
    const another = new RunStore(store.raw, store.processed);
    await using quarantine = await Quarantine.open(another, runId, {});
    const places = (await quarantine.examples(1000)).map(({ place }) => place);
    expect(places.some((place) => /^raw\/events\.csv:\d+$/.test(place))).toBe(true);
    expect(places.some((place) => /^raw\/events\.csv, line \d+ after byte 9000$/.test(place))).toBe(true);
    await rename(`${marker}.away`, marker);
  });
});
