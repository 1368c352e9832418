import { DataError } from '../platform/errors.ts';
import type { Stage } from './stage.ts';

/**
 * Bytes of a plan's answer that Step Functions can carry: 256 KB are between its states, of which the words of a failure may
 * need 32,768 characters, and the run itself some.
 */
export const mostAnswerBytes = 256 * 1024 - 32_768 - 1024;

/**
 * The stage as the state machine runs it, which maps over what the plan answers.
 * @throws DataError where the run has more parts than can be named from state to state
 */
export function withinState(stage: Stage<'plan'>, most = mostAnswerBytes): Stage<'plan'> {
  return {
    name: stage.name,
    async run(context) {
      const outcome = await stage.run(context);
      const { chunks, buckets } = outcome.result;
      if (JSON.stringify(outcome.result).length <= most) return outcome;
      throw new DataError({
        what: `the upload makes ${chunks.length} chunks and ${buckets.length} buckets, more than Step Functions can be told of`,
        where: `drop ${context.event.drop}`,
        remedy:
          'Join small files (a file of up to 256 MB is one chunk), split the upload into several drops, or use ecom analyze on one large machine',
      });
    },
  };
}
