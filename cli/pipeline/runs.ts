import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { areas } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import type { Connection } from './connection.ts';
import { listAttempts } from './executions.ts';
import { type KnownAttempt, recordedAttempt } from './recorded-attempt.ts';

/** An attempt at a run as a list shows it. */
export interface RunSummary {
  readonly runId: string;
  readonly attempt: number;
  /** null where nobody pinned the run's inputs. */
  readonly drop: string | null;
  readonly status: ExecutionStatus;
  /** Where only the end of an attempt is on record: that. */
  readonly startedAt: string;
  /** null while it runs, and where nobody recorded it. */
  readonly seconds: number | null;
  /** Whether it is the run that its drop shows, whatever became of this attempt. */
  readonly published: boolean;
  readonly decisions: readonly { readonly experimentId: string; readonly action: string }[];
}

/**
 * The newest attempts first, as many as `limit`, of all drops or of one. Runs whose executions are no longer on record (the emulator forgets
 * them when it stops) are there once, with the attempt that S3 tells of.
 */
export async function listRuns(connection: Connection, limit: number, drop?: string): Promise<RunSummary[]> {
  const { store } = connection;
  const ofDrop = drop === undefined ? undefined : await runsOf(store, drop);
  const listed = await listAttempts(connection, ofDrop === undefined ? limit : mostAttempts);
  const attempts = listed.filter(({ runId }) => ofDrop?.has(runId) ?? true).slice(0, limit);
  const known = new Set(listed.map(({ runId }) => runId));
  const forgotten =
    attempts.length < limit
      ? [...(ofDrop ?? (await store.processed.folders(areas.runs)))].filter((runId) => !known.has(runId))
      : [];
  const recorded = await Promise.all(forgotten.map((runId) => recordedAttempt(store, runId)));
  const newest = [...attempts, ...recorded.filter((attempt) => attempt !== undefined)]
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    .slice(0, limit);
  return Promise.all(newest.map((attempt) => summarise(store, attempt)));
}

/** Attempts that are looked through for those of a drop. */
const mostAttempts = 1000;

async function runsOf(store: RunStore, drop: string): Promise<ReadonlySet<string>> {
  const found = await store.read('uploads', drop);
  return new Set(found?.runs.map(({ runId }) => runId));
}

export async function summarise(store: RunStore, found: KnownAttempt): Promise<RunSummary> {
  const { runId, attempt, status, startedAt, stoppedAt } = found;
  const [inputs, manifest] = await Promise.all([
    store.read('inputs', runId),
    status === 'SUCCEEDED' ? store.read('manifest', runId) : undefined,
  ]);
  const pointer = inputs === undefined ? undefined : await store.read('latest', inputs.drop);
  return {
    runId,
    attempt,
    drop: inputs?.drop ?? null,
    status,
    startedAt: startedAt.toISOString(),
    seconds: stoppedAt === undefined ? null : (stoppedAt.getTime() - startedAt.getTime()) / 1000,
    published: pointer?.runId === runId,
    decisions: manifest?.decisions ?? [],
  };
}
