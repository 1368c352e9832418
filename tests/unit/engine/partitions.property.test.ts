import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exportRows } from '../../../cli/quarantine/export.ts';
import { Quarantine } from '../../../cli/quarantine/quarantine.ts';
import { type LocalFile, type LocalRun, runLocal } from '../../../layers/engine/run-local.ts';
import { Database } from '../../../layers/platform/duckdb.ts';
import { literalList } from '../../../layers/platform/sql.ts';
import type { Chunk } from '../../../layers/runs/documents.ts';
import { areas, processedKeys, reportFiles } from '../../../layers/runs/keys.ts';

/** Where the files are cut, each as a share of the file, and the number of user buckets. */
interface Partition {
  readonly cuts: readonly number[];
  readonly buckets: number;
}

type Files = Readonly<Record<string, string>>;

const evenly = (chunks: number, buckets: number): Partition => ({
  cuts: Array.from({ length: chunks - 1 }, (_, index) => (index + 1) / chunks),
  buckets,
});
const whole = evenly(1, 1);

const user = fc.noBias(fc.integer({ min: 1, max: 40 }));
const id = fc.noBias(fc.integer({ min: 1, max: 1500 }));
const hour = fc.integer({ min: 0, max: 24 * 25 });
const timestamp = (hours: number) =>
  new Date(Date.UTC(2024, 0, 1) + hours * 3_600_000).toISOString().slice(0, 19);
const money = fc.integer({ min: -500, max: 5000 }).map((cents) => (cents / 100).toFixed(2));

const goodEvent = fc
  .tuple(id, fc.option(fc.integer({ min: 1, max: 30 }), { freq: 2 }), user, hour, money)
  .chain(([n, session, of, at, revenue]) =>
    fc
      .constantFrom('view_product', 'view_product', 'add_to_cart', 'purchase', 'refund')
      .map((name) =>
        [n, session ?? '', of, name, timestamp(at), 1 + (n % 3), 1, revenue, n % 2 ? `o${n % 20}` : ''].join(
          ',',
        ),
      ),
  );
/** Every kind of trouble that may meet across chunks and buckets, and some that a line has alone. */
const badEvent = fc.oneof(
  // The same id of other users, or with other content: contradictions.
  fc.tuple(id, user, hour).map(([n, u, at]) => `${n},,${u},search,${timestamp(at)},,,,`),
  // The same id once of a user, and once of whoever has the session.
  fc
    .tuple(id, fc.integer({ min: 1, max: 30 }), user)
    .map(([n, s, u]) => `${n},${s},,search,2024-01-05,,,,\n${n},,${u},search,2024-01-05,,,,`),
  // No user of their own: that of their session, or none.
  fc.tuple(id, fc.integer({ min: 1, max: 40 })).map(([n, s]) => `${n},${s},,search,2024-01-05,,,,`),
  id.map((n) => `${n + 2000},,,search,2024-01-05,,,,`),
  id.map((n) => `${n + 3000},,77,search,2024-01-05,,,,`),
  id.map((n) => `${n + 4000},,1,purchase,2024-01-05,99,-1,1.999,`),
  fc.constantFrom(
    'x,,1,search,2024-01-05,,,,',
    '1,2,3',
    ',,,,,,,,',
    '5000,,1,search,yesterday,,,,',
    '5001,,1,"se,arch",2024-01-05,,,,',
    '5002,,1,se\0arch,2024-01-05,,,,',
    '5003,,1,search,2024-01-05T10:00:00+05:30,,1.5,1e3,',
    '',
  ),
);
const eventLines = fc
  .tuple(
    fc.array(goodEvent, { minLength: 100, maxLength: 160 }),
    fc.array(badEvent, { minLength: 10, maxLength: 40 }),
    fc.integer({ min: 0, max: 20 }),
  )
  // Some lines are there again, far from themselves.
  .map(([good, bad, repeated]) => [...good, ...bad, ...good.slice(0, repeated)])
  .chain((lines) => fc.shuffledSubarray(lines, { minLength: lines.length }));

