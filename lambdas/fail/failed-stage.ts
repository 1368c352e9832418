import { processedKeys } from '../../layers/contracts/keys.ts';
import { type StageName, stageNames } from '../../layers/contracts/stages.ts';
import { readStageError, type StageError } from '../../layers/execution/completions.ts';
import type { ObjectStore } from '../../layers/storage/object-store.ts';

/** The stage at fault, and the error it left behind; a stage that was killed left none. */
export interface FailedStage {
  readonly stage: StageName;
  readonly recorded: StageError | undefined;
}

/**
 * The part that failed first in the order of the data: the earliest with an error of this attempt and no completion
 * marker (one that succeeded on a retry is not at fault), else the first stage without any marker.
 */
export async function findFailedStage(
  processed: ObjectStore,
  run: { readonly runId: string; readonly attempt: number },
): Promise<FailedStage | undefined> {
  const prefix = processedKeys.run(run.runId);
  const keys = new Set((await processed.list(prefix)).map(({ key }) => key));
  for (const { stage, index } of failedParts(prefix, keys)) {
    if (keys.has(processedKeys.done(run.runId, stage, index))) continue;
    const recorded = await readStageError(processed, stage, run, index);
    if (recorded !== undefined) return { stage, recorded };
  }
  const killed = stageNames.find(
    (stage) => ![...keys].some((key) => key.startsWith(`${prefix}done/${stage}-`)),
  );
  return killed === undefined ? undefined : { stage: killed, recorded: undefined };
}

/** Stage and index of every error document, in the order of the data. */
function failedParts(prefix: string, keys: ReadonlySet<string>): { stage: StageName; index: number }[] {
  const parts = [...keys].flatMap((key) => {
    const match = /^errors\/([a-z]+)-(\d+)\.json$/.exec(key.slice(prefix.length));
    const stage = stageNames.find((name) => name === match?.[1]);
    return stage === undefined ? [] : [{ stage, index: Number(match?.[2]) }];
  });
  return parts.toSorted(
    (a, b) => stageNames.indexOf(a.stage) - stageNames.indexOf(b.stage) || a.index - b.index,
  );
}
