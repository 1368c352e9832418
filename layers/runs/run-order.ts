import type { Completion, RunInputs, StageEvent } from './documents.ts';
import { completionsOf } from './progress.ts';
import type { RunStore } from './store.ts';

/**
 * What says which of a drop's runs is newer: the newest LastModified of its inputs and, where S3's clock (whole seconds)
 * or a new version of the code leaves a tie, when the run was planned first.
 */
export interface RunOrder {
  readonly inputsAsOf: string;
  readonly startedAt: string;
}

/** As `runOrderOf`, from the marker of `plan`. */
export async function readRunOrder(store: RunStore, event: StageEvent, inputs: RunInputs): Promise<RunOrder> {
  return runOrderOf(inputs, await completionsOf(store, 'plan', event, 1));
}

/** @param completions of `plan`, which has one part */
export function runOrderOf(
  { inputs }: RunInputs,
  [planned]: readonly Pick<Completion<'plan'>, 'startedAt'>[],
): RunOrder {
  const inputsAsOf = inputs
    .map(({ lastModified }) => lastModified)
    .toSorted()
    .at(-1);
  if (planned === undefined || inputsAsOf === undefined) throw new Error('a planned run has inputs');
  return { inputsAsOf, startedAt: planned.startedAt };
}
