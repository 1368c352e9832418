import { z } from 'zod';
import { describeFault, type Fault } from '../../platform/errors.ts';
import type { StageName } from '../documents.ts';
import type { FailedStage } from './failed-stage.ts';

/** What an execution is told about its failure. */
export interface Explanation {
  /** Name of the error, the contract with whoever reacts to failures. */
  readonly error: string;
  /** A sentence or two: what, where, and what to do next. */
  readonly message: string;
}

const caught = z.object({ Error: z.string().min(1).catch('Error'), Cause: z.unknown() });
const lambdaError = z.object({ errorMessage: z.string().min(1), errorType: z.string().min(1).optional() });

/** Step Functions takes 256 and 32,768 characters; a person reads less. */
const longestError = 256;
const longestMessage = 4000;

/** The platform ended the function: what the stage may have recorded in an earlier try is not the reason. */
const killed = /^(Sandbox\.|Runtime\.|States\.Timeout|Lambda\.)/;

const moreMemory =
  'raise the memory of the stage in cdk/functions.ts and deploy again, or split the files into more parts';

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /Timedout|Timeout|timed out/i,
    'It took longer than it may: split the files into more parts, or raise the time limit of the stage in cdk/functions.ts',
  ],
  [
    /ENOSPC|no space left/i,
    'Its disk was full: raise the storage of the stage in cdk/functions.ts (10,240 MB at most) and deploy again',
  ],
  [/OutOfMemory|out of memory/i, `It ran out of memory: ${moreMemory}`],
  [/signal: killed|SIGKILL|Runtime\.ExitError/i, `It most likely ran out of memory: ${moreMemory}`],
  [/ImportModuleError|HandlerNotFound/i, 'The deployment is broken: deploy again'],
  [/TooManyRequests|Throttl/i, 'Too much runs at the same time: try again later'],
];

/**
 * Explains a failure of any shape; never throws.
 * @param failure `$.failure` of the state machine: `{Error, Cause}`, where Cause may be JSON of a Lambda's error
 * @param failed what is known of the stage at fault: the error it left behind says more than what Step Functions caught
 */
export function explain(failure: unknown, runId: string, failed: FailedStage | undefined): Explanation {
  const { error, text } = unwrap(failure);
  const stage = failed && `stage "${failed.stage}"`;
  const isOfAnotherTry = killed.test(error) && failed?.recorded?.error !== error;
  const recorded = isOfAnotherTry ? undefined : failed?.recorded;
  if (recorded !== undefined) {
    const { what, where, remedy } = recorded.fault;
    const next = remedy ?? remedyFor(`${recorded.error} ${what}`, runId);
    return shortened(
      recorded.error,
      describeFault({ what: oneLine(what), where: where ?? stage, remedy: next }),
    );
  }
  // A fault of ours that only the caught text carries ends with its own remedy.
  if (/Error$/.test(error) && /\. [A-Z]/.test(text)) return shortened(error, text);
  return shortened(error, describeFault(faultOf({ error, text }, runId, stage)));
}

/** What a part of a stage leaves behind whose function was ended: the same words, and the part. */
export function explainPart(
  failure: unknown,
  { runId, stage, index }: { readonly runId: string; readonly stage: StageName; readonly index: number },
): { error: string; fault: Fault } {
  const caught = unwrap(failure);
  return { error: caught.error, fault: faultOf(caught, runId, `stage "${stage}", part ${index + 1}`) };
}

function faultOf(caught: { error: string; text: string }, runId: string, where: string | undefined): Fault {
  return {
    what: caught.text.replace(/^RequestId: \S+ (Error: )?/, '').replace(/\.$/, ''),
    where,
    remedy: remedyFor(`${caught.error} ${caught.text}`, runId),
  };
}

function unwrap(failure: unknown): { error: string; text: string } {
  const parsed = caught.safeParse(failure);
  if (!parsed.success) return { error: 'Error', text: oneLine(failure) || 'the run failed without a reason' };
  const { Error: error, Cause: cause } = parsed.data;
  const detail = lambdaError.safeParse(typeof cause === 'string' ? parseJson(cause) : cause);
  if (detail.success) {
    return { error: detail.data.errorType ?? error, text: oneLine(detail.data.errorMessage) };
  }
  return { error, text: oneLine(cause) || `it ended with ${error}` };
}

/** The value of a JSON text, else the text itself. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function oneLine(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.replace(/\s+/g, ' ').trim();
}

function remedyFor(text: string, runId: string): string {
  const known = remedies.find(([pattern]) => pattern.test(text))?.[1];
  const first = known ?? 'See the log of the function';
  return `${first}; then: ./ecom retry ${runId}`;
}

function shortened(error: string, message: string): Explanation {
  return { error: error.slice(0, longestError), message: message.slice(0, longestMessage) };
}
