import { z } from 'zod';

/** What the gate needs of EventBridge's "Object Created" event. Keys are not URL-encoded there. */
const objectCreated = z.object({
  time: z.iso.datetime().transform((text) => new Date(text)),
  detail: z.object({ object: z.object({ key: z.string(), etag: z.string().default('') }) }),
});

const queueBatch = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })),
});

export interface CreatedObject {
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  readonly eventTime: Date;
}

export interface QueuedMessage {
  readonly messageId: string;
  readonly body: string;
}

/** The messages of an SQS batch, or undefined for an event that came directly. */
export function queuedMessages(event: unknown): QueuedMessage[] | undefined {
  const batch = queueBatch.safeParse(event);
  return batch.success ? batch.data.Records : undefined;
}

/** @throws ZodError for anything but an "Object Created" event */
export function parseUploadEvent(event: unknown): CreatedObject {
  const { time, detail } = objectCreated.parse(event);
  return { key: detail.object.key, etag: detail.object.etag.replaceAll('"', ''), eventTime: time };
}
