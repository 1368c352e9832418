import type { Deployed } from '../deployed.ts';
import { signedFor } from './function-settings.ts';

/** Delivers S3's event of an object that lies in the raw bucket, as often as asked, all at once. */
export async function deliverAgain(
  deployed: Deployed,
  keys: readonly string[],
  times: number,
): Promise<void> {
  const entries = await Promise.all(keys.map((key) => entryOf(deployed, key)));
  await Promise.all(Array.from({ length: times }, () => putEvents(deployed, entries)));
}

async function entryOf({ raw }: Deployed, key: string) {
  const object = await raw.head(key);
  if (object === undefined) throw new Error(`${key} is not there`);
  const { size, etag, versionId } = object;
  return {
    Source: 'aws.s3',
    DetailType: 'Object Created',
    Time: object.lastModified.getTime() / 1000,
    Resources: [`arn:aws:s3:::${raw.bucket}`],
    Detail: JSON.stringify({
      version: '0',
      bucket: { name: raw.bucket },
      object: { key, size, etag, 'version-id': versionId, sequencer: '0' },
      reason: 'PutObject',
    }),
  };
}

async function putEvents({ environment }: Deployed, entries: readonly unknown[]): Promise<void> {
  const response = await fetch(environment.AWS_ENDPOINT_URL ?? '', {
    method: 'POST',
    headers: {
      ...signedFor('events'),
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSEvents.PutEvents',
    },
    body: JSON.stringify({ Entries: entries }),
  });
  const answer = (await response.json()) as { FailedEntryCount?: number };
  if (!response.ok || answer.FailedEntryCount !== 0) throw new Error(JSON.stringify(answer));
}
