import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, inject } from 'vitest';
import { S3Store } from '../../layers/platform/s3.ts';
import { RunStore } from '../../layers/runs/store.ts';
import { sharedEmulator } from './servers.ts';

/** Points the environment of the process to the LocalStack of the integration tests. */
export function useEmulator() {
  beforeAll(async () => {
    const { endpoint } = await sharedEmulator(inject('serversFolder'));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
    });
  });
}

/** New buckets, versioned as the deployed ones are; the environment names them as a function's does. */
export async function useBuckets(): Promise<{
  raw: S3Store;
  processed: S3Store;
  store: RunStore;
}> {
  const s3 = new S3Client({});
  const [raw, processed] = [`raw-${randomUUID()}`, `processed-${randomUUID()}`];
  for (const Bucket of [raw, processed]) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutBucketVersioningCommand({ Bucket: raw, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  Object.assign(process.env, { RAW_BUCKET: raw, PROCESSED_BUCKET: processed, CODE_VERSION: '1' });
  const buckets = { raw: new S3Store(raw), processed: new S3Store(processed) };
  return { ...buckets, store: new RunStore(buckets.raw, buckets.processed) };
}
