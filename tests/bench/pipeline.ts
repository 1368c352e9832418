/**
 * The whole way of a generated drop on what `./ecom up` started: seconds by stage, peak memory, the report held against
 * what was generated, and beside it, in the same run, one DuckDB query that computes the main numbers without any check:
 * `node infrastructure/run.mjs tests/bench/pipeline.ts [events]`
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from '../../cli/generate/generate.ts';
import type { GeneratedTruth } from '../../cli/generate/truth.ts';
import { stateFolder } from '../../cli/local/state.ts';
import { readReport } from '../../cli/pipeline/run-report.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { literal, renderSql } from '../../layers/platform/sql.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { runManifest } from '../../layers/runs/run-manifest.ts';
import { connectTo, type Deployed } from '../e2e/deployed.ts';
import { Drop } from '../e2e/reliability/drop.ts';
import floorSql from './floor.sql';
import { differencesToTruth } from './truth.ts';
import { measureUsage, type Usage } from './usage.ts';

const memories = ['functions MB', 'LocalStack MB', 'PostgreSQL MB'] as const satisfies (keyof Usage)[];

async function measurePipeline(events: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-bench-'));
  try {
    const truth = await generate({ directory: folder, events, files: 8 });
    const lines = Object.values(truth.datasets).reduce((sum, { rows }) => sum + rows, 0);
    const load = loadavg()[0]?.toFixed(1);
    print(`${lines} lines, ${availableParallelism()} cores, load before ${load}`);
    const floor = measureFloor(folder, truth);
    const pipeline = await runDrop(connectTo(stateFolder()), folder, truth);

    for (const { stage, parts, seconds } of pipeline.stages) {
      print(`${stage.padEnd(10)} ${seconds.toFixed(1).padStart(7)} s  ${parts} parts`);
    }
    const { seconds } = pipeline;
    print(
      `pipeline   ${seconds.toFixed(1).padStart(7)} s  ${(lines / seconds / 1e6).toFixed(2)} million lines a second`,
    );
    print(`peak       ${memories.map((name) => `${name} ${pipeline.peaks[name]}`).join(', ')}`);
    print(
      `one query  ${floor.seconds.toFixed(1).padStart(7)} s  peak MB ${floor.peakMb}, nothing checked, stored or compared`,
    );
    print(`ratio      ${(seconds / floor.seconds).toFixed(1).padStart(7)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  /** From the start of the execution to its end. */
  readonly seconds: number;
  readonly stages: readonly { readonly stage: string; readonly parts: number; readonly seconds: number }[];
  readonly peaks: Readonly<Record<(typeof memories)[number], number>>;
}

async function runDrop(deployed: Deployed, folder: string, truth: GeneratedTruth): Promise<Measured> {
  const drop = new Drop(deployed, `bench-${Date.now().toString(36)}`);
  const peaks = { 'functions MB': 0, 'LocalStack MB': 0, 'PostgreSQL MB': 0 };
  const ended = new AbortController();
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const usage = await measureUsage(deployed);
      for (const name of memories) peaks[name] = Math.max(peaks[name], usage[name]);
      await sleep(1000);
    }
  })();
  const { runId, status, cause, startedAt, stoppedAt } = await drop.run(folder).finally(() => ended.abort());
  await watching;
  if (status !== 'SUCCEEDED') throw new Error(`the run failed: ${cause}`);
  const differences = differencesToTruth(await readReport(deployed, runId), truth);
  if (differences.length > 0) throw new Error(`the report is wrong: ${differences.join(', ')}`);
  const text = await deployed.processed.getText(processedKeys.manifest(runId));
  const { stages } = runManifest.parse(JSON.parse(text ?? 'null'));
  return { seconds: ((stoppedAt?.getTime() ?? Number.NaN) - startedAt.getTime()) / 1000, stages, peaks };
}

/** In a process of its own, whose memory is that of the query. */
function measureFloor(
  folder: string,
  truth: GeneratedTruth,
): { readonly seconds: number; readonly peakMb: number } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      path.join(PROJECT_ROOT, 'infrastructure/run.mjs'),
      path.join(PROJECT_ROOT, 'tests/bench/pipeline.ts'),
      'floor',
      folder,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the query failed:\n${stderr}`);
  const { arms, ...measured } = JSON.parse(stdout) as Floor;
  for (const { variant, users, purchasers } of arms) {
    const expected = truth.arms[variant];
    if (users !== expected.exposed || purchasers !== expected.purchasers)
      throw new Error(`the query is wrong: ${stdout}`);
  }
  return measured;
}

interface Floor {
  readonly seconds: number;
  readonly peakMb: number;
  readonly arms: readonly {
    readonly variant: 'control' | 'treatment';
    readonly users: number;
    readonly purchasers: number;
  }[];
}

async function runFloor(folder: string): Promise<void> {
  const spill = await mkdtemp(path.join(tmpdir(), 'ecom-bench-floor-'));
  try {
    await using database = await Database.open({ memoryMb: 8192, folder: spill });
    const start = process.hrtime.bigint();
    const arms = await database.query<Record<string, unknown>>(
      renderSql(floorSql, {
        events: literal(path.join(folder, 'events', '*.csv')),
        assignments: literal(path.join(folder, 'experiment_assignments', '*.csv')),
      }),
    );
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    print(JSON.stringify({ seconds, peakMb: Math.round(process.resourceUsage().maxRSS / 1024), arms }));
  } finally {
    await rm(spill, { recursive: true, force: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [first = '20000000', folder] = process.argv.slice(2);
if (first === 'floor' && folder !== undefined) await runFloor(folder);
else await measurePipeline(Number(first));