const drop = fc
  .record({
    events: eventLines,
    lineEnd: fc.constantFrom('\n', '\r\n'),
    lastLineEnd: fc.boolean(),
    sessions: fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), user, hour), {
      minLength: 20,
      maxLength: 40,
    }),
    crossovers: fc.array(user, { maxLength: 3 }),
  })
  .map(({ events, lineEnd, lastLineEnd, sessions, crossovers }): Files => {
    const file = (...lines: readonly string[]) => lines.join(lineEnd) + (lastLineEnd ? lineEnd : '');
    const users = Array.from({ length: 80 }, (_, index) => index + 1);
    const header = 'event_id,session_id,user_id,event_type,event_ts,product_id,quantity,revenue,order_id';
    return {
      'users.csv': file(
        'user_id,device,country',
        ...users.map((u) => `${u},${['mobile', 'desktop'][u % 2]},${['DE', 'FR', 'NA'][u % 3]}`),
        '40,mobile,FR',
        'x,mobile,DE',
      ),
      'products.csv': file('product_id,price', '1,9.99', '2,19.50', '3,0', 'four,1'),
      'sessions.csv': file(
        'session_id,user_id,session_start_ts,session_end_ts',
        ...sessions.map(([s, u, at]) => `${s},${u},${timestamp(at)},${timestamp(at + (s % 5) - 1)}`),
      ),
      'experiment_assignments.csv': file(
        'user_id,experiment_id,variant,assigned_ts',
        ...users.map((u) => `${u},e,${u % 2 ? 'control' : 'treatment'},${timestamp(u % 48)}`),
        ...crossovers.map((u) => `${u},e,${u % 2 ? 'treatment' : 'control'},${timestamp(60)}`),
        '2,e,typo,2024-01-02',
      ),
      'events/part-1.csv': file(header, ...events),
      // What is open across lines can be read in a file as a whole only.
      'events/part-2.csv': file(
        header,
        '6001,,1,"two\nlines",2024-01-06,,,,',
        ...events.slice(0, 20),
        '6002,,2,"open,2024-01-06,,,,',
      ),
    };
  });

/** A piece is large enough to have a good line: one of bad lines alone is refused, as a file of them is. */
const partition: fc.Arbitrary<Partition> = fc.record({
  cuts: fc
    .subarray([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], { minLength: 1, maxLength: 5 })
    .chain((twelfths) =>
      fc.tuple(...twelfths.map((n) => fc.double({ min: n / 12 - 0.02, max: n / 12 + 0.02 }))),
    ),
  buckets: fc.integer({ min: 1, max: 5 }),
});

const config = `
experiments:
  "*":
    weights: { control: 0.5, treatment: 0.5 }
    outcome_window_days: 7
    segments: [country, device]
    secondary: [revenue_per_user, average_order_value, add_to_cart_rate, session_p50]
    cuped: { lookback_days: 5, metrics: { average_order_value: { lookback_days: 5 } } }
    capping: { revenue_per_user: { percentile: 60 } }
metrics:
  session_p50: { kind: quantile, value: session_duration, quantile: 0.5 }
`;

/** What a run leaves, wherever its parts were cut. */
interface Outcome {
  readonly report: Readonly<Record<string, string>>;
  readonly measurements: string;
  readonly exposure: readonly unknown[];
  readonly outcomes: readonly unknown[];
  readonly events: readonly unknown[];
  readonly quarantine: readonly unknown[];
  /** Why, in words that name places in the pieces that files were cut into. */
  readonly reasons: readonly string[];
  /** The quarantined lines as they stand in the files. */
  readonly exported: Readonly<Record<string, string>>;
  /** The mart files, by name. */
  readonly martFiles: Readonly<Record<string, string>>;
}

