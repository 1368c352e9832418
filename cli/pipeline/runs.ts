import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { processedKeys } from '../../layers/contracts/keys.ts';
import { completion, failure, latest, runInputs } from '../../layers/contracts/run-documents.ts';
import { runManifest } from '../../layers/contracts/run-manifest.ts';
import type { ObjectStore } from '../../layers/storage/object-store.ts';
import type { Connection } from './connection.ts';
import { listAttempts, type RunAttempt } from './executions.ts';

/** An attempt whose execution may be forgotten. */
export type KnownAttempt = Omit<RunAttempt, 'arn'>;

/** An attempt at a run as a list shows it. */
export interface RunSummary {
  readonly runId: string;
  readonly attempt: number;
  /** null where nobody pinned the run's inputs. */
  readonly drop: string | null;
  readonly status: ExecutionStatus;
  readonly startedAt: string;
  /** null while it runs. */
  readonly seconds: number | null;
  /** Whether it is the run that its drop shows. */
  readonly published: boolean;
  readonly decisions: readonly { readonly experimentId: string; readonly action: string }[];
}

/**
 * The newest attempts first, as many as `limit`. Runs whose executions are no longer on record (the emulator forgets
 * them when it stops) are there with what they left on S3.
 */
export async function listRuns(connection: Connection, limit: number): Promise<RunSummary[]> {
  const attempts = await listAttempts(connection, limit);
  const known = new Set(attempts.map(({ runId }) => runId));
  const forgotten =
    attempts.length < limit
      ? (await connection.processed.folders('processed/runs/')).filter((runId) => !known.has(runId))
      : [];
  const recorded = await Promise.all(forgotten.map((runId) => recordedAttempt(connection.processed, runId)));
  const newest = [...attempts, ...recorded.filter((attempt) => attempt !== undefined)]
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    .slice(0, limit);
  return Promise.all(newest.map((attempt) => summarise(connection.processed, attempt)));
}

export async function summarise(processed: ObjectStore, found: KnownAttempt): Promise<RunSummary> {
  const { runId, attempt, status, startedAt, stoppedAt } = found;
  const drop = (await readDocument(processed, processedKeys.inputs(runId), runInputs))?.drop ?? null;
  const manifest =
    status === 'SUCCEEDED'
      ? await readDocument(processed, processedKeys.manifest(runId), runManifest)
      : undefined;
  const pointer =
    manifest === undefined
      ? undefined
      : await readDocument(processed, processedKeys.latest(manifest.drop), latest);
  return {
    runId,
    attempt,
    drop,
    status,
    startedAt: startedAt.toISOString(),
    seconds: stoppedAt === undefined ? null : (stoppedAt.getTime() - startedAt.getTime()) / 1000,
    published: pointer?.runId === runId,
    decisions: manifest?.decisions ?? [],
  };
}

const anyCompletion = completion(z.unknown());

/** What S3 says about a run without executions; undefined where its inputs are not there either. */
export async function recordedAttempt(
  processed: ObjectStore,
  runId: string,
): Promise<KnownAttempt | undefined> {
  const [planned, published, failed, pinned] = await Promise.all([
    readDocument(processed, processedKeys.done(runId, 'plan', 0), anyCompletion),
    readDocument(processed, processedKeys.done(runId, 'publish', 0), anyCompletion),
    readDocument(processed, processedKeys.failure(runId), failure),
    processed.head(processedKeys.inputs(runId)),
  ]);
  if (pinned === undefined) return undefined;
  const startedAt = planned === undefined ? pinned.lastModified : new Date(planned.startedAt);
  if (published !== undefined) {
    const stoppedAt = new Date(published.finishedAt);
    return { runId, attempt: published.attempt, status: 'SUCCEEDED', startedAt, stoppedAt };
  }
  if (failed !== undefined) {
    return {
      runId,
      attempt: failed.attempt,
      status: 'FAILED',
      startedAt,
      stoppedAt: new Date(failed.failedAt),
    };
  }
  return { runId, attempt: planned?.attempt ?? 1, status: 'ABORTED', startedAt, stoppedAt: startedAt };
}

/** A JSON document of the processed bucket, or undefined where there is none. */
export async function readDocument<Document>(
  processed: ObjectStore,
  key: string,
  schema: z.ZodType<Document>,
): Promise<Document | undefined> {
  const text = await processed.getText(key);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}
