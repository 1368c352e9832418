import { ExecutionDoesNotExist, type ExecutionStatus } from '@aws-sdk/client-sfn';
import { describeFault } from '../../layers/platform/errors.ts';
import type { Report } from '../../layers/report/schema.ts';
import type { Failure, RunInputs, RunPlan, StageName } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { RunProgress } from '../../layers/runs/progress.ts';
import type { RunManifest } from '../../layers/runs/run-manifest.ts';
import { partsOf } from '../../layers/runs/stages.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import type { Connection } from './connection.ts';
import { deployedExecutions, describeExecution, NoSuchRun } from './executions.ts';
import { readProgress } from './follow.ts';
import { recordedAttempt } from './recorded-attempt.ts';
import { type RunSummary, summarise } from './runs.ts';
import { asPublished, type StageState, stageStates } from './stage-states.ts';

/** Everything that is known of a run, whatever its state. */
export interface RunDetails extends RunSummary {
  /** The oldest first. */
  readonly attempts: readonly AttemptState[];
  /** All stages, in their order. */
  readonly stages: readonly StageState[];
  /** Whether the execution is still on record. If not, there is one attempt: the one that S3 tells of. */
  readonly executionOnRecord: boolean;
  /** Why the newest attempt failed. */
  readonly failure: RunFault | null;
  readonly inputs: RunInputs | null;
  readonly manifest: RunManifest | null;
  readonly report: Report | null;
  /** Names of the report's files that are there. */
  readonly files: readonly string[];
}

export interface RunFault extends Pick<Failure, 'stage' | 'error' | 'message'> {
  /** Those parts of a stage of several that failed, each with its own reason. */
  readonly parts: readonly FailedPart[];
}

export interface FailedPart {
  /** Counted from 1. */
  readonly part: number;
  /** The file that it reads; null for a part of all users. */
  readonly file: string | null;
  readonly error: string;
  readonly message: string;
}

export interface AttemptState {
  readonly attempt: number;
  readonly status: ExecutionStatus;
  readonly startedAt: string;
  readonly stoppedAt: string | null;
  readonly error: string | null;
  readonly cause: string | null;
}

/** @throws NoSuchRun where neither an execution nor S3 knows the run */
export async function describeRun(connection: Connection, runId: string): Promise<RunDetails> {
  const { store } = connection;
  const executed = await executedAttempts(connection, runId);
  const attempts = executed.length > 0 ? executed : await attemptOnS3(connection, runId);
  const newest = attempts.at(-1);
  if (newest === undefined) throw new NoSuchRun(runId);
  const { attempt, status, stoppedAt } = newest;
  const startedAt = new Date(newest.startedAt);
  const running = status === 'RUNNING';
  const succeeded = status === 'SUCCEEDED';
  const current = { attempt, startedAt, status };
  const summary = await summarise(store, {
    runId,
    ...current,
    stoppedAt: stoppedAt === null ? undefined : new Date(stoppedAt),
  });
  // What is published stays so while, and after, another attempt loads it again.
  const hasResult = succeeded || summary.published;
  const [progress, recorded, inputs, plan, manifest, report, files] = await Promise.all([
    readProgress(connection, runId, current, !running),
    running || succeeded ? undefined : store.read('failure', runId),
    store.read('inputs', runId),
    store.read('plan', runId),
    hasResult ? store.read('manifest', runId) : undefined,
    hasResult ? store.read('report', runId) : undefined,
    hasResult ? reportFiles(connection, runId) : [],
  ]);
  const reason = failureOf(newest, recorded);
  const stages = stageStates({ status, ...progress, failedStage: reason?.stage ?? null, plan });
  const failedStage = stages.find((stage) => stage.status === 'failed')?.stage;
  return {
    ...summary,
    executionOnRecord: executed.length > 0,
    attempts:
      executed.length > 0 || reason === null
        ? attempts
        : [{ ...newest, error: reason.error, cause: reason.message }],
    stages: executed.length > 0 || manifest === undefined ? stages : asPublished(stages, manifest, stoppedAt),
    failure: reason && {
      ...reason,
      stage: reason.stage ?? (status === 'FAILED' ? (failedStage ?? null) : null),
      parts: failedStage && plan ? await failedParts(store, summary, failedStage, plan) : [],
    },
    inputs: inputs ?? null,
    manifest: manifest ?? null,
    report: report ?? null,
    files,
  };
}

async function executedAttempts(connection: Connection, runId: string): Promise<AttemptState[]> {
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
      if (error instanceof ExecutionDoesNotExist) return attempts;
      throw error;
    }
  }
}

async function attemptOnS3({ store }: Connection, runId: string): Promise<AttemptState[]> {
  const recorded = await recordedAttempt(store, runId);
  if (recorded === undefined) return [];
  const { attempt, status, startedAt, stoppedAt } = recorded;
  return [
    {
      attempt,
      status,
      startedAt: startedAt.toISOString(),
      stoppedAt: stoppedAt?.toISOString() ?? null,
      error: null,
      cause: null,
    },
  ];
}

/** The record on S3 where it is of this attempt, else what the execution itself says. */
function failureOf(
  { attempt, status, error, cause }: AttemptState,
  recorded: Failure | undefined,
): Omit<RunFault, 'parts'> | null {
  if (status === 'RUNNING' || status === 'SUCCEEDED') return null;
  if (recorded?.attempt === attempt) {
    return { stage: recorded.stage, error: recorded.error, message: recorded.message };
  }
  const message =
    cause ?? (status === 'ABORTED' ? 'the execution was stopped before its end' : `it ended as ${status}`);
  return { stage: null, error: error ?? status, message };
}

/** Enough to see what is wrong; a stage may have thousands of parts. */
const mostFailedParts = 20;

async function failedParts(
  store: RunStore,
  run: Pick<RunSummary, 'runId' | 'attempt'>,
  stage: StageName,
  plan: RunPlan,
): Promise<FailedPart[]> {
  const parts = partsOf(stage, plan);
  if (parts === 1) return [];
  const progress = await new RunProgress(store, run.runId).look();
  const failed = Array.from({ length: parts }, (_, index) => index).filter((index) =>
    progress.isStuck(stage, index),
  );
  const read = await Promise.all(
    failed.slice(0, mostFailedParts).map(async (index): Promise<FailedPart[]> => {
      const found = await progress.errorOf(stage, index, run.attempt);
      if (found === undefined) return [];
      const file = stage === 'stage' ? (plan.chunks[index]?.key ?? null) : null;
      return [{ part: index + 1, file, error: found.error, message: describeFault(found.fault) }];
    }),
  );
  return read.flat();
}

async function reportFiles({ processed }: Connection, runId: string): Promise<string[]> {
  const key = processedKeys.report(runId, 'report.json');
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  return (await processed.list(folder)).map((object) => object.key.slice(folder.length));
}
