import { functionSpecs } from '../../cdk/functions.ts';
import type { RunManifest } from '../../layers/runs/run-manifest.ts';
import { isMapped } from '../../layers/runs/stages.ts';
import { prices } from './prices.ts';

export type Architecture = keyof typeof prices.lambda.gbSecond;

/** USD, unless said otherwise. */
export interface RunCost {
  readonly stages: readonly {
    readonly stage: string;
    readonly calls: number;
    /** Of all calls together. */
    readonly seconds: number;
    readonly cost: number;
  }[];
  readonly functions: number;
  readonly stateMachine: number;
  /** Objects written: results and completion markers. */
  readonly writes: number;
  readonly total: number;
  /** To keep the results for a month. */
  readonly storageMonth: number;
}

/**
 * What a run cost on AWS, from its manifest: function time and memory, calls, state transitions, objects written. Without
 * what the manifest does not tell: gate and publication, further attempts, reads of S3, disk beyond 512 MB, logs, and the
 * database, which costs by the hour that it is awake.
 * @returns undefined for a manifest of a version that did not add up the seconds of functions
 */
export function estimateCost(
  { stages, outputs }: Pick<RunManifest, 'stages' | 'outputs'>,
  architecture: Architecture,
): RunCost | undefined {
  const priced = stages.map(({ stage, parts, functionSeconds }) => {
    if (functionSeconds === undefined) return undefined;
    const perSecond = (functionSpecs[stage].memoryMb / 1024) * prices.lambda.gbSecond[architecture];
    const cost = functionSeconds * perSecond + parts * prices.lambda.request;
    return { stage, calls: parts, seconds: functionSeconds, cost };
  });
  const known = priced.filter((stage) => stage !== undefined);
  if (known.length < priced.length) return undefined;
  const calls = stages.reduce((sum, { parts }) => sum + parts, 0);
  // A state for each stage and for publish; a child of a map is started, and has one state.
  const children = stages
    .filter(({ stage, parts }) => isMapped(stage) && (parts > 1 || functionSpecs[stage].single === undefined))
    .reduce((sum, { parts }) => sum + parts, 0);
  const functions = known.reduce((sum, { cost }) => sum + cost, 0);
  const stateMachine = (stages.length + 1 + 2 * children) * prices.stateTransition;
  const writes = (outputs.length + calls) * prices.s3.put;
  const gigabytes = outputs.reduce((sum, { bytes }) => sum + bytes, 0) / 2 ** 30;
  return {
    stages: known,
    functions,
    stateMachine,
    writes,
    total: functions + stateMachine + writes,
    storageMonth: gigabytes * prices.s3.gbMonth,
  };
}
