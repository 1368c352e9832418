import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import baseConfig from '../../../../config/base.yaml';
import { type DatasetName, datasetContracts, datasetNames } from '../../../../layers/data/datasets/index.ts';
import { sqlType } from '../../../../layers/data/values.ts';
import { userBucket } from '../../../../layers/engine/buckets.ts';
import { type CleanedBucket, cleanBucket } from '../../../../layers/engine/clean/clean-bucket.ts';
import { partFileName, type StagedPart } from '../../../../layers/engine/clean/staged-rows.ts';
import { buildMarts, requireOneCurrency, resolveAsOf } from '../../../../layers/engine/marts/build-marts.ts';
import { measure } from '../../../../layers/engine/measure/measure.ts';
import { qualityOf, reconcileFiles } from '../../../../layers/engine/measure/reconcile.ts';
import {
  type PresentColumns,
  unavailableIn,
  unmeasuredColumns,
} from '../../../../layers/engine/plan/unavailable.ts';
import { type Config, loadConfig } from '../../../../layers/experiment/config.ts';
import type { Measurements } from '../../../../layers/experiment/measurements.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { identifier, literal } from '../../../../layers/platform/sql.ts';
import type { MartsResult, StageResult } from '../../../../layers/runs/documents.ts';

export type Cell = string | number | null;
/** Columns that a row leaves out are NULL. `_line` defaults to its place in the file, `_part` to 0. */
export type Row = Record<string, Cell>;
/** A dataset that is left out is absent from the drop. */
export type Shop = Partial<Record<DatasetName, readonly Row[]>>;

export interface RunOptions {
  /** YAML over config/base.yaml. */
  readonly config?: string;
  readonly buckets?: number;
  readonly asOf?: string;
  readonly newestInput?: string;
  /** Content of excluded_users.csv. */
  readonly excludedUsers?: string;
}

export interface ShopRun {
  readonly cleaned: readonly CleanedBucket[];
  readonly events: readonly Row[];
  readonly quarantine: readonly Row[];
  readonly exposure: readonly Row[];
  readonly outcomes: readonly Row[];
  readonly marts: readonly MartsResult[];
  readonly measurements: Measurements;
  /** Mart files as they were written, by name. */
  readonly bytes: ReadonlyMap<string, Buffer>;
}

