import { z } from 'zod';
import {
  ConfigError,
  DataError,
  IncompleteError,
  PipelineError,
  SchemaError,
  TransientError,
} from '../platform/errors.ts';
import type { ObjectStore } from '../platform/s3.ts';
import { type Completion, completion, type StageEvent } from './documents.ts';
import { processedKeys } from './keys.ts';
import { type StageName, stageNames } from './stages.ts';

const errorClasses = { ConfigError, DataError, IncompleteError, SchemaError, TransientError };

const stageError = z.strictObject({
  stage: z.enum(stageNames),
  index: z.number(),
  attempt: z.number(),
  error: z.string(),
  fault: z.object({ what: z.string(), where: z.string().optional(), remedy: z.string().optional() }),
});
export type StageError = z.infer<typeof stageError>;

/** Leaves the error of one part of a stage where `readCompletions` of the next stage, `fail` and people find it. */
export async function recordStageError(
  processed: ObjectStore,
  stage: StageName,
  { runId, index, attempt }: StageEvent,
  error: unknown,
): Promise<void> {
  const fault =
    error instanceof PipelineError
      ? error.fault
      : { what: error instanceof Error ? error.message : String(error) };
  const name = error instanceof Error ? error.name : 'Error';
  await writeStageError(processed, runId, { stage, index, attempt, error: name, fault });
}

export async function writeStageError(
  processed: ObjectStore,
  runId: string,
  error: StageError,
): Promise<void> {
  await processed.putJson(processedKeys.error(runId, error.stage, error.index), error);
}

/** The error that part `index` of `stage` left behind in this attempt. */
export async function readStageError(
  processed: ObjectStore,
  stage: StageName,
  { runId, attempt }: Pick<StageEvent, 'runId' | 'attempt'>,
  index: number,
): Promise<StageError | undefined> {
  const text = await processed.getText(processedKeys.error(runId, stage, index));
  if (text === undefined) return undefined;
  const found = stageError.parse(JSON.parse(text));
  return found.attempt === attempt ? found : undefined;
}

/** The attempt that did part `index` of `stage`, or undefined where none did. */
export async function readAttemptOfMarker(
  processed: ObjectStore,
  stage: StageName,
  runId: string,
  index: number,
): Promise<number | undefined> {
  return (await readMarker(processed, stage, runId, index, z.unknown()))?.attempt;
}

/** The completion marker of part `index` of `stage`, or undefined where it has none. */
export async function readMarker<Result>(
  processed: ObjectStore,
  stage: StageName,
  runId: string,
  index: number,
  resultSchema: z.ZodType<Result>,
): Promise<Completion<Result> | undefined> {
  const text = await processed.getText(processedKeys.done(runId, stage, index));
  if (text === undefined) return undefined;
  return completion(resultSchema).parse(JSON.parse(text)) as Completion<Result>;
}

/**
 * Completion markers of all `count` parts of a stage, in order. The status of a Map state is not trusted: a part
 * without a marker fails the run with the error it left behind.
 * @throws the part's own error, or IncompleteError where it left none
 */
export async function readCompletions<Result>(
  processed: ObjectStore,
  stage: StageName,
  resultSchema: z.ZodType<Result>,
  event: Pick<StageEvent, 'runId' | 'attempt'>,
  count: number,
): Promise<Completion<Result>[]> {
  const marker = completion(resultSchema);
  const indexes = Array.from({ length: count }, (_, index) => index);
  const texts = await Promise.all(
    indexes.map((index) => processed.getText(processedKeys.done(event.runId, stage, index))),
  );
  const missing = texts.indexOf(undefined);
  if (missing >= 0) throw await errorOfPart(processed, stage, event, missing, count);
  return texts.map((text) => marker.parse(JSON.parse(text ?? 'null')) as Completion<Result>);
}

async function errorOfPart(
  processed: ObjectStore,
  stage: StageName,
  event: Pick<StageEvent, 'runId' | 'attempt'>,
  index: number,
  count: number,
): Promise<Error> {
  const recorded = await readStageError(processed, stage, event, index);
  if (recorded === undefined) {
    return new IncompleteError({
      what: `part ${index + 1} of ${count} of the stage "${stage}" ended without a result: its function was killed`,
      where: `run ${event.runId}`,
      remedy: `See the log group of the function for the reason (memory, time), then: npx ecom retry ${event.runId}`,
    });
  }
  const ErrorClass = errorClasses[recorded.error as keyof typeof errorClasses];
  return ErrorClass === undefined
    ? new Error(`${recorded.error}: ${recorded.fault.what}`)
    : new ErrorClass(recorded.fault);
}
