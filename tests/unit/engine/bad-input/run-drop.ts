import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { handler as clean } from '../../../../lambdas/clean/handler.ts';
import { handler as marts } from '../../../../lambdas/marts/handler.ts';
import { handler as measure } from '../../../../lambdas/measure/handler.ts';
import { handler as plan } from '../../../../lambdas/plan/handler.ts';
import { handler as stage } from '../../../../lambdas/stage/handler.ts';
import type { DatasetName } from '../../../../layers/data/datasets/index.ts';
import { type Measurements, measurements } from '../../../../layers/experiment/measurements.ts';
import { runConfiguration } from '../../../../layers/experiment/run-configuration.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { literal } from '../../../../layers/platform/sql.ts';
import type { RunPlan } from '../../../../layers/runs/documents.ts';
import { type FileCounts, fileCounts } from '../../../../layers/runs/documents.ts';
import { parseRawKey, processedKeys } from '../../../../layers/runs/keys.ts';
import { ObjectServer } from '../stage/object-server.ts';

/** Content of each file below `raw/`. */
export type Files = Readonly<Record<string, string | Uint8Array>>;
export type Row = Readonly<Record<string, unknown>>;

const runId = '0123456789abcdef';
const drop = 'default';

export interface DropRun {
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

/** Takes a drop's files through the handlers of all stages up to `measure`, which checks that every line is accounted for. */
export async function runDrop(
  files: Files,
  { buckets: forced }: { readonly buckets?: number } = {},
): Promise<DropRun> {
  await using server = await ObjectServer.start();
  pin(server, files);
  const event = { runId, drop, attempt: 1, index: 0 };
  const { chunks, ...planned } = (await plan(event)) as { chunks: number[]; buckets: number[] };
  const buckets =
    forced === undefined ? planned.buckets : Array.from({ length: forced }, (_, index) => index);
  server.putProcessed(processedKeys.plan(runId), {
    ...(server.json(processedKeys.plan(runId)) as RunPlan),
    buckets: buckets.length,
  });
  for (const index of chunks) await stage({ ...event, index });
  for (const index of buckets) await clean({ ...event, index });
  for (const index of buckets) await marts({ ...event, index });
  await measure(event);
  return {
    parquet: new Map(
      [...server.objects]
        .filter(([key]) => key.endsWith('.parquet'))
        .map(([key, bytes]) => [key.replace('processed-bucket/', ''), bytes]),
    ),
    files: z
      .object({ result: z.object({ files: z.array(fileCounts) }) })
      .parse(server.json(processedKeys.done(runId, 'measure', 0))).result.files,
    measured: measurements.parse(server.json(processedKeys.measurements(runId))),
    ...(await readParquet(server)),
  };
}

/** Leaves the drop there as the gate does. */
function pin(server: ObjectServer, files: Files): void {
  const names = runConfiguration().raw;
  const inputs = Object.entries(files).map(([name, content]) => {
    const key = `raw/${name}`;
    server.putRaw(key, content);
    return {
      kind: parseRawKey(key, names)?.kind,
      key,
      versionId: null,
      etag: 'e',
      size: Buffer.from(content).length,
      lastModified: '2024-04-01T00:00:00.000Z',
    };
  });
  const document = { schemaVersion: 1, runId, drop, inputs, asOf: null, configHash: 'h', codeVersion: 'c' };
  server.putProcessed(processedKeys.inputs(runId), document);
}

async function readParquet(server: ObjectServer): Promise<Omit<DropRun, 'measured' | 'files' | 'parquet'>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bad-input-'));
  try {
    await using database = await Database.open({ memoryMb: 1024, folder, threads: 1 });
    const read = async (prefix: string, order: string) => {
      const rows: Row[] = [];
      for (const [key, bytes] of [...server.objects].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        if (!key.startsWith(`processed-bucket/processed/${prefix}`)) continue;
        const file = path.join(folder, key.replaceAll('/', '_'));
        await writeFile(file, bytes);
        const found = await database.query<Row>(
          `FROM read_parquet(${literal(file)}, hive_partitioning = false) ORDER BY ${order}`,
        );
        for (const row of found) rows.push(row);
      }
      return rows;
    };
    const staged = (dataset: DatasetName) => read(`staged/${dataset}/`, '_line');
    return {
      staged: {
        users: await staged('users'),
        products: await staged('products'),
        sessions: await staged('sessions'),
        experiment_assignments: await staged('experiment_assignments'),
        events: await staged('events'),
      },
      events: await read('events_clean/', 'event_id'),
      quarantine: await read('quarantine/', 'line'),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
