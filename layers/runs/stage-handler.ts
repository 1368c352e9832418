import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import { type Environment, readEnvironment } from '../platform/environment.ts';
import { PipelineError } from '../platform/errors.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { ObjectStore } from '../platform/s3.ts';
import { recordStageError } from './completions.ts';
import { completion, type Output, type RunPlan, runPlan, type StageEvent, stageEvent } from './documents.ts';
import { processedKeys } from './keys.ts';
import { databaseStages, type StageName } from './stages.ts';

export interface StageContext {
  readonly event: StageEvent;
  readonly environment: Environment;
  readonly raw: ObjectStore;
  readonly processed: ObjectStore;
  /** A temporary folder of this invocation, removed at its end. */
  readonly folder: string;
  readonly log: Logger;
}

export interface StageOutcome<Result> {
  readonly outputs: readonly Output[];
  readonly result: Result;
}

export interface StageDefinition<Result> {
  readonly stage: StageName;
  /** Shape of `result` in the completion marker. */
  readonly resultSchema: z.ZodType<Result>;
  run(context: StageContext): Promise<StageOutcome<Result>>;
  /** What the state machine gets to see; by default the index. */
  answer?(result: Result): unknown;
}

/**
 * Makes a Lambda handler of a stage: validates the event, does nothing where the completion marker exists (unless the
 * work lies in the database), gives the stage a temporary folder, writes the marker last, and records an error where the
 * next stage can find it.
 */
export function stageHandler<Result>(
  definition: StageDefinition<Result>,
): (event: unknown) => Promise<unknown> {
  const { stage, resultSchema } = definition;
  const marker = completion(resultSchema);
  const answerOf = (result: Result, index: number) => (definition.answer ? definition.answer(result) : index);

  return async (input) => {
    const event = stageEvent.parse(input);
    const { runId, index, attempt } = event;
    const environment = readEnvironment();
    const log = createLogger({ stage, ...event });
    const processed = new ObjectStore(environment.processedBucket);
    const raw = new ObjectStore(environment.rawBucket);
    const key = processedKeys.done(runId, stage, index);

    const existing = databaseStages.includes(stage) ? undefined : await processed.getText(key);
    if (existing !== undefined) {
      log.info('already done');
      return answerOf(marker.parse(JSON.parse(existing)).result as Result, index);
    }

    const startedAt = new Date().toISOString();
    const folder = await mkdtemp(path.join(tmpdir(), `${stage}-`));
    try {
      const { outputs, result } = await definition.run({ event, environment, raw, processed, folder, log });
      await processed.putJson(key, {
        stage,
        index,
        attempt,
        startedAt,
        finishedAt: new Date().toISOString(),
        outputs,
        result: resultSchema.parse(result),
      });
      log.info('done', { outputs: outputs.length });
      return answerOf(result, index);
    } catch (error) {
      log.error(error instanceof PipelineError ? error.message : 'failed', { error });
      await recordStageError(processed, stage, event, error);
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** The run's plan. */
export async function readPlan(processed: ObjectStore, runId: string): Promise<RunPlan> {
  return runPlan.parse(JSON.parse((await processed.getText(processedKeys.plan(runId))) ?? 'null'));
}
