import { z } from 'zod';
import { IncompleteError } from '../platform/errors.ts';
import type { ObjectStore } from '../platform/s3.ts';
import { readCompletions } from './completions.ts';
import { type RunInputs, runInputs, type StageEvent } from './documents.ts';
import { processedKeys } from './keys.ts';

/**
 * What says which of a drop's runs is newer: the newest LastModified of its inputs and, where S3's clock (whole seconds)
 * or a new version of the code leaves a tie, when the run was planned first.
 */
export interface RunOrder {
  readonly inputsAsOf: string;
  readonly startedAt: string;
}

/** What the gate pinned. */
export async function readInputs(processed: ObjectStore, runId: string): Promise<RunInputs> {
  const key = processedKeys.inputs(runId);
  const text = await processed.getText(key);
  if (text === undefined) {
    throw new IncompleteError({
      what: 'nobody pinned the inputs of the run',
      where: `s3://${processed.bucket}/${key}`,
      remedy: 'Runs are started by the gate: upload the files again',
    });
  }
  return runInputs.parse(JSON.parse(text));
}

export async function readRunOrder(
  processed: ObjectStore,
  event: StageEvent,
  { inputs }: RunInputs,
): Promise<RunOrder> {
  const [planned] = await readCompletions(processed, 'plan', z.unknown(), event, 1);
  const inputsAsOf = inputs
    .map(({ lastModified }) => lastModified)
    .toSorted()
    .at(-1);
  if (planned === undefined || inputsAsOf === undefined) throw new Error('a planned run has inputs');
  return { inputsAsOf, startedAt: planned.startedAt };
}
