import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { functionSpecs } from '../../../cdk/functions.ts';
import { generate } from '../../../cli/generate/generate.ts';
import { type DatasetName, datasetNames } from '../../../layers/data/datasets/index.ts';
import { exchangedKinds, sharedKinds } from '../../../layers/engine/exchange/kinds.ts';
import { type LocalRun, reportOf, runLocal } from '../../../layers/engine/run-local.ts';
import type { StageMarker, StageName } from '../../../layers/runs/documents.ts';
import { areas, processedKeys } from '../../../layers/runs/keys.ts';
import { threadsOf } from '../../../layers/runs/lambda.ts';
import { partsOf, stagesBetweenBuckets } from '../../../layers/runs/stages.ts';
import { differencesToTruth } from '../../bench/truth.ts';

export const measuredStages = [
  'plan',
  'stage',
  'exchange',
  'clean',
  'marts',
  'measure',
  'analyze',
] as const satisfies StageName[];
export type MeasuredStage = (typeof measuredStages)[number];

/** What a run of a generated shop took in one process, its parts one after the other, and how large everything was. */
export interface MeasuredRun {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly load: number };
  /** Rows of the raw files, and of user_outcomes. */
  readonly rows: { readonly events: number; readonly sessions: number; readonly users: number };
  readonly chunks: number;
  readonly buckets: number;
  /** From the first part of a stage to its last, which a busy machine makes longer. */
  readonly seconds: Readonly<Record<MeasuredStage, number>>;
  /** What the processors did meanwhile, which hardly depends on what else they do. */
  readonly cpuSeconds: Readonly<Record<MeasuredStage, number>>;
  /** Bytes of the raw files by dataset, and of all objects of a kind together. */
  readonly raw: Readonly<Record<DatasetName, number>>;
  readonly bytes: {
    readonly staged: number;
    /** What chunks leave by share of an id, and shares by bucket. */
    readonly shared: number;
    readonly exchanged: number;
    readonly clean: number;
    readonly marts: number;
    readonly plan: number;
    readonly stageMarkers: number;
  };
}

/**
 * Generates a shop and takes it through the engine with the memory and threads of a function. The report is held against
 * what was generated.
 * @param buckets in place of as many as the plan has
 */
export async function measureRun(events: number, buckets?: number): Promise<MeasuredRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-scale-'));
  try {
    const truth = await generate({ directory: path.join(folder, 'raw'), events });
    const load = Math.round(10 * (loadavg()[0] ?? 0)) / 10;
    const files = datasetNames.map((kind) => ({
      kind,
      key: `raw/${kind}.csv`,
      file: path.join(folder, 'raw', ...(truth.datasets[kind].files[0] ?? '').split('/')),
    }));
    const { memoryMb } = functionSpecs.clean;
    const clock = new StageClock();
    const options = {
      drop: 'default',
      files,
      folder: path.join(folder, 'runs'),
      codeVersion: 'scale',
      limits: { memoryMb, threads: threadsOf(memoryMb) },
      onStage: clock.hear,
    };
    const { runId, store } = await runLocal(options, 'plan');
    if (buckets !== undefined) {
      await store.write('plan', [runId], { ...(await store.require('plan', runId)), buckets });
    }
    const run = await runLocal(options);
    const differences = differencesToTruth(await reportOf(run), truth);
    if (differences.length > 0) throw new Error(`the report is wrong: ${differences.join(', ')}`);
    const { rows, chunks, bytes } = await sizesOf(run);
    const plan = await run.store.require('plan', runId);
    const size = async ({ kind, file }: (typeof files)[number]) => [kind, (await stat(file)).size] as const;
    return {
      machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), load },
      rows: { ...rows, events: truth.datasets.events.rows, sessions: truth.datasets.sessions.rows },
      chunks,
      buckets: plan.buckets,
      seconds: clock.of(({ wall }) => wall),
      cpuSeconds: clock.of(({ cpu }) => cpu),
      raw: Object.fromEntries(await Promise.all(files.map(size))) as MeasuredRun['raw'],
      bytes,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Moment {
  readonly wall: number;
  readonly cpu: number;
}

/** Times the stages, each when it is done for the first time: later it is only looked at. */
class StageClock {
  readonly #begun = new Map<StageName, Moment>();
  readonly #took = new Map<StageName, Moment>();

  readonly hear = (stage: StageName, _parts: number, state: 'begins' | 'done'): void => {
    if (this.#took.has(stage)) return;
    const { wall, cpu } = now();
    if (state === 'begins') this.#begun.set(stage, { wall, cpu });
    const begun = this.#begun.get(stage);
    if (state === 'done' && begun !== undefined)
      this.#took.set(stage, { wall: wall - begun.wall, cpu: cpu - begun.cpu });
  };

  of(what: (took: Moment) => number): Record<MeasuredStage, number> {
    const entries = measuredStages.map((stage) => {
      const isPassedBy = stagesBetweenBuckets.includes(stage);
      const took = this.#took.get(stage) ?? (isPassedBy ? { wall: 0, cpu: 0 } : undefined);
      if (took === undefined) throw new Error(`${stage} was not heard of`);
      return [stage, Math.round(1000 * what(took)) / 1000] as const;
    });
    return Object.fromEntries(entries) as Record<MeasuredStage, number>;
  }
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

async function sizesOf({ runId, store }: LocalRun) {
  const plan = await store.require('plan', runId);
  const markersOf = async (stage: StageName): Promise<StageMarker[]> =>
    Promise.all(
      Array.from({ length: partsOf(stage, plan) }, (_, index) =>
        store.require('marker', runId, stage, index),
      ),
    );
  const markers = [
    ...(await markersOf('stage')),
    ...(await markersOf('exchange')),
    ...(await markersOf('clean')),
    ...(await markersOf('marts')),
  ];
  const outputs = markers.flatMap((marker) => marker.outputs);
  const below = (prefix: string) => outputs.filter(({ key }) => key.startsWith(prefix));
  const ofKinds = (kinds: readonly string[]) =>
    total(kinds.flatMap((kind) => below(processedKeys.intermediates(kind, runId))));
  const total = (found: readonly { readonly bytes: number }[]) =>
    found.reduce((sum, { bytes }) => sum + bytes, 0);
  const folder = path.join(store.processed.location, processedKeys.run(runId));
  const done = (await readdir(path.join(folder, 'done'))).filter((name) => name.startsWith('stage-'));
  const sizes = await Promise.all(
    done.map(async (name) => (await stat(path.join(folder, 'done', name))).size),
  );
  return {
    chunks: plan.chunks.length,
    rows: { users: below(`${areas.marts}user_outcomes/`).reduce((sum, { rows }) => sum + rows, 0) },
    bytes: {
      staged: total(below(areas.staged)),
      shared: ofKinds(Object.keys(sharedKinds)),
      exchanged: ofKinds(exchangedKinds),
      clean: total(below(areas.eventsClean)),
      marts: total([
        ...below(areas.marts),
        ...below(processedKeys.intermediates('since_exposure', runId)),
        ...below(processedKeys.intermediates('session_durations', runId)),
      ]),
      plan: (await stat(path.join(store.processed.location, processedKeys.plan(runId)))).size,
      stageMarkers: sizes.reduce((sum, bytes) => sum + bytes, 0),
    },
  };
}
