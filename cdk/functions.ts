import { stageNames } from '../layers/runs/stages.ts';
import { named } from './names.ts';
import type { Settings } from './settings.ts';

/** The functions, in the order in which the data meet them. Each is `lambdas/<name>/handler.ts`. */
export const functionNames = ['gate', ...stageNames, 'fail'] as const;
export type FunctionName = (typeof functionNames)[number];

export interface FunctionSize {
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Size of /tmp. */
  readonly storageMb: number;
  /** Whether it gets the DuckDB layer. */
  readonly duckdb: boolean;
}

const engine = { memoryMb: 3008, timeoutSeconds: 900, duckdb: true } as const;

/** 1769 MB are one vCPU. A chunk fits /tmp with its Parquet; what a whole bucket needs spills there. */
export const functionSizes: Readonly<Record<FunctionName, FunctionSize>> = {
  gate: { memoryMb: 512, timeoutSeconds: 30, storageMb: 512, duckdb: false },
  plan: { memoryMb: 512, timeoutSeconds: 120, storageMb: 512, duckdb: false },
  stage: { ...engine, storageMb: 4096 },
  clean: { ...engine, storageMb: 10_240 },
  marts: { ...engine, storageMb: 10_240 },
  measure: { ...engine, memoryMb: 2048, storageMb: 4096 },
  load: { ...engine, memoryMb: 1024, storageMb: 4096 },
  analyze: { memoryMb: 1024, timeoutSeconds: 300, storageMb: 512, duckdb: false },
  publish: { memoryMb: 1024, timeoutSeconds: 300, storageMb: 512, duckdb: false },
  fail: { memoryMb: 512, timeoutSeconds: 60, storageMb: 512, duckdb: false },
};

/** Name of a function where it runs. */
export const deployedName = (name: FunctionName, settings: Pick<Settings, 'env'> = {}) =>
  named(settings, `ecom-experiment-${name}`);
