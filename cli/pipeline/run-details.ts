import { ExecutionDoesNotExist, type ExecutionStatus } from '@aws-sdk/client-sfn';
import { processedKeys } from '../../layers/contracts/keys.ts';
import { type Failure, failure, type RunInputs, runInputs } from '../../layers/contracts/run-documents.ts';
import { type RunManifest, runManifest } from '../../layers/contracts/run-manifest.ts';
import { type StageName, stageNames } from '../../layers/contracts/stages.ts';
import { type Report, reportSchema } from '../../layers/report/schema.ts';
import { UsageError } from '../usage-error.ts';
import type { Connection } from './connection.ts';
import { deployedExecutions, describeExecution } from './executions.ts';
import { readProgress, type StageAtWork, type StageProgress } from './follow.ts';
import { type RunSummary, readDocument, recordedAttempt, summarise } from './runs.ts';

/** Everything that is known of a run, whatever its state. */
export interface RunDetails extends RunSummary {
  /** The oldest first. */
  readonly attempts: readonly AttemptState[];
  /** All stages, in their order. */
  readonly stages: readonly StageState[];
  /** Why the newest attempt failed. */
  readonly failure: Pick<Failure, 'stage' | 'error' | 'message'> | null;
  readonly inputs: RunInputs | null;
  readonly manifest: RunManifest | null;
  readonly report: Report | null;
  /** Names of the report's files that are there. */
  readonly files: readonly string[];
}

export interface AttemptState {
  readonly attempt: number;
  readonly status: ExecutionStatus;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
  readonly error: string | null;
  readonly cause: string | null;
}

export interface StageState {
  readonly stage: StageName;
  readonly status: 'waiting' | 'running' | 'done' | 'failed';
  /** Parts that are done, and how many there are; null before the plan says so. */
  readonly partsDone: number;
  readonly parts: number | null;
  /** Rows written. */
  readonly rows: number | null;
  readonly seconds: number | null;
  readonly startedAt: string | null;
  /** The attempt that did the stage. */
  readonly attempt: number | null;
}

/** @throws UsageError where neither an execution nor S3 knows the run */
export async function describeRun(connection: Connection, runId: string): Promise<RunDetails> {
  const { processed } = connection;
  const attempts = await attemptsOf(connection, runId);
  const newest = attempts.at(-1);
  if (newest === undefined) {
    throw new UsageError({ what: `there is no run "${runId}"`, remedy: 'npx ecom runs lists them' });
  }
  const running = newest.status === 'RUNNING';
  const succeeded = newest.status === 'SUCCEEDED';
  const [summary, progress, recorded, inputs, manifest, report, files] = await Promise.all([
    summarise(processed, {
      runId,
      attempt: newest.attempt,
      status: newest.status,
      startedAt: new Date(newest.startedAt),
      stoppedAt: newest.stoppedAt === null ? undefined : new Date(newest.stoppedAt),
    }),
    readProgress(connection, runId, !running),
    running || succeeded ? undefined : readDocument(processed, processedKeys.failure(runId), failure),
    readDocument(processed, processedKeys.inputs(runId), runInputs),
    succeeded ? readDocument(processed, processedKeys.manifest(runId), runManifest) : undefined,
    succeeded ? readDocument(processed, processedKeys.report(runId, 'report.json'), reportSchema) : undefined,
    succeeded ? reportFiles(connection, runId) : [],
  ]);
  const reason = failureOf(newest, recorded);
  return {
    ...summary,
    attempts,
    stages: stageStates(progress, running, reason?.stage ?? null, succeeded),
    failure: reason,
    inputs: inputs ?? null,
    manifest: manifest ?? null,
    report: report ?? null,
    files,
  };
}

async function attemptsOf(connection: Connection, runId: string): Promise<AttemptState[]> {
  const executions = await deployedExecutions(connection);
  const attempts: AttemptState[] = [];
  for (let attempt = 1; ; attempt += 1) {
    try {
      const state = await describeExecution(connection, executions.arn(runId, attempt));
      attempts.push({
        attempt,
        status: state.status,
        startedAt: state.startedAt.toISOString(),
        stoppedAt: state.stoppedAt?.toISOString() ?? null,
        error: state.error ?? null,
        cause: state.cause ?? null,
      });
    } catch (error) {
      if (!(error instanceof ExecutionDoesNotExist)) throw error;
      break;
    }
  }
  if (attempts.length > 0) return attempts;
  const recorded = await recordedAttempt(connection.processed, runId);
  if (recorded === undefined) return [];
  return [
    {
      attempt: recorded.attempt,
      status: recorded.status,
      startedAt: recorded.startedAt.toISOString(),
      stoppedAt: recorded.stoppedAt?.toISOString() ?? null,
      error: null,
      cause: null,
    },
  ];
}

/** The record on S3 where it is of this attempt, else what the execution itself says. */
function failureOf(
  { attempt, status, error, cause }: AttemptState,
  recorded: Failure | undefined,
): RunDetails['failure'] {
  if (status === 'RUNNING' || status === 'SUCCEEDED') return null;
  if (recorded?.attempt === attempt) {
    return { stage: recorded.stage, error: recorded.error, message: recorded.message };
  }
  const message =
    cause ?? (status === 'ABORTED' ? 'the execution was stopped before its end' : `it ended as ${status}`);
  return { stage: null, error: error ?? status, message };
}

async function reportFiles({ processed }: Connection, runId: string): Promise<string[]> {
  const key = processedKeys.report(runId, 'report.json');
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  return (await processed.list(folder)).map((object) => object.key.slice(folder.length));
}

function stageStates(
  { done, atWork }: { readonly done: readonly StageProgress[]; readonly atWork: StageAtWork | undefined },
  running: boolean,
  failedStage: string | null,
  succeeded: boolean,
): StageState[] {
  const progress = new Map(done.map((stage) => [stage.stage, stage]));
  const firstOpen = stageNames.find((stage) => !progress.has(stage));
  const failed = succeeded || running ? undefined : (failedStage ?? firstOpen);
  return stageNames.map((stage) => {
    const found = progress.get(stage);
    const state = {
      stage,
      partsDone: found?.parts ?? 0,
      parts: found?.parts ?? null,
      rows: found?.rows ?? null,
      seconds: found?.seconds ?? null,
      startedAt: found?.startedAt ?? null,
      attempt: found?.attempt ?? null,
    };
    if (stage === failed) return { ...state, parts: null, status: 'failed' };
    if (found !== undefined) return { ...state, status: 'done' };
    if (running && atWork?.stage === stage) {
      return { ...state, partsDone: atWork.partsDone, parts: atWork.parts, status: 'running' };
    }
    return { ...state, status: 'waiting' };
  });
}
