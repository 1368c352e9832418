import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { processedKeys } from '../../layers/contracts/keys.ts';
import {
  type Completion,
  completion,
  type GateAnswer,
  gateAnswer,
} from '../../layers/contracts/run-documents.ts';
import { type StageName, stageNames } from '../../layers/contracts/stages.ts';
import type { Connection } from './connection.ts';
import { describeExecution, type ExecutionState, executionArn, stateMachineArn } from './executions.ts';
import { RunFailure } from './run-failure.ts';
import type { Upload } from './upload.ts';

const pollMilliseconds = 150;

/** What the gate made of an upload, as soon as it says so. */
export async function awaitGate(
  { processed }: Connection,
  { drop, manifestEtag }: Upload,
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

/** A stage of a run, once all its parts that have begun are done. */
export interface StageProgress {
  readonly stage: StageName;
  readonly parts: number;
  readonly rows: number;
  readonly seconds: number;
}

/**
 * Waits for the end of an attempt and reports each stage once, when it is done.
 * @throws RunFailure with the execution's own cause
 */
export async function follow(
  connection: Connection,
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
  onStage: (progress: StageProgress) => void = () => {},
): Promise<ExecutionState> {
  const arn = executionArn(await stateMachineArn(connection), runId, attempt);
  const reported = new Set<StageName>();
  for (;;) {
    const state = await describeExecution(connection, arn);
    const ended = state.status !== 'RUNNING';
    for (const progress of await stageProgress(connection, runId, ended)) {
      if (reported.has(progress.stage)) continue;
      reported.add(progress.stage);
      onStage(progress);
    }
    if (state.status === 'SUCCEEDED') return state;
    if (ended) {
      throw new RunFailure({
        what: state.cause ?? `the execution ended as ${state.status}`,
        where: `run ${runId}, attempt ${attempt}${state.error === undefined ? '' : `, ${state.error}`}`,
        remedy: `Mend what it names and run again, or repeat the same data: npx ecom retry ${runId}`,
      });
    }
    await sleep(pollMilliseconds);
  }
}

/** Stages whose successor has begun (or, once the run has ended, all that left a marker), in order. */
async function stageProgress(
  { processed }: Connection,
  runId: string,
  ended: boolean,
): Promise<StageProgress[]> {
  const prefix = `${processedKeys.run(runId)}done/`;
  const keys = (await processed.list(prefix)).map(({ key }) => key);
  const begun = stageNames.filter((stage) => keys.some((key) => key.startsWith(`${prefix}${stage}-`)));
  const finished = ended ? begun : begun.slice(0, -1);
  return Promise.all(
    finished.map(async (stage) => {
      const texts = await Promise.all(
        keys.filter((key) => key.startsWith(`${prefix}${stage}-`)).map((key) => processed.getText(key)),
      );
      return summarise(stage, texts.map(parseMarker));
    }),
  );
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
  };
}
