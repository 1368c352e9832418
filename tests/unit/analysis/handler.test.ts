import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { handler } from '../../../lambdas/analyze/handler.ts';
import { Database } from '../../../layers/platform/duckdb.ts';
import { literal } from '../../../layers/platform/sql.ts';
import { reportSchema } from '../../../layers/report/schema.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { ObjectServer } from '../engine/stage/object-server.ts';
import { armOf, configOf, experimentOf } from './measurement.ts';
import { shoppers } from './shoppers.ts';

const runId = '0123456789abcdef';
const event = { runId, drop: 'default', attempt: 1, index: 0 };
const moment = '2026-02-01T00:00:00.000Z';

/** What the stages before leave behind, and then the analysis of it: its objects by name. */
async function analyzed(): Promise<Map<string, Buffer>> {
  await using server = await ObjectServer.start();
  const arms = [armOf('control', shoppers(400, 1)), armOf('treatment', shoppers(400, 2, 0.3))];
  server.putProcessed(processedKeys.inputs(runId), {
    schemaVersion: 1,
    runId,
    drop: 'default',
    inputs: [],
    asOf: null,
    configHash: 'h',
    codeVersion: 'c',
  });
  server.putProcessed(processedKeys.plan(runId), {
    schemaVersion: 1,
    runId,
    drop: 'default',
    config: configOf(),
    configHash: 'h',
    codeVersion: 'c',
    asOf: null,
    chunks: [],
    buckets: 1,
    present: ['events', 'experiment_assignments'],
    unavailable: [],
    unmeasured: [],
  });
  server.putProcessed(processedKeys.measurements(runId), {
    schemaVersion: 1,
    asOf: moment,
    experiments: [experimentOf(arms, { segments: [{ segment: 'device', level: 'mobile', arms }] })],
    population: [],
    quality: {},
    quarantineRules: [],
    warnings: [],
  });
  server.putProcessed(processedKeys.done(runId, 'measure', 0), {
    stage: 'measure',
    index: 0,
    attempt: 1,
    startedAt: moment,
    finishedAt: moment,
    outputs: [],
    result: { experiments: [], files: [] },
  });
  await handler(event);
  return new Map([...server.objects].map(([key, bytes]) => [path.basename(key), bytes]));
}

it('writes the same report in every form, byte for byte the same each time', async () => {
  const [files, again] = [await analyzed(), await analyzed()];
  const names = ['report.json', 'report.html', 'results.parquet', 'results.csv', 'EXPERIMENT_DECISION.md'];
  for (const name of names) {
    expect(files.get(name)?.length, name).toBeGreaterThan(100);
    expect(again.get(name)?.equals(files.get(name) ?? Buffer.alloc(0)), name).toBe(true);
  }
  const report = reportSchema.parse(JSON.parse(String(files.get('report.json'))));
  expect(report.experiments[0]?.segments[0]?.metrics.length).toBeGreaterThan(5);

  const folder = await mkdtemp(path.join(tmpdir(), 'analyzed-'));
  try {
    for (const name of ['results.parquet', 'results.csv']) {
      await writeFile(path.join(folder, name), files.get(name) ?? '');
    }
    await using database = await Database.open({ memoryMb: 512, folder });
    const columns = 'experiment_id, segment, segment_level, metric, role, variant, users, mean, p, verdict';
    const parquet = `SELECT ${columns} FROM read_parquet(${literal(path.join(folder, 'results.parquet'))})`;
    const csv = `SELECT ${columns} FROM read_csv(${literal(path.join(folder, 'results.csv'))}, sample_size = -1)`;
    const { differing } = await database.row<{ differing: string }>(
      `SELECT count(*) AS differing FROM ((${parquet} EXCEPT ${csv}) UNION ALL (${csv} EXCEPT ${parquet}))`,
    );
    expect(Number(differing)).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
