import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forgetOtherRuns, type LocalRun, runLocal } from '../../../layers/engine/run-local.ts';
import { runConfiguration } from '../../../layers/experiment/run-configuration.ts';
import { PipelineError } from '../../../layers/platform/errors.ts';
import { sha256 } from '../../../layers/platform/hash.ts';
import { areas, isDropFile, parseRawKey } from '../../../layers/runs/keys.ts';
import { RunProgress } from '../../../layers/runs/progress.ts';
import { filesOf, goodDrop } from '../engine/bad-input/good-drop.ts';

const day = 86_400_000;
const uploadedAt = Date.parse('2024-03-20T00:00:00.000Z');
const [header = ''] = goodDrop.events;

/** A folder of a drop: text and time of each file. */
type Folder = Readonly<Record<string, { readonly text: string; readonly time: number }>>;

/** What somebody does to a folder between two analyses. */
type Step =
  | { readonly does: 'write'; readonly file: string; readonly text: string; readonly time: number }
  | { readonly does: 'delete'; readonly file: string }
  | { readonly does: 'touch'; readonly file: string; readonly time: number };

const { 'events.csv': events, ...others } = filesOf(goodDrop);
/** Enough good lines that bad ones stay tolerable. */
const fillers = Array.from(
  { length: 300 },
  (_, index) => `${10_000 + index},,${1 + (index % 4)},search,2024-03-0${1 + (index % 9)},,,,,`,
);
const start: Folder = Object.fromEntries(
  Object.entries({
    ...others,
    'events/part-4.csv': `${events}${fillers.join('\n')}\n`,
    'experiment.yaml': 'experiments: {}\n',
  }).map(([file, text]) => [file, { text, time: uploadedAt }]),
);

const line = fc
  .record({
    id: fc.integer({ min: 1, max: 30 }),
    user: fc.constantFrom('1', '2', '3', '4', '77', ''),
    event: fc.constantFrom('search', 'view_product', 'look', 'purchase', 'add_to_cart'),
    // Some lie after the upload of the files.
    date: fc.constantFrom('2024-03-02', '2024-03-04T08:00:00', '2024-03-21', 'never'),
    revenue: fc.constantFrom('', '5.00', '19.99', 'free'),
  })
  .map(({ id, user, event, date, revenue }) => `${id},1,${user},${event},${date},,,${revenue},,`);
const time = fc.integer({ min: -1, max: 3 }).map((days) => uploadedAt + days * day);
const part = fc.constantFrom(1, 2, 6, 8).map((number) => `events/part-${number}.csv`);
const writePart = fc
  .record({ file: part, lines: fc.array(line, { minLength: 1, maxLength: 8 }), time })
  .map(
    ({ file, lines, time }): Step => ({ does: 'write', file, text: [header, ...lines, ''].join('\n'), time }),
  );
const correctPeople = fc
  .record({ country: fc.constantFrom('DE', 'FR'), time })
  .map(({ country, time }): Step => {
    const text = `${goodDrop.users.join('\n').replaceAll('DE', country)}\n`;
    return { does: 'write', file: 'users.csv', text, time };
  });
const excludeUsers = fc
  .record({ user: fc.integer({ min: 1, max: 4 }), time })
  .map(({ user, time }): Step => ({ does: 'write', file: 'excluded_users.csv', text: `${user}\n`, time }));
const reconfigure = fc
  .record({
    name: fc.constantFrom('*', 'e'),
    settings: fc.constantFrom(
      'alpha: 0.01',
      'segments: [country]',
      'outcome_window_days: 3',
      'exposure: { event: search }',
      'exposure: assignment',
      'primary: searches',
      'capping: { revenue_per_user: { percentile: 60 } }',
      'guardrails: { retention_d7: null }',
      'weights: { control: 0.4, treatment: 0.6 }',
    ),
    others: fc.constantFrom(
      '',
      'event_aliases: { look: view_product }\n',
      'exclude_users: { max_events_per_day: 20 }\n',
      'as_of: 2024-03-05\n',
    ),
    time,
  })
  .map(
    ({ name, settings, others: more, time }): Step => ({
      does: 'write',
      file: 'experiment.yaml',
      text: `experiments: { "${name}": { ${settings} } }\nmetrics: { searches: { kind: mean, event: search } }\n${more}`,
      time,
    }),
  );