async function run(files: Files, cut: Partition): Promise<Outcome> {
  const folder = await mkdtemp(path.join(tmpdir(), 'partitions-'));
  try {
    const options = {
      drop: 'default',
      files: await writeFiles(path.join(folder, 'raw'), { ...files, 'experiment.yaml': config }),
      folder: path.join(folder, 'runs'),
      codeVersion: 'c',
      limits: { memoryMb: 1024, threads: 1 },
      // Too much is judged piece by piece, and the pieces of this test are a few lines long.
      refusals: [],
    };
    await replan(await runLocal(options, 'plan'), cut);
    return await readOutcome(await runLocal(options), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, files: Files): Promise<LocalFile[]> {
  const uploadedAt = new Date('2024-04-01T00:00:00.000Z');
  const written: LocalFile[] = [];
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    await utimes(file, uploadedAt, uploadedAt);
    const kind = name === 'experiment.yaml' ? 'config' : (name.split(/[./]/)[0] as LocalFile['kind']);
    written.push({ kind, key: `raw/${name}`, file });
  }
  return written;
}

/** Cuts every file of the plan, but for those that are too small or have to be read as a whole. */
async function replan({ runId, store }: LocalRun, { cuts, buckets }: Partition): Promise<void> {
  const plan = await store.require('plan', runId);
  const parts = new Map<Chunk['dataset'], number>();
  const chunks: Chunk[] = [];
  for (const chunk of plan.chunks) {
    const { dataset, size, key } = chunk;
    const at = [0, ...(/products|part-2/.test(key) ? [] : cuts.map((cut) => Math.floor(cut * size))), size];
    const ranges = at.slice(1).map((end, index) => ({ start: at[index] ?? 0, end }));
    for (const range of ranges) {
      const part = parts.get(dataset) ?? 0;
      parts.set(dataset, part + 1);
      chunks.push({ ...chunk, index: chunks.length, part, range: ranges.length === 1 ? null : range });
    }
  }
  await store.write('plan', [runId], { ...plan, chunks, buckets });
}

async function readOutcome({ runId, store }: LocalRun, folder: string): Promise<Outcome> {
  const root = store.processed.location;
  const text = async (file: string) => (await readFile(file)).toString('latin1');
  const texts = async (files: readonly string[]) =>
    Object.fromEntries(
      await Promise.all(files.map(async (file) => [path.basename(file), await text(file)] as const)),
    );
  const names = (await readdir(root, { recursive: true })).map((name) => path.join(root, name)).toSorted();
  const below = (area: string) =>
    names.filter((name) => name.startsWith(path.join(root, area)) && name.endsWith('.parquet'));
  await using database = await Database.open({ memoryMb: 1024, folder, threads: 1 });
  const rows = (files: readonly string[], order: string) =>
    database.query(`FROM read_parquet(${literalList(files)}, hive_partitioning = false) ORDER BY ${order}`);
  const exposure = below(`${areas.marts}user_exposure/`);
  const outcomes = below(`${areas.marts}user_outcomes/`);

  await using quarantine = await Quarantine.open(store, runId, {});
  const plan = await store.require('plan', runId);
  const exported = await exportRows(quarantine, store.raw, plan, path.join(folder, 'exported'));
  const examples = await quarantine.examples(10_000);
  const quarantined = examples.map(({ dataset, place, column, rule, raw }) => ({
    dataset,
    place,
    column,
    rule,
    raw,
  }));
  return {
    report: await texts(reportFiles.map((file) => path.join(root, processedKeys.report(runId, file)))),
    measurements: await text(path.join(root, processedKeys.measurements(runId))),
    exposure: await rows(exposure, 'experiment_id, user_id'),
    outcomes: await rows(outcomes, 'experiment_id, user_id'),
    events: await rows(below(areas.eventsClean), 'event_id'),
    quarantine: quarantined.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    reasons: examples.map(({ place, reason }) => `${place} ${reason}`).toSorted(),
    exported: await texts(exported.map(({ file }) => file)),
    martFiles: await texts([...exposure, ...outcomes]),
  };
}

test('wherever the files are cut, and into however many buckets the users: the same report, marts and quarantine, byte for byte', async () => {
  const partitions = partition.map((one) => [one]);
  const first = fc.sample(drop, { numRuns: 1, seed: 20240601 })[0] ?? {};
  await fc.assert(
    fc.asyncProperty(drop, partitions, async (files, cuts) => {
      const one = await run(files, whole);
      expect(one.outcomes.length).toBeGreaterThan(10);
      expect(one.quarantine.length).toBeGreaterThan(5);
      for (const cut of cuts) {
        const { martFiles, reasons, ...other } = await run(files, cut);
        const { martFiles: martFilesOfOne, reasons: reasonsOfOne, ...expected } = one;
        expect(other).toEqual(expected);
        if (cut.buckets === 1) expect(martFiles).toEqual(martFilesOfOne);
        if (cut.cuts.length === 0) expect(reasons).toEqual(reasonsOfOne);
      }
    }),
    {
      numRuns: 3,
      seed: 20240601,
      endOnFailure: true,
      examples: [[first, [evenly(1, 4), evenly(3, 5), evenly(8, 8), evenly(5, 1)]]],
    },
  );
}, 240_000);
