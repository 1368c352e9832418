import type { ObjectStore } from '../../platform/s3.ts';
import { readAttemptOfMarker, readStageError, type StageError } from '../completions.ts';
import { runPlan } from '../documents.ts';
import { processedKeys } from '../keys.ts';
import { databaseStages, partsOf, type StageName, stageNames } from '../stages.ts';

/** The stage at fault, and the error it left behind; a stage that was killed left none. */
export interface FailedStage {
  readonly stage: StageName;
  readonly recorded: StageError | undefined;
}

interface Attempt {
  readonly runId: string;
  readonly attempt: number;
}

/**
 * The first stage, in the order of the data, of which a part is not done: those after it fail for the lack of it. A part
 * that succeeded on a retry is done, whatever error it left before.
 */
export async function findFailedStage(
  processed: ObjectStore,
  run: Attempt,
): Promise<FailedStage | undefined> {
  const objects = await processed.list(processedKeys.run(run.runId));
  const keys = new Set(objects.map(({ key }) => key));
  const parts = await countParts(processed, run.runId);
  for (const stage of stageNames) {
    const unfinished: number[] = [];
    for (let index = 0; index < parts(stage); index += 1) {
      if (!(await isDone(processed, keys, run, stage, index))) unfinished.push(index);
    }
    if (unfinished.length === 0) continue;
    for (const index of unfinished) {
      if (!keys.has(processedKeys.error(run.runId, stage, index))) continue;
      const recorded = await readStageError(processed, stage, run, index);
      if (recorded !== undefined) return { stage, recorded };
    }
    return { stage, recorded: undefined };
  }
  return undefined;
}

async function isDone(
  processed: ObjectStore,
  keys: ReadonlySet<string>,
  { runId, attempt }: Attempt,
  stage: StageName,
  index: number,
): Promise<boolean> {
  if (!keys.has(processedKeys.done(runId, stage, index))) return false;
  if (!databaseStages.includes(stage)) return true;
  return (await readAttemptOfMarker(processed, stage, runId, index)) === attempt;
}

/** Number of parts of each stage; without a plan no stage after it has begun. */
async function countParts(processed: ObjectStore, runId: string): Promise<(stage: StageName) => number> {
  const text = await processed.getText(processedKeys.plan(runId));
  if (text === undefined) return () => 1;
  const plan = runPlan.parse(JSON.parse(text));
  return (stage) => partsOf(stage, plan);
}
