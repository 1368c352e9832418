import type { Failure, StageMarker } from '../../layers/runs/documents.ts';
import { RunProgress } from '../../layers/runs/progress.ts';
import type { RunManifest } from '../../layers/runs/run-manifest.ts';
import { databaseStages } from '../../layers/runs/stages.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import type { RunAttempt } from './executions.ts';

/** An attempt whose execution may be forgotten; `stoppedAt` is undefined while it runs, and where nobody recorded it. */
export type KnownAttempt = Omit<RunAttempt, 'arn'>;

type Marker = Pick<StageMarker, 'stage' | 'attempt' | 'startedAt' | 'finishedAt'>;

/** What a run left on S3. */
export interface RunRecords {
  readonly manifest: Pick<RunManifest, 'attempt' | 'stages'> | undefined;
  readonly failure: Pick<Failure, 'attempt' | 'failedAt'> | undefined;
  readonly markers: readonly Marker[];
  /** When the inputs were pinned, or the bucket was restored. */
  readonly pinnedAt: Date;
}

/** The attempt that S3 tells of where a run has no execution; undefined where nobody pinned the run's inputs. */
export async function recordedAttempt(store: RunStore, runId: string): Promise<KnownAttempt | undefined> {
  const [manifest, failure, markers, pinned] = await Promise.all([
    store.read('manifest', runId),
    store.read('failure', runId),
    readMarkers(store, runId),
    store.processed.head(store.key('inputs', runId)),
  ]);
  if (pinned === undefined) return undefined;
  return { runId, ...attemptOnRecord({ manifest, failure, markers, pinnedAt: pinned.lastModified }) };
}

/**
 * The attempt that made the result, else the one that failed last, else the newest that did a stage. Its times are
 * those of the stages it did: what it found done, and what a later attempt did again, are not its own.
 */
export function attemptOnRecord(records: RunRecords): Omit<KnownAttempt, 'runId'> {
  const { manifest, failure, markers, pinnedAt } = records;
  if (manifest !== undefined && markers.some(({ stage }) => stage === 'publish')) {
    return publishedAttempt(manifest, records);
  }
  if (failure !== undefined) {
    const { attempt, failedAt } = failure;
    const began = earliest(markers.filter((marker) => marker.attempt === attempt));
    const known = began !== undefined && began <= failedAt;
    return {
      attempt,
      status: 'FAILED',
      startedAt: new Date(known ? began : failedAt),
      stoppedAt: known ? new Date(failedAt) : undefined,
    };
  }
  const attempt = Math.max(1, ...markers.map((marker) => marker.attempt));
  const began = earliest(markers.filter((marker) => marker.attempt === attempt));
  return {
    attempt,
    status: 'ABORTED',
    startedAt: began === undefined ? pinnedAt : new Date(began),
    stoppedAt: undefined,
  };
}

function publishedAttempt(
  { attempt, stages }: NonNullable<RunRecords['manifest']>,
  { markers, failure }: RunRecords,
): Omit<KnownAttempt, 'runId'> {
  const load = stages.find(({ stage }) => stage === 'load');
  const wasDone = (at: string) =>
    failure !== undefined &&
    failure.failedAt < (load?.startedAt ?? failure.failedAt) &&
    at < failure.failedAt;
  const own = markers.filter(
    (marker) =>
      marker.attempt === attempt && !databaseStages.includes(marker.stage) && !wasDone(marker.startedAt),
  );
  const startedAt = earliest([...own, ...(load === undefined ? [] : [load])]);
  // Each attempt loads and publishes anew. Where the load is still the manifest's, so is the publication.
  const loadedAt = earliest(markers.filter(({ stage }) => stage === 'load'));
  const published = markers.filter(({ stage }) => stage === 'publish' && loadedAt === load?.startedAt);
  const stoppedAt = [...stages, ...published]
    .map(({ finishedAt }) => finishedAt)
    .toSorted()
    .at(-1);
  return {
    attempt,
    status: 'SUCCEEDED',
    startedAt: new Date(startedAt ?? 0),
    stoppedAt: stoppedAt === undefined ? undefined : new Date(stoppedAt),
  };
}

function earliest(stages: readonly { readonly startedAt: string }[]): string | undefined {
  return stages.map(({ startedAt }) => startedAt).toSorted()[0];
}

async function readMarkers(store: RunStore, runId: string): Promise<Marker[]> {
  return (await new RunProgress(store, runId).look()).markers();
}