const deletePart = part.map((file): Step => ({ does: 'delete', file }));
const touch = fc
  .record({ file: fc.constantFrom('users.csv', 'experiment.yaml'), time })
  .map((touched): Step => ({ does: 'touch', ...touched }));
const step = fc.oneof(
  { arbitrary: writePart, weight: 3 },
  { arbitrary: reconfigure, weight: 4 },
  deletePart,
  correctPeople,
  excludeUsers,
  touch,
);

function after(folder: Folder, step: Step): Folder {
  if (step.does === 'delete') {
    return Object.fromEntries(Object.entries(folder).filter(([file]) => file !== step.file));
  }
  const text = step.does === 'write' ? step.text : (folder[step.file]?.text ?? '');
  return { ...folder, [step.file]: { text, time: step.time } };
}

async function analyze(
  folder: Folder,
  raw: string,
  runs: string,
  buckets: number,
): Promise<LocalRun | string> {
  await rm(raw, { recursive: true, force: true });
  const names = runConfiguration().raw;
  const files = [];
  for (const [name, { text, time }] of Object.entries(folder)) {
    const file = path.join(raw, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    await utimes(file, new Date(time), new Date(time));
    const kind = parseRawKey(`raw/${name}`, names)?.kind;
    if (!isDropFile(kind)) throw new Error(`${name} is no file of a drop`);
    files.push({ kind, key: `raw/${name}`, file });
  }
  // With more threads the order of a day's clean events is not always the same, and with it the bytes of that file.
  const limits = { memoryMb: 1024, threads: 1 };
  // A day on which all of these files may have been handed over.
  const receivedAt = new Date('2024-06-01T00:00:00Z');
  const options = { drop: 'default', files, folder: runs, codeVersion: 'c', limits, receivedAt };
  try {
    const { runId, store } = await runLocal(options, 'plan');
    await store.write('plan', [runId], { ...(await store.require('plan', runId)), buckets });
    return await runLocal(options);
  } catch (error) {
    if (error instanceof PipelineError) return error.message;
    throw error;
  }
}

/** Everything that a run left, but for what it says of when and how it came to it. */
async function leftBy({ runId, store }: LocalRun): Promise<Map<string, string>> {
  const root = store.processed.location;
  const names = await readdir(path.join(root, 'processed'), { recursive: true, withFileTypes: true });
  const keys = names
    .filter((name) => name.isFile())
    .map((name) => path.relative(root, path.join(name.parentPath, name.name)))
    .filter((key) => !key.startsWith(areas.work) && !key.includes('/done/'))
    .toSorted();
  const contents = await Promise.all(
    keys.map(async (key) => [key, sha256(await readFile(path.join(root, key)))] as const),
  );
  const markers = await (await new RunProgress(store, runId).look()).markers();
  return new Map([
    ...contents,
    ...markers.map(
      ({ stage, index, outputs, result }) =>
        [`${stage}-${index}`, JSON.stringify({ outputs, result })] as const,
    ),
  ]);
}

function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key));
}

test('whatever is done to a folder, an analysis that takes over leaves what one in an empty folder leaves', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'work-'));
  const raw = path.join(root, 'raw');
  const runs = path.join(root, 'runs');
  const anew = path.join(root, 'anew');
  let takenOver = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 4 }),
        fc.constantFrom(1, 3),
        async (steps, buckets) => {
          await rm(runs, { recursive: true, force: true });
          let folder = start;
          await analyze(folder, raw, runs, buckets);
          for (const one of steps) {
            folder = after(folder, one);
            await rm(anew, { recursive: true, force: true });
            const run = await analyze(folder, raw, runs, buckets);
            const expected = await analyze(folder, raw, anew, buckets);
            if (typeof run === 'string' || typeof expected === 'string') {
              expect(run).toEqual(expected);
              continue;
            }
            expect(differences(await leftBy(run), await leftBy(expected))).toEqual([]);
            const markers = await (await new RunProgress(run.store, run.runId).look()).markers();
            takenOver += markers.filter(({ work }) => typeof work?.takenFrom === 'string').length;
            await forgetOtherRuns(runs, run.runId);
          }
        },
      ),
      { numRuns: 3, seed: 20240320, endOnFailure: true },
    );
    expect(takenOver).toBeGreaterThan(25);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}, 600_000);
