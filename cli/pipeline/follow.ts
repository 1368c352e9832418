import { setTimeout as sleep } from 'node:timers/promises';
import { RunFailure } from '../../layers/platform/errors.ts';
import {
  type GateAnswer,
  type StageMarker,
  type StageName,
  stageNames,
} from '../../layers/runs/documents.ts';
import { RunProgress } from '../../layers/runs/progress.ts';
import { branchOf, databaseStages } from '../../layers/runs/stages.ts';
import type { Connection } from './connection.ts';
import { deployedExecutions, describeExecution, type ExecutionState } from './executions.ts';
import type { Upload } from './upload.ts';

/** Errors that the same data and configuration would meet again. */
const deterministic = new Set(['ConfigError', 'DataError', 'SchemaError']);

const pollMilliseconds = 150;
const shortRunMilliseconds = 30_000;
const longRunPollMilliseconds = 1000;

/** What the gate made of an upload, as soon as it says so. */
export async function awaitGate(
  { store }: Connection,
  { drop, manifestEtag }: Pick<Upload, 'drop' | 'manifestEtag'>,
  timeoutSeconds = 60,
): Promise<GateAnswer> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < deadline) {
    const answer = await store.read('gate', drop, 'manifest');
    if (answer?.trigger.etag === manifestEtag) return answer;
    await sleep(pollMilliseconds);
  }
  throw new RunFailure({
    what: `the upload is complete, but the gate has not answered within ${timeoutSeconds} seconds`,
    where: `drop "${drop}"`,
    remedy: 'See the log group /aws/lambda/ecom-experiment-gate, and the dead-letter queue',
  });
}

/** A stage of a run, once all its parts are done. */
export interface StageProgress {
  readonly stage: StageName;
  readonly parts: number;
  readonly rows: number;
  readonly seconds: number;
  /** The attempt that did the stage; a later one finds it done. */
  readonly attempt: number;
  /** Whether it was done before the attempt that is followed began. */
  readonly earlier: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** A stage that a run is at. */
export interface StageAtWork {
  readonly stage: StageName;
  readonly partsDone: number;
  /** null before the plan says so. */
  readonly parts: number | null;
}

export interface ProgressListener {
  /** Hears each stage once, when it is done. */
  readonly onDone: (progress: StageProgress) => void;
  /** Hears, at every look, what the run is at: one stage, or those that go on side by side. */
  readonly onWork?: (work: readonly StageAtWork[]) => void;
}

/**
 * Waits for the end of an attempt.
 * @throws RunFailure with the execution's own cause
 */
export async function follow(
  connection: Connection,
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
  { onDone, onWork = () => {} }: ProgressListener,
): Promise<ExecutionState> {
  const arn = (await deployedExecutions(connection)).arn(runId, attempt);
  const stages = new StageWatch(connection, runId);
  const started = Date.now();
  for (;;) {
    const state = await describeExecution(connection, arn);
    const ended = state.status !== 'RUNNING';
    const { done, atWork } = await stages.look({ attempt, startedAt: state.startedAt }, ended);
    done.forEach(onDone);
    if (state.status === 'SUCCEEDED') return state;
    if (ended) {
      throw new RunFailure({
        what: state.cause ?? `the execution ended as ${state.status}`,
        where: `run ${runId}, attempt ${attempt}${state.error === undefined ? '' : `, ${state.error}`}`,
        remedy: deterministic.has(state.error ?? '')
          ? 'Mend what it names and run again'
          : `Repeat it, done stages are skipped: ./ecom retry ${runId}`,
      });
    }
    if (atWork.length > 0) onWork(atWork);
    await sleep(Date.now() - started < shortRunMilliseconds ? pollMilliseconds : longRunPollMilliseconds);
  }
}

/** What tells an attempt from those before it, which left their markers to it. */
export interface CurrentAttempt {
  readonly attempt: number;
  readonly startedAt: Date;
}

/**
 * Whether an attempt before `current` did a stage. The time tells where the number cannot: attempts are counted anew
 * once their executions are forgotten.
 */
function isEarlier(
  done: { readonly attempt: number; readonly startedAt: string },
  current: CurrentAttempt,
): boolean {
  return done.attempt < current.attempt || Date.parse(done.startedAt) < current.startedAt.getTime();
}

/** How far an attempt is. `ended`: nobody works on it any more, so a stage that left any marker is done as far as it got. */
export function readProgress(
  connection: Connection,
  runId: string,
  current: CurrentAttempt,
  ended: boolean,
): Promise<{ done: StageProgress[]; atWork: StageAtWork[] }> {
  return new StageWatch(connection, runId).look(current, ended);
}

/** Looks at a run's stages again and again, and tells of each once. */
class StageWatch {
  readonly #progress: RunProgress;
  readonly #reported = new Set<StageName>();

  constructor({ store }: Connection, runId: string) {
    this.#progress = new RunProgress(store, runId);
  }

  /** The stages that are done since the last look, and those at work. `ended`: whatever left a marker is done. */
  async look(
    current: CurrentAttempt,
    ended: boolean,
  ): Promise<{ done: StageProgress[]; atWork: StageAtWork[] }> {
    await this.#progress.look();
    const done: StageProgress[] = [];
    const atWork: StageAtWork[] = [];
    for (const stage of stageNames) {
      if (this.#reported.has(stage)) continue;
      if (atWork.length > 0 && !isBesides(stage, atWork)) continue;
      const markers = await this.#markersOf(stage, current);
      const parts = await this.#progress.partsOf(stage);
      if (parts === 0) continue;
      if (markers.length === 0 || (!ended && markers.length !== parts)) {
        if (!ended) atWork.push({ stage, partsDone: markers.length, parts });
        continue;
      }
      this.#reported.add(stage);
      done.push(summarise(stage, markers, current));
    }
    return { done, atWork };
  }

  /** Each attempt does the work in the database anew, so a marker that an earlier one left there does not count. */
  async #markersOf(stage: StageName, current: CurrentAttempt): Promise<StageMarker[]> {
    const markers = await this.#progress.markersOf(stage);
    return databaseStages.includes(stage) ? markers.filter((marker) => !isEarlier(marker, current)) : markers;
  }
}

/** Whether a stage goes on while others are at work: where it is the next of a branch that they are no part of. */
function isBesides(stage: StageName, atWork: readonly StageAtWork[]): boolean {
  const own = branchOf(stage);
  return own !== undefined && atWork.every((work) => ![undefined, own].includes(branchOf(work.stage)));
}

/** Of a stage that several attempts did a part of, the times are those of the last of them. */
function summarise(
  stage: StageName,
  markers: readonly StageMarker[],
  current: CurrentAttempt,
): StageProgress {
  const own = markers.filter((marker) => !isEarlier(marker, current));
  const timed = own.length > 0 ? own : markers;
  const started = Math.min(...timed.map(({ startedAt }) => Date.parse(startedAt)));
  const finished = Math.max(...timed.map(({ finishedAt }) => Date.parse(finishedAt)));
  return {
    stage,
    parts: markers.length,
    rows: markers.flatMap(({ outputs }) => outputs).reduce((sum, { rows }) => sum + rows, 0),
    seconds: (finished - started) / 1000,
    attempt: Math.max(...markers.map(({ attempt }) => attempt)),
    earlier: own.length === 0,
    startedAt: new Date(started).toISOString(),
    finishedAt: new Date(finished).toISOString(),
  };
}
