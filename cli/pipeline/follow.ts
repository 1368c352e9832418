import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { processedKeys } from '../../layers/contracts/keys.ts';
import {
  type Completion,
  completion,
  type GateAnswer,
  gateAnswer,
  type RunPlan,
  runPlan,
} from '../../layers/contracts/run-documents.ts';
import { mappedStages, type StageName, stageNames } from '../../layers/contracts/stages.ts';
import type { Connection } from './connection.ts';
import { deployedExecutions, describeExecution, type ExecutionState } from './executions.ts';
import { RunFailure } from './run-failure.ts';
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
    const { done, atWork } = await stages.look(ended);
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

/** How far a run is. `ended`: nobody works on it any more, so a stage that left any marker is done as far as it got. */
export function readProgress(
  connection: Connection,
  runId: string,
  ended: boolean,
): Promise<{ done: StageProgress[]; atWork: StageAtWork | undefined }> {
  return new StageWatch(connection, runId).look(ended);
}

/** Looks at a run's completion markers. */
class StageWatch {
  readonly #connection: Connection;
  readonly #runId: string;
  readonly #reported = new Set<StageName>();
  #plan: RunPlan | undefined;

  constructor(connection: Connection, runId: string) {
    this.#connection = connection;
    this.#runId = runId;
  }

  /** The stages that are done since the last look, and the one that follows them. `ended`: whatever left a marker is done. */
  async look(ended: boolean): Promise<{ done: StageProgress[]; atWork: StageAtWork | undefined }> {
    const { processed } = this.#connection;
    const prefix = `${processedKeys.run(this.#runId)}done/`;
    const keys = (await processed.list(prefix)).map(({ key }) => key);
    const done: StageProgress[] = [];
    for (const stage of stageNames) {
      if (this.#reported.has(stage)) continue;
      const markers = keys.filter((key) => key.startsWith(`${prefix}${stage}-`));
      const parts = await this.#partsOf(stage, markers.length > 0);
      if (markers.length === 0 || (!ended && markers.length !== parts)) {
        if (!ended) return { done, atWork: { stage, partsDone: markers.length, parts } };
        continue;
      }
      this.#reported.add(stage);
      done.push(
        summarise(stage, (await Promise.all(markers.map((key) => processed.getText(key)))).map(parseMarker)),
      );
    }
    return { done, atWork: undefined };
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

function summarise(stage: StageName, markers: readonly Completion<unknown>[]): StageProgress {
  const started = Math.min(...markers.map(({ startedAt }) => Date.parse(startedAt)));
  const finished = Math.max(...markers.map(({ finishedAt }) => Date.parse(finishedAt)));
  return {
    stage,
    parts: markers.length,
    rows: markers.flatMap(({ outputs }) => outputs).reduce((sum, { rows }) => sum + rows, 0),
    seconds: (finished - started) / 1000,
    attempt: Math.max(...markers.map(({ attempt }) => attempt)),
    startedAt: new Date(started).toISOString(),
    finishedAt: new Date(finished).toISOString(),
  };
}
