import { createLogger } from '../../layers/platform/log.ts';
import { stageEvent } from '../../layers/runs/documents.ts';
import { functionStore } from '../../layers/runs/lambda.ts';
import { notify } from '../../layers/runs/notify/notify.ts';
import { readWebhook } from '../../layers/runs/notify/webhook.ts';

/** Tells the webhook what a published run has decided. Its failure is an alarm, and the run a success. */
export async function handler(input: unknown): Promise<void> {
  const event = stageEvent.parse(input);
  const log = createLogger({ stage: 'notify', ...event });
  try {
    const outcome = await notify({
      runId: event.runId,
      store: functionStore(),
      webhook: await readWebhook(),
      reportLink: process.env.REPORT_LINK,
      log,
    });
    log.info(outcome);
  } catch (error) {
    log.error('the webhook was not told', { error });
    throw error;
  }
}