/** Takes hand-made rows through clean, marts and measure, with DuckDB and Parquet files as in production. */
export async function runShop(shop: Shop, options: RunOptions = {}): Promise<ShopRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shop-'));
  try {
    return await runIn(folder, shop, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runIn(folder: string, shop: Shop, options: RunOptions): Promise<ShopRun> {
  const parts = await stage(folder, shop, configOf(options), options.buckets ?? 1);
  return runStaged(folder, { parts, columns: columnsOf(shop), results: stageResults(shop) }, options);
}

/** What `stage` made of a drop, in local files. */
export interface StagedShop {
  readonly parts: readonly (StagedPart & { readonly bucket: number | null })[];
  readonly columns: PresentColumns;
  readonly results: readonly StageResult[];
}

/** Takes staged files through clean, marts and measure. */
export async function runStaged(
  folder: string,
  { parts: staged, columns, results: stagedResults }: StagedShop,
  options: RunOptions,
): Promise<ShopRun> {
  const { buckets = 1, newestInput = '2030-01-01T00:00:00.000Z' } = options;
  const config = configOf(options);
  const present = datasetNames.filter((dataset) => columns.has(dataset));
  const excludedUsers: string[] = [];
  if (options.excludedUsers !== undefined) {
    excludedUsers.push(path.join(folder, 'excluded_users.csv'));
    await writeFile(path.join(folder, 'excluded_users.csv'), options.excludedUsers);
  }
  const plan = {
    config,
    present,
    buckets,
    asOf: options.asOf ?? null,
    unavailable: unavailableIn(columns, config),
    unmeasured: unmeasuredColumns(columns, config),
  };

  const cleaned: CleanedBucket[] = [];
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const own = path.join(folder, `clean-${bucket}`);
    await mkdir(own);
    const parts = staged.filter((part) => part.bucket === null || part.bucket === bucket);
    await using db = await open(folder);
    cleaned.push(await cleanBucket(db, { plan, bucket, parts, newestInput, folder: own }));
  }
  const results = cleaned.map(({ result }) => result);
  requireOneCurrency(results);

  const marts: MartsResult[] = [];
  const exposureFiles: string[] = [];
  const outcomeFiles: string[] = [];
  const sinceFiles: string[] = [];
  const durationFiles: string[] = [];
  for (const [bucket, { events, others }] of cleaned.entries()) {
    const filesOf = (dataset: DatasetName) =>
      others.filter((other) => other.dataset === dataset).map(({ file }) => file);
    const output = {
      userExposure: path.join(folder, `exposure-${bucket}.parquet`),
      userOutcomes: path.join(folder, `outcomes-${bucket}.parquet`),
      sinceExposure: path.join(folder, `since-${bucket}.parquet`),
      sessionDurations: path.join(folder, `durations-${bucket}.parquet`),
    };
    await using db = await open(folder);
    const { result } = await buildMarts(db, {
      config,
      asOf: resolveAsOf(plan, results),
      files: {
        events: events.map(({ file }) => file),
        assignments: filesOf('experiment_assignments'),
        users: filesOf('users'),
        sessions: filesOf('sessions'),
      },
      excludedUsers,
      unmeasured: plan.unmeasured,
      output,
    });
    marts.push(result);
    exposureFiles.push(output.userExposure);
    outcomeFiles.push(output.userOutcomes);
    sinceFiles.push(output.sinceExposure);
    durationFiles.push(output.sessionDurations);
  }

  await using db = await open(folder);
  const chunks = stagedResults.map(({ dataset, part }) => ({ dataset, key: `${dataset}-${part}` }));
  const measurements = await measure(db, {
    plan,
    quality: qualityOf(chunks, reconcileFiles(chunks, stagedResults, results)),
    staged: stagedResults,
    cleaned: results,
    marts,
    userExposure: exposureFiles,
    userOutcomes: outcomeFiles,
    sinceExposure: sinceFiles,
    sessionDurations: durationFiles,
  });
  return {
    cleaned,
    events: await rowsOf(
      db,
      cleaned.flatMap(({ events }) => events).map(({ file }) => file),
      'event_id',
    ),
    quarantine: await rowsOf(
      db,
      cleaned.flatMap(({ quarantine }) => quarantine).map(({ file }) => file),
      'dataset, source_key, line',
    ),
    exposure: await rowsOf(db, exposureFiles, 'experiment_id, user_id'),
    outcomes: await rowsOf(db, outcomeFiles, 'experiment_id, user_id'),
    marts,
    measurements,
    bytes: await readAll([...exposureFiles, ...outcomeFiles]),
  };
}

function configOf(options: RunOptions): Config {
  return loadConfig([
    { name: 'base.yaml', text: baseConfig },
    { name: 'drop.yaml', text: options.config ?? '' },
  ]);
}

async function readAll(files: readonly string[]): Promise<Map<string, Buffer>> {
  const contents = await Promise.all(files.map((file) => readFile(file)));
  return new Map(files.map((file, index) => [path.basename(file), contents[index] ?? Buffer.alloc(0)]));
}

function open(folder: string): Promise<Database> {
  return Database.open({ memoryMb: 2048, folder, threads: 2 });
}

async function rowsOf(db: Database, files: readonly string[], order: string): Promise<Row[]> {
  if (files.length === 0) return [];
  return db.query<Row>(
    `FROM read_parquet([${files.map(literal).join(', ')}], hive_partitioning = false) ORDER BY ${order}`,
  );
}

async function stage(
  folder: string,
  shop: Shop,
  config: Config,
  buckets: number,
): Promise<(StagedPart & { bucket: number | null })[]> {
  await using db = await open(folder);
  const parts: (StagedPart & { bucket: number | null })[] = [];
  for (const dataset of datasetNames) {
    const rows = shop[dataset] ?? [];
    const numbered = rows.map((row, index): Row => ({ _line: index + 2, _part: 0, ...row }));
    for (const part of new Set(numbered.map(({ _part }) => Number(_part)))) {
      const own = numbered.filter(({ _part }) => _part === part);
      await db.run(`CREATE OR REPLACE TABLE staged AS ${tableOf(dataset, own, config.id_type)}`);
      const byUser = buckets > 1 && dataset !== 'products';
      const slices = byUser
        ? Array.from({ length: buckets }, (_, bucket) => bucket)
        : [buckets === 1 ? 0 : null];
      for (const bucket of slices) {
        const file = path.join(folder, partFileName(dataset, part, bucket));
        const where = byUser ? `${userBucket('user_id', buckets)} = ${bucket}` : 'true';
        await db.run(
          `COPY (FROM staged WHERE ${where}) TO ${literal(file)} (FORMAT parquet, PARQUET_VERSION v2)`,
        );
        parts.push({
          dataset,
          part,
          rawKey: `raw/${dataset}-${part}.csv`,
          name: `raw/${dataset}-${part}.csv`,
          rawVersion: null,
          file,
          bucket,
        });
      }
    }
  }
  return parts;
}

function tableOf(dataset: DatasetName, rows: readonly Row[], idType: Config['id_type']): string {
  const columns = new Map<string, string>(
    datasetContracts[dataset].columns.map((column) => [column.name, sqlType(column, idType)]),
  );
  for (const name of rows.flatMap((row) => Object.keys(row))) {
    if (!columns.has(name) && !name.startsWith('_')) columns.set(name, 'VARCHAR');
  }
  columns.set('_line', 'BIGINT');
  columns.set('_notes', 'VARCHAR');
  const names = [...columns.keys()];
  const tuples = rows.map((row) => `(${names.map((name) => cell(row[name] ?? null)).join(', ')})`);
  const casts = [...columns].map(
    ([name, type]) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`,
  );
  return `SELECT ${casts.join(', ')} FROM (VALUES ${tuples.join(', ')}) t(${names.map(identifier).join(', ')})`;
}

function cell(value: Cell): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : literal(value);
}

function columnsOf(shop: Shop): PresentColumns {
  return new Map(
    datasetNames.flatMap((dataset) => {
      const rows = shop[dataset];
      return rows === undefined ? [] : [[dataset, new Set(rows.flatMap((row) => Object.keys(row)))] as const];
    }),
  );
}

function stageResults(shop: Shop): StageResult[] {
  return datasetNames.flatMap((dataset) => {
    const rows = shop[dataset];
    if (rows === undefined) return [];
    const parts = [...new Set([0, ...rows.map(({ _part = 0 }) => Number(_part))])];
    return parts.map((part) => {
      const lines = rows.filter(({ _part = 0 }) => _part === part).length;
      return { dataset, part, lines, accepted: lines, quarantined: 0, quarantineRules: [] };
    });
  });
}
