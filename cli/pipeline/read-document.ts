import type { z } from 'zod';
import type { ObjectStore } from '../../layers/platform/s3.ts';

/** A JSON document of the processed bucket, or undefined where there is none. */
export async function readDocument<Document>(
  processed: ObjectStore,
  key: string,
  schema: z.ZodType<Document>,
): Promise<Document | undefined> {
  const text = await processed.getText(key);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}
