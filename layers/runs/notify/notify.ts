import { sha256 } from '../../platform/hash.ts';
import type { Logger } from '../../platform/log.ts';
import { jsonText } from '../../platform/object-store.ts';
import type { Report } from '../../report/schema.ts';
import { slackMessage } from '../../report/slack-message.ts';
import type { RunStore } from '../store.ts';
import { deliver, type Patience } from './deliver.ts';
import type { Webhook } from './webhook.ts';

export interface Notification {
  readonly runId: string;
  readonly store: RunStore;
  readonly webhook: Webhook;
  /** What the key of a report is put behind, as a link that people can follow; without it they are told the place. */
  readonly reportLink?: string | undefined;
  readonly log: Logger;
  readonly patience?: Patience;
}

/**
 * Tells the webhook what a published run has decided, unless that is on record. The record follows the delivery: whoever
 * dies in between tells again, under the same idempotency key. Of a run that is not the one its drop shows nothing is told.
 * @throws WebhookError where the webhook does not take it
 */
export async function notify(notification: Notification): Promise<'told' | 'known' | 'not published'> {
  const { runId, store, webhook, reportLink, log } = notification;
  const marker = await store.require('marker', runId, 'publish', 0);
  const isPublished = marker.stage === 'publish' && marker.result.published;
  if (!isPublished) return 'not published';
  const report = await store.require('report', runId);
  const idempotencyKey = keyOf(runId, report);
  if ((await store.read('notified', runId))?.idempotencyKey === idempotencyKey) return 'known';
  const key = store.key('report', runId).replace(/\.json$/, '.html');
  const where =
    reportLink === undefined ? `${store.processed.location}/${key}` : reportLink + encodeURIComponent(key);
  const message = { runId, idempotencyKey, body: jsonText(slackMessage(report, where)) };
  await deliver(webhook, message, log, notification.patience);
  await store.write('notified', [runId], {
    schemaVersion: 1,
    runId,
    idempotencyKey,
    deliveredAt: new Date().toISOString(),
  });
  return 'told';
}

/** Another one where the same run, done again, decides otherwise. */
function keyOf(runId: string, { experiments }: Report): string {
  const decisions = experiments.map(({ experimentId, decision }) => [experimentId, decision]);
  return `${runId}-${sha256(JSON.stringify(decisions)).slice(0, 16)}`;
}
