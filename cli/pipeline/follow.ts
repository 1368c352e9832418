import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { RunFailure } from '../../layers/platform/errors.ts';
import {
  type Completion,
  completion,
  type GateAnswer,
  gateAnswer,
  type RunPlan,
  runPlan,
} from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { databaseStages, mappedStages, type StageName, stageNames } from '../../layers/runs/stages.ts';
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
  { processed }: Connection,
  { drop, manifestEtag }: Pick<Upload, 'drop' | 'manifestEtag'>,
  timeoutSeconds = 60,
): Promise<GateAnswer> {
  const key = processedKeys.gate(drop, 'manifest');
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < deadline) {
    const text = await processed.getText(key);
    const answer = text === undefined ? undefined : gateAnswer.parse(JSON.parse(text));
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

/** The stage that a run is at. */
export interface StageAtWork {
  readonly stage: StageName;
  readonly partsDone: number;
  /** null before the plan says so. */
  readonly parts: number | null;
}

export interface ProgressListener {
  /** Hears each stage once, when it is done. */
  readonly onDone: (progress: StageProgress) => void;
  /** Hears, at every look, what the run is at. */
  readonly onWork?: (work: StageAtWork) => void;
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
          : `Repeat it, done stages are skipped: npx ecom retry ${runId}`,
      });
    }
    if (atWork !== undefined) onWork(atWork);
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
): Promise<{ done: StageProgress[]; atWork: StageAtWork | undefined }> {
  return new StageWatch(connection, runId).look(current, ended);
}

/** Looks at a run's completion markers. */
class StageWatch {
  readonly #connection: Connection;
  readonly #runId: string;
  readonly #prefix: string;
  readonly #reported = new Set<StageName>();
  #plan: RunPlan | undefined;

  constructor(connection: Connection, runId: string) {
    this.#connection = connection;
    this.#runId = runId;
    this.#prefix = `${processedKeys.run(runId)}done/`;
  }

  /** The stages that are done since the last look, and the one that follows them. `ended`: whatever left a marker is done. */
  async look(
    current: CurrentAttempt,
    ended: boolean,
  ): Promise<{ done: StageProgress[]; atWork: StageAtWork | undefined }> {
    const keys = (await this.#connection.processed.list(this.#prefix)).map(({ key }) => key);
    const done: StageProgress[] = [];
    for (const stage of stageNames) {
      if (this.#reported.has(stage)) continue;
      const markers = await this.#markersOf(stage, keys, current);
      const parts = await this.#partsOf(stage, markers.length > 0);
      if (markers.length === 0 || (!ended && markers.length !== parts)) {
        if (!ended) return { done, atWork: { stage, partsDone: markers.length, parts } };
        continue;
      }
      this.#reported.add(stage);
      const read = await Promise.all(markers.map((key) => this.#readMarker(key)));
      done.push(summarise(stage, read, current));
    }
    return { done, atWork: undefined };
  }

  /** Each attempt does the work in the database anew, so a marker that an earlier one left there does not count. */
  async #markersOf(stage: StageName, keys: readonly string[], current: CurrentAttempt): Promise<string[]> {
    const found = keys.filter((key) => key.startsWith(`${this.#prefix}${stage}-`));
    if (!databaseStages.includes(stage)) return found;
    const markers = await Promise.all(found.map((key) => this.#readMarker(key)));
    return found.filter((_, index) => {
      const marker = markers[index];
      return marker !== undefined && !isEarlier(marker, current);
    });
  }

  async #readMarker(key: string): Promise<Completion<unknown>> {
    return parseMarker(await this.#connection.processed.getText(key));
  }

  async #partsOf(stage: StageName, planned: boolean): Promise<number | null> {
    if (!(stage in mappedStages)) return 1;
    if (planned || this.#reported.has('plan')) this.#plan ??= await this.#readPlan();
    if (this.#plan === undefined) return null;
    const { chunks, buckets } = this.#plan;
    return mappedStages[stage as keyof typeof mappedStages] === 'chunks' ? chunks.length : buckets;
  }

  async #readPlan(): Promise<RunPlan | undefined> {
    const text = await this.#connection.processed.getText(processedKeys.plan(this.#runId));
    return text === undefined ? undefined : runPlan.parse(JSON.parse(text));
  }
}

const anyCompletion = completion(z.unknown());

function parseMarker(text: string | undefined): Completion<unknown> {
  return anyCompletion.parse(JSON.parse(text ?? 'null')) as Completion<unknown>;
}

/** Of a stage that several attempts did a part of, the times are those of the last of them. */
function summarise(
  stage: StageName,
  markers: readonly Completion<unknown>[],
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
