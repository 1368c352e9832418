import { z } from 'zod';
import { describeFault } from '../../layers/platform/errors.ts';
import { createLogger, type Logger } from '../../layers/platform/log.ts';
import { type Failure, failure as failureDocument, stageNames } from '../../layers/runs/documents.ts';
import { explain, explainPart } from '../../layers/runs/fail/explain.ts';
import { type FailedStage, findFailedStage } from '../../layers/runs/fail/failed-stage.ts';
import { functionStore } from '../../layers/runs/lambda.ts';

const failedRun = failureDocument.pick({ runId: true, drop: true, attempt: true }).strip();
const failInput = z.object({ failure: z.unknown() });
const failedPart = z.object({ stage: z.enum(stageNames), index: z.number().int().nonnegative() });

/**
 * Ends a failed run: leaves `failure.json` and gives the execution an error and a cause that a person can read. Of one
 * part of a stage, whose function was ended, it leaves the error where the stage would have left its own.
 * It never throws, whatever reaches it: an error here would hide the one that matters.
 */
export async function handler(input: unknown): Promise<{ error: string; cause: string }> {
  const failure = failInput.safeParse(input).data?.failure ?? input;
  const run = failedRun.safeParse(input).data;
  const part = failedPart.safeParse(input).data;
  const log = createLogger({ stage: 'fail', ...run });
  if (run !== undefined && part !== undefined) {
    const { error, fault } = explainPart(failure, { ...run, ...part });
    log.error(describeFault(fault), { error, failure, part });
    await unlessBroken(log, () =>
      functionStore().write('error', [run.runId, part.stage, part.index], {
        ...part,
        attempt: run.attempt,
        error,
        fault,
      }),
    );
    return { error, cause: describeFault(fault) };
  }
  const failed = run && (await unlessBroken(log, () => findFailedStage(functionStore(), run)));
  const { error, message } = explain(failure, run?.runId ?? '<run>', failed);
  log.error(message, { error, failure });
  if (run !== undefined) await unlessBroken(log, () => record({ ...run, error, message }, failed));
  return { error, cause: message };
}

async function record(
  failed: Pick<Failure, 'runId' | 'drop' | 'attempt' | 'error' | 'message'>,
  where: FailedStage | undefined,
): Promise<void> {
  await functionStore().write('failure', [failed.runId], {
    schemaVersion: 1,
    ...failed,
    stage: where?.stage ?? null,
    failedAt: new Date().toISOString(),
  });
}

async function unlessBroken<Answer>(log: Logger, action: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await action();
  } catch (error) {
    log.error('the failure could not be looked up or recorded', { error });
    return undefined;
  }
}
