import { z } from 'zod';
import { readEnvironment } from '../../layers/platform/environment.ts';
import { createLogger } from '../../layers/platform/log.ts';
import { Executions } from '../../layers/runs/executions.ts';
import { answerUpload, type Gate } from '../../layers/runs/gate/gate.ts';
import { queuedMessages } from '../../layers/runs/gate/upload-event.ts';
import { functionStore } from '../../layers/runs/lambda.ts';

const gateEnvironment = z.object({ STATE_MACHINE_ARN: z.string().min(1) });
interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Wakes on uploads: one "Object Created" event of a manifest, or a batch of queued ones of data files. Starts the run of
 * a complete drop. Messages of a batch that fail go back to the queue alone.
 */
export async function handler(event: unknown): Promise<BatchAnswer | undefined> {
  const gate = openGate();
  const messages = queuedMessages(event);
  if (messages === undefined) {
    await answerUpload(gate, event);
    return undefined;
  }
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of messages) {
    try {
      await answerUpload(gate, JSON.parse(body));
    } catch (error) {
      gate.log.error('the message goes back to the queue', { messageId, error });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

function openGate(): Gate {
  const { STATE_MACHINE_ARN } = gateEnvironment.parse(process.env);
  return {
    store: functionStore(),
    executions: new Executions(STATE_MACHINE_ARN),
    codeVersion: readEnvironment().codeVersion,
    log: createLogger({ stage: 'gate' }),
  };
}
