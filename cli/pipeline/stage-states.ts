import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import type { RunPlan, StageName } from '../../layers/runs/documents.ts';
import type { RunManifest } from '../../layers/runs/run-manifest.ts';
import { partsOf, stagesOf } from '../../layers/runs/stages.ts';
import type { StageAtWork, StageProgress } from './follow.ts';

/** A stage as an attempt at a run left it, or found it. */
export interface StageState {
  readonly stage: StageName;
  readonly status: 'waiting' | 'running' | 'done' | 'failed';
  /** Parts that are done, and how many there are; null before the plan says so. */
  readonly partsDone: number;
  readonly parts: number | null;
  /** Rows written. */
  readonly rows: number | null;
  /** Of the parts that are done; null where none is, and where the times are no longer on record. */
  readonly seconds: number | null;
  readonly startedAt: string | null;
  /** The attempt that did the stage. */
  readonly attempt: number | null;
  /** Whether the attempt found the stage done, so that its times are those of an earlier one. */
  readonly earlier: boolean;
}

/** What stage states come from. */
export interface StageEvidence {
  readonly status: ExecutionStatus;
  readonly done: readonly StageProgress[];
  readonly atWork: readonly StageAtWork[];
  /** Where a failure was recorded. */
  readonly failedStage: string | null;
  readonly plan: RunPlan | undefined;
}

/** The stages of the run, in their order. */
export function stageStates({ status, done, atWork, failedStage, plan }: StageEvidence): StageState[] {
  const progress = new Map(done.map((stage) => [stage.stage, stage]));
  const stages = stagesOf(plan);
  const firstOpen = stages.find((stage) => !progress.has(stage));
  const failed = status === 'SUCCEEDED' || status === 'RUNNING' ? undefined : (failedStage ?? firstOpen);
  return stages.map((stage) => {
    const found = progress.get(stage);
    const state = {
      stage,
      partsDone: found?.parts ?? 0,
      parts: plan === undefined ? (found?.parts ?? null) : partsOf(stage, plan),
      rows: found?.rows ?? null,
      seconds: found?.seconds ?? null,
      startedAt: found?.startedAt ?? null,
      attempt: found?.attempt ?? null,
      earlier: found?.earlier ?? false,
    };
    if (stage === failed) return { ...state, status: 'failed' };
    if (found !== undefined) return { ...state, status: 'done' };
    const work = status === 'RUNNING' ? atWork.find((one) => one.stage === stage) : undefined;
    if (work !== undefined) {
      return { ...state, partsDone: work.partsDone, parts: work.parts, status: 'running' };
    }
    return { ...state, status: 'waiting' };
  });
}

/**
 * The stages of a published run without an execution. Each attempt loads and publishes anew: what a later one did is
 * replaced by what the manifest says, and has no times where the manifest does not say.
 */
export function asPublished(
  states: readonly StageState[],
  { attempt, stages }: Pick<RunManifest, 'attempt' | 'stages'>,
  endedAt: string | null,
): StageState[] {
  return states.map((state) => {
    const isLater = state.startedAt !== null && endedAt !== null && state.startedAt > endedAt;
    if (!isLater) return state;
    const recorded = stages.find(({ stage }) => stage === state.stage);
    const { startedAt = null, seconds = null } = recorded ?? {};
    return { ...state, startedAt, seconds, attempt };
  });
}
