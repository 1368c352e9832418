import type { RunInputs, StageEvent } from './documents.ts';
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

export async function readRunOrder(
  store: RunStore,
  event: StageEvent,
  { inputs }: RunInputs,
): Promise<RunOrder> {
  const [planned] = await completionsOf(store, 'plan', event, 1);
  const inputsAsOf = inputs
    .map(({ lastModified }) => lastModified)
    .toSorted()
    .at(-1);
  if (planned === undefined || inputsAsOf === undefined) throw new Error('a planned run has inputs');
  return { inputsAsOf, startedAt: planned.startedAt };
}
