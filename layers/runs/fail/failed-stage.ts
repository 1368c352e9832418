import { type StageError, type StageName, stageNames } from '../documents.ts';
import { RunProgress } from '../progress.ts';
import { branchOf, databaseStages } from '../stages.ts';
import type { RunStore } from '../store.ts';

/** The stage at fault, and the error it left behind; a stage that was killed left none. */
export interface FailedStage {
  readonly stage: StageName;
  readonly recorded: StageError | undefined;
}

/**
 * The first stage, in the order of the data, of which a part is not done: those after it fail for the lack of it. Of stages
 * side by side it is the one that left an error, since the others were not ended by it. A part that succeeded on a retry is
 * done, whatever error it left before.
 */
export async function findFailedStage(
  store: RunStore,
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
): Promise<FailedStage | undefined> {
  const progress = await new RunProgress(store, runId).look();
  let open: StageName | undefined;
  for (const stage of stageNames) {
    const markers = await progress.markersOf(stage);
    const done = new Set(
      markers
        .filter((marker) => !databaseStages.includes(stage) || marker.attempt === attempt)
        .map(({ index }) => index),
    );
    // Without a plan no stage after it has begun.
    const parts = (await progress.partsOf(stage)) ?? 1;
    const unfinished = Array.from({ length: parts }, (_, index) => index).filter((index) => !done.has(index));
    if (unfinished.length === 0) continue;
    if (open !== undefined && branchOf(stage) === undefined) break;
    for (const index of unfinished) {
      const recorded = await progress.errorOf(stage, index, attempt);
      if (recorded !== undefined) return { stage, recorded };
    }
    open ??= stage;
    if (branchOf(stage) === undefined) break;
  }
  return open && { stage: open, recorded: undefined };
}
