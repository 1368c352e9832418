import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildReport } from '../../../../layers/analysis/build-report.ts';
import type { DatasetName } from '../../../../layers/data/datasets/index.ts';
import { type LocalFile, type LocalRun, runLocal } from '../../../../layers/engine/run-local.ts';
import type { Measurements } from '../../../../layers/experiment/measurements.ts';
import { runConfiguration } from '../../../../layers/experiment/run-configuration.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { literal } from '../../../../layers/platform/sql.ts';
import type { Report } from '../../../../layers/report/schema.ts';
import type { FileCounts } from '../../../../layers/runs/documents.ts';
import { areas, isDropFile, parseRawKey } from '../../../../layers/runs/keys.ts';

/** Content of each file below `raw/`. */
export type Files = Readonly<Record<string, string | Uint8Array>>;
export type Row = Readonly<Record<string, unknown>>;

export interface DropOptions {
  /** Parts of the users, in place of as many as the plan has. */
  readonly buckets?: number;
  /** What the query engine may use; by default one thread, since a few lines take longer with two. */
  readonly limits?: { readonly memoryMb: number; readonly threads: number };
}

export interface DropRun {
  readonly runId: string;
  readonly measured: Measurements;
  /** Every Parquet file that the stages left, by its key in the processed bucket. */
  readonly parquet: ReadonlyMap<string, Buffer>;
  /** What became of the lines of each file. */
  readonly files: readonly FileCounts[];
  /** Rows of each dataset as `stage` accepted them. */
  readonly staged: Readonly<Record<DatasetName, readonly Row[]>>;
  /** Clean events. */
  readonly events: readonly Row[];
  /** In the order of datasets, files and lines. */
  readonly quarantine: readonly Row[];
}

const uploadedAt = new Date('2024-04-01T00:00:00.000Z');
const forFewLines = { memoryMb: 1024, threads: 1 };

/** Takes a drop's files through all stages up to `measure`, which checks that every line is accounted for. */
export async function runDrop(files: Files, options: DropOptions = {}): Promise<DropRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bad-input-'));
  try {
    return await readRun(await keepRun(folder, files, options), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same run, which stays in the folder. */
export async function keepRun(
  folder: string,
  files: Files,
  { buckets, limits = forFewLines }: DropOptions,
): Promise<LocalRun> {
  const options = {
    drop: 'default',
    files: await writeFiles(path.join(folder, 'raw'), files),
    folder: path.join(folder, 'runs'),
    codeVersion: 'c',
    receivedAt: uploadedAt,
    limits,
  };
  if (buckets !== undefined) await planBuckets(await runLocal(options, 'plan'), buckets);
  return runLocal(options, 'measure');
}

/** The report of a drop's files, without its page and the other files that are made of it. */
export async function reportOfDrop(files: Files): Promise<Report> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bad-input-'));
  try {
    const options = {
      drop: 'default',
      files: await writeFiles(path.join(folder, 'raw'), files),
      folder: path.join(folder, 'runs'),
      codeVersion: 'c',
      limits: forFewLines,
    };
    const { runId, store } = await runLocal(options, 'measure');
    return buildReport(
      await store.require('plan', runId),
      await store.require('inputs', runId),
      await store.require('measurements', runId),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Leaves the drop there as an upload does. */
async function writeFiles(folder: string, files: Files): Promise<LocalFile[]> {
  const names = runConfiguration().raw;
  const written: LocalFile[] = [];
  for (const [name, content] of Object.entries(files)) {
    const key = `raw/${name}`;
    const kind = name === 'results.csv' ? 'summary' : parseRawKey(key, names)?.kind;
    if (kind !== 'summary' && !isDropFile(kind)) throw new Error(`${key} is no file of a drop`);
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    written.push({ kind, key, file });
  }
  return written;
}

async function planBuckets({ runId, store }: LocalRun, buckets: number): Promise<void> {
  await store.write('plan', [runId], { ...(await store.require('plan', runId)), buckets });
}

/** What a run has left. */
export async function readRun({ runId, store }: LocalRun, folder: string): Promise<DropRun> {
  const marker = await store.read('marker', runId, 'measure', 0);
  if (marker?.stage !== 'measure') throw new Error('measure has left no marker');
  const root = store.processed.location;
  const names = await readdir(path.join(root, 'processed'), { recursive: true });
  const keys = names
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => `processed/${name}`)
    .toSorted();
  const contents = keys.map(async (key) => [key, await readFile(path.join(root, key))] as const);
  return {
    runId,
    measured: await store.require('measurements', runId),
    files: marker.result.files,
    parquet: new Map(await Promise.all(contents)),
    ...(await readRows(root, keys, folder)),
  };
}

async function readRows(
  root: string,
  keys: readonly string[],
  folder: string,
): Promise<Pick<DropRun, 'staged' | 'events' | 'quarantine'>> {
  await using database = await Database.open({ memoryMb: 1024, folder, threads: 1 });
  const read = async (area: string, order: string) => {
    const rows: Row[] = [];
    for (const key of keys.filter((one) => one.startsWith(area))) {
      const file = literal(path.join(root, key));
      const found = await database.query<Row>(
        `FROM read_parquet(${file}, hive_partitioning = false) ORDER BY ${order}`,
      );
      for (const row of found) rows.push(row);
    }
    return rows;
  };
  const staged = (dataset: DatasetName) => read(`${areas.staged}${dataset}/`, '_line');
  return {
    staged: {
      users: await staged('users'),
      products: await staged('products'),
      sessions: await staged('sessions'),
      experiment_assignments: await staged('experiment_assignments'),
      events: await staged('events'),
    },
    events: await read(areas.eventsClean, 'event_id'),
    quarantine: await read(areas.quarantine, 'line'),
  };
}
