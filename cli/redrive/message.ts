import { z } from 'zod';

/** The queues in which messages end, by what their messages look like (cdk/trigger.ts, cdk/run-events.ts). */
export const deadQueues = {
  /** Events of uploads, out of the settling queue, at which the gate failed again and again. */
  unsettled: 'ecom-experiment-unsettled',
  /** Lambda's records of events that it gave the gate itself. */
  unanswered: 'ecom-experiment-unanswered',
  /** Events of uploads that EventBridge could hand to nobody. */
  undelivered: 'ecom-experiment-undelivered',
  /** Ends of runs that the topic did not take; on AWS alone. */
  unannounced: 'ecom-experiment-unannounced',
} as const;
export type DeadQueue = keyof typeof deadQueues;

/** A message as SQS hands it out. */
export const receivedMessage = z.object({
  MessageId: z.string(),
  ReceiptHandle: z.string(),
  Body: z.string(),
  /** `SentTimestamp` in milliseconds since 1970. */
  Attributes: z.record(z.string(), z.string()).default({}),
  MessageAttributes: z.record(z.string(), z.object({ StringValue: z.string().optional() })).default({}),
});
export type ReceivedMessage = z.infer<typeof receivedMessage>;

/** A message that reached nobody, as people read it. */
export interface DeadMessage {
  readonly queue: DeadQueue;
  readonly id: string;
  /** When it was first sent, ISO 8601. */
  readonly at: string | null;
  /** The object that was uploaded, or the run that ended. */
  readonly what: string;
  /** Why it ended here, as far as the message tells. */
  readonly why: string;
  /** The event to send again; null where the message is none that the pipeline sends. */
  readonly event: string | null;
}

const uploaded = z.object({
  'detail-type': z.literal('Object Created'),
  time: z.string(),
  detail: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
});
const runEnded = z.object({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  time: z.string(),
  detail: z.object({ name: z.string(), status: z.string() }),
});
/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
const lambdaRecord = z.object({
  requestContext: z.object({ condition: z.string(), approximateInvokeCount: z.number().optional() }),
  requestPayload: z.unknown(),
  responsePayload: z.object({ errorMessage: z.string().optional() }).nullish(),
});

/** What a message says, by its shape; one of another shape is shown and never sent. */
export function readMessage(queue: DeadQueue, message: ReceivedMessage): DeadMessage {
  const sent = Number(message.Attributes.SentTimestamp);
  const at = Number.isFinite(sent) ? new Date(sent).toISOString() : null;
  const known = { queue, id: message.MessageId, at };
  const { text, why } = unpacked(queue, message);
  const what = whatOf(queue, parsed(text));
  return what === undefined
    ? { ...known, what: 'a message of another shape', why, event: null }
    : { ...known, what, why, event: text };
}

/** The event itself, and the reason that was noted beside it. */
function unpacked(
  queue: DeadQueue,
  { Body, Attributes, MessageAttributes }: ReceivedMessage,
): { text: string; why: string } {
  if (queue === 'unsettled') {
    const times = Attributes.ApproximateReceiveCount;
    return {
      text: Body,
      why: `the gate failed at it${times === undefined ? '' : `, handed out ${times} times`}`,
    };
  }
  if (queue === 'unanswered') {
    const record = lambdaRecord.safeParse(parsed(Body));
    if (!record.success) return { text: Body, why: 'unknown' };
    const { requestContext, requestPayload, responsePayload } = record.data;
    const reason = responsePayload?.errorMessage;
    return {
      text: JSON.stringify(requestPayload) ?? '',
      why: reason === undefined ? requestContext.condition : `${requestContext.condition}: ${reason}`,
    };
  }
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
  const [code, reason] = ['ERROR_CODE', 'ERROR_MESSAGE'].map((name) => MessageAttributes[name]?.StringValue);
  return { text: Body, why: [code, reason].filter((part) => part !== undefined).join(': ') || 'unknown' };
}

function whatOf(queue: DeadQueue, event: unknown): string | undefined {
  if (queue === 'unannounced') {
    const ended = runEnded.safeParse(event);
    return ended.success ? `run ${ended.data.detail.name}, ${ended.data.detail.status}` : undefined;
  }
  const created = uploaded.safeParse(event);
  return created.success
    ? `s3://${created.data.detail.bucket.name}/${created.data.detail.object.key}`
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
