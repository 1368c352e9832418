import { type StageName, stageNames } from '../layers/runs/documents.ts';
import { areas } from '../layers/runs/keys.ts';
import type { mappedStages } from '../layers/runs/stages.ts';
import { named } from './names.ts';
import type { Settings } from './settings.ts';

/** The functions of every deployment, in the order in which the data meet them. Each is `lambdas/<name>/handler.ts`. */
export const functionNames = ['gate', ...stageNames, 'fail'] as const;
/** These, and the one that is deployed where a webhook is to be told. */
export const builtFunctions = [...functionNames, 'notify'] as const;
export type FunctionName = (typeof builtFunctions)[number];

/** What a function may use, and what it may touch of the data. Prefixes are those of layers/runs/keys.ts. */
export interface FunctionSpec {
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Size of /tmp. */
  readonly storageMb: number;
  /** Whether it gets the DuckDB layer. */
  readonly duckdb: boolean;
  /** How it reads `raw/` of the raw bucket: as it is now, or in the versions that the gate pinned. */
  readonly raw: 's3:GetObject' | 's3:GetObjectVersion' | undefined;
  /** Prefixes of the processed bucket that it reads. */
  readonly reads: readonly string[];
  /** Prefixes of the processed bucket that it writes. */
  readonly writes: readonly string[];
  /** Reads the database secret. */
  readonly database: boolean;
}

/** Names of a stage's states: the one of the run, and the one of each child where the stage is mapped. */
interface StageStates {
  readonly state: string;
  readonly child?: string;
  /** Where the stage is mapped, unless it has one part: then this one does without a map. */
  readonly single?: string;
}

const { runs, staged, quarantine, eventsClean, marts, reports, latest, gate, work } = areas;

/** 1769 MB are one vCPU. A chunk fits /tmp with its Parquet; what a whole bucket needs spills there. */
const engine = {
  memoryMb: 3008,
  timeoutSeconds: 900,
  duckdb: true,
  raw: undefined,
  database: false,
} as const;
const light = { memoryMb: 512, storageMb: 512, duckdb: false, raw: undefined, database: false } as const;

/** What a stage also reads to take over what it made in an earlier run. */
const repeatable = (writes: readonly string[], reads: readonly string[]) => ({
  reads: [...new Set([...reads, ...writes, work])],
  writes: [...writes, work],
});

export const functionSpecs: Readonly<
  Record<StageName, FunctionSpec & StageStates> &
    Record<keyof typeof mappedStages, { readonly child: string }> &
    Record<'gate' | 'fail' | 'notify', FunctionSpec>
> = {
  gate: { ...light, timeoutSeconds: 30, raw: 's3:GetObject', reads: [runs, gate], writes: [runs, gate] },
  plan: {
    ...light,
    state: 'Plan',
    timeoutSeconds: 120,
    raw: 's3:GetObjectVersion',
    reads: [runs],
    writes: [runs],
  },
  stage: {
    ...engine,
    state: 'StageChunks',
    child: 'StageChunk',
    storageMb: 4096,
    raw: 's3:GetObjectVersion',
    ...repeatable([runs, staged, quarantine], []),
  },
  exchange: {
    ...engine,
    state: 'ExchangeShares',
    child: 'ExchangeShare',
    storageMb: 10_240,
    ...repeatable([runs], []),
  },
  clean: {
    ...engine,
    state: 'CleanBuckets',
    child: 'CleanBucket',
    storageMb: 10_240,
    ...repeatable([runs, eventsClean, quarantine], [staged]),
  },
  marts: {
    ...engine,
    state: 'BuildMarts',
    child: 'BuildMartsOfBucket',
    storageMb: 10_240,
    ...repeatable([runs, marts], [eventsClean]),
  },
  measure: {
    ...engine,
    state: 'Measure',
    memoryMb: 2048,
    storageMb: 10_240,
    ...repeatable([runs], [marts]),
  },
  load: {
    ...engine,
    state: 'LoadBuckets',
    child: 'LoadBucket',
    single: 'Load',
    memoryMb: 1769,
    storageMb: 4096,
    reads: [runs, marts],
    writes: [runs],
    database: true,
  },
  analyze: {
    ...light,
    state: 'Analyze',
    memoryMb: 1024,
    timeoutSeconds: 300,
    reads: [runs],
    writes: [runs, reports],
  },
  publish: {
    ...light,
    state: 'Publish',
    memoryMb: 1024,
    timeoutSeconds: 300,
    reads: [runs, gate, latest],
    writes: [runs, latest],
    database: true,
  },
  fail: { ...light, timeoutSeconds: 60, reads: [runs], writes: [runs] },
  // Not in the database's network, which has no way to the internet.
  notify: { ...light, timeoutSeconds: 90, reads: [runs, reports], writes: [runs] },
};

/** Name of a function where it runs. */
export const deployedName = (name: FunctionName, settings: Pick<Settings, 'env'> = {}) =>
  named(settings, `ecom-experiment-${name}`);
