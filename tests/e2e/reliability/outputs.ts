import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Database } from '../../../layers/platform/duckdb.ts';
import { downloadAll } from '../../../layers/platform/object-store.ts';
import { literalList } from '../../../layers/platform/sql.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { martNames, partitionOf } from '../../../layers/runs/mart-tables.ts';
import { runManifest } from '../../../layers/runs/run-manifest.ts';
import type { Deployed } from '../deployed.ts';

/** Everything that a run leaves behind for people, such that two runs of the same content compare equal. */
export interface RunOutputs {
  /** Entity tag by key: what has to be the same to the byte. */
  readonly objects: Readonly<Record<string, string>>;
  /** Rows and a hash over them in no order: files that several threads write. */
  readonly eventsClean: { readonly rows: string; readonly hash: string };
  /** Rows and a hash over them of each partition. */
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly hash: string }>>;
  /** The manifest without its times, and without the bytes of clean events. */
  readonly manifest: unknown;
}

const layers = ['staged', 'quarantine', 'marts', 'reports'];

export async function readOutputs(deployed: Deployed, runId: string): Promise<RunOutputs> {
  const { processed } = deployed;
  const objects: Record<string, string> = {};
  const listed = await Promise.all(layers.map((layer) => processed.list(`processed/${layer}/`)));
  for (const { key, etag } of listed.flat()) if (key.includes(`/run_id=${runId}/`)) objects[key] = etag;
  for (const key of [processedKeys.plan(runId), processedKeys.measurements(runId)]) {
    objects[key] = (await processed.head(key))?.etag ?? 'missing';
  }
  return {
    objects,
    eventsClean: await hashEvents(deployed, runId),
    tables: await hashTables(deployed, runId),
    manifest: await readManifest(deployed, runId),
  };
}

async function hashEvents({ processed }: Deployed, runId: string): Promise<RunOutputs['eventsClean']> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-events-'));
  try {
    const keys = (await processed.list(`processed/events_clean/run_id=${runId}/`)).map(({ key }) => key);
    const transfers = keys.map((key, index) => ({ key, file: path.join(folder, `${index}.parquet`) }));
    await downloadAll(processed, transfers);
    await using database = await Database.open({ memoryMb: 1024, folder });
    return await database.row<RunOutputs['eventsClean']>(
      `select count(*)::varchar as rows, coalesce(sum(hash(event)::hugeint), 0)::varchar as hash
       from read_parquet(${literalList(transfers.map(({ file }) => file))}, hive_partitioning = false) as event`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function hashTables(deployed: Deployed, runId: string): Promise<RunOutputs['tables']> {
  const tables: Record<string, { rows: number; hash: string }> = {};
  for (const mart of martNames) {
    const [found] = await deployed.sql<{ rows: number; hash: string }>(
      `select count(*)::integer as rows, md5(string_agg(row::text, '' order by experiment_id, user_id)) as hash
       from ${partitionOf(mart, runId)} as row`,
    );
    if (found !== undefined) tables[mart] = found;
  }
  return tables;
}

async function readManifest({ processed }: Deployed, runId: string): Promise<unknown> {
  const text = await processed.getText(processedKeys.manifest(runId));
  const { attempt: _attempt, stages, outputs, ...rest } = runManifest.parse(JSON.parse(text ?? 'null'));
  return {
    ...rest,
    stages: stages.map(({ stage, parts, rows }) => ({ stage, parts, rows })),
    outputs: outputs.map((output) =>
      output.key.startsWith('processed/events_clean/') ? { key: output.key, rows: output.rows } : output,
    ),
  };
}

/** Takes away everything that a run has left but its inputs: the bucket and the database as if it had never begun. */
export async function forgetRun({ processed, sql }: Deployed, drop: string, runId: string): Promise<void> {
  const keys = (await processed.list('processed/')).map(({ key }) => key);
  const own = keys.filter((key) => key.includes(runId) && key !== processedKeys.inputs(runId));
  await processed.deleteAll([...own, processedKeys.latest(drop)]);
  await sql('delete from published where drop_name = $1', [drop]);
  await sql('delete from run where run_id = $1', [runId]);
  for (const mart of martNames) await sql(`drop table if exists ${partitionOf(mart, runId)}`);
}
