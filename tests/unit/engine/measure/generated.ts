import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from '../../../../cli/generate/generate.ts';
import type { GenerateOptions } from '../../../../cli/generate/options.ts';
import type { GeneratedTruth } from '../../../../cli/generate/truth.ts';
import { datasetContracts, datasetNames } from '../../../../layers/data/datasets/index.ts';
import { sqlType } from '../../../../layers/data/values.ts';
import { userBucket } from '../../../../layers/engine/buckets.ts';
import { partFileName } from '../../../../layers/engine/clean/staged-rows.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { identifier, literal } from '../../../../layers/platform/sql.ts';
import { type RunOptions, runStaged, type ShopRun, type StagedShop } from '../clean/shop.ts';

/** Generates a shop with planted effects, and takes it through clean, marts and measure. */
export async function runGenerated(
  options: Omit<GenerateOptions, 'directory'>,
  run: RunOptions = {},
): Promise<{ truth: GeneratedTruth; run: ShopRun }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'generated-'));
  try {
    const truth = await generate({ ...options, directory: path.join(folder, 'drop') });
    const staged = await stageFiles(folder, truth, run.buckets ?? 1);
    const asOf = new Date(`${truth.end.replace(' ', 'T').replace(/Z?$/, 'Z')}`).toISOString();
    return { truth, run: await runStaged(folder, staged, { ...run, asOf }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The generated files as `stage` would leave them: their rows are known to be good. */
async function stageFiles(folder: string, truth: GeneratedTruth, buckets: number): Promise<StagedShop> {
  await using db = await Database.open({ memoryMb: 2048, folder, threads: 2 });
  const parts: StagedShop['parts'][number][] = [];
  const columns = new Map<(typeof datasetNames)[number], Set<string>>();
  for (const dataset of datasetNames) {
    const file = path.join(folder, 'drop', truth.datasets[dataset].files[0] ?? '');
    await db.run(
      `CREATE OR REPLACE VIEW raw AS FROM read_csv(${literal(file)}, header = true, all_varchar = true)`,
    );
    const header = await db.query<{ column_name: string }>('DESCRIBE raw');
    const present = new Set(
      header.map(({ column_name }) => (column_name === 'event_type' ? 'event_name' : column_name)),
    );
    columns.set(dataset, present);
    const casts = datasetContracts[dataset].columns.map((column) => {
      const type = sqlType(column, 'bigint');
      const source = column.name === 'event_name' ? 'event_type' : column.name;
      const text = `regexp_replace(${identifier(source)}, 'Z$', '')`;
      return `CAST(${present.has(column.name) ? text : 'NULL'} AS ${type}) AS ${identifier(column.name)}`;
    });
    await db.run(
      `CREATE OR REPLACE TABLE staged AS SELECT ${casts.join(', ')}, row_number() OVER () + 1 AS _line, NULL::VARCHAR AS _notes FROM raw`,
    );
    const byUser = buckets > 1 && dataset !== 'products';
    const slices = byUser
      ? Array.from({ length: buckets }, (_, bucket) => bucket)
      : [buckets === 1 ? 0 : null];
    for (const bucket of slices) {
      const part = path.join(folder, partFileName(dataset, 0, bucket));
      const where = byUser ? `${userBucket('user_id', buckets)} = ${bucket}` : 'true';
      await db.run(
        `COPY (FROM staged WHERE ${where}) TO ${literal(part)} (FORMAT parquet, PARQUET_VERSION v2)`,
      );
      parts.push({
        dataset,
        part: 0,
        rawKey: `raw/${dataset}.csv`,
        name: `raw/${dataset}.csv`,
        rawVersion: null,
        file: part,
        bucket,
      });
    }
  }
  const results = datasetNames.map((dataset) => ({
    dataset,
    part: 0,
    lines: truth.datasets[dataset].rows,
    accepted: truth.datasets[dataset].rows,
    quarantined: 0,
    quarantineRules: [],
  }));
  return { parts, columns, results };
}
