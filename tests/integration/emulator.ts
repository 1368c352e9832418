import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from 'vitest';
import { awaitHealthy, launchEmulator, stopEmulator } from '../../cli/local/emulator.ts';
import { S3Store } from '../../layers/platform/s3.ts';
import { RunStore } from '../../layers/runs/store.ts';

/** A LocalStack for the test file; the environment of the process points to it. */
export function useEmulator() {
  let folder: string;
  let emulator: Awaited<ReturnType<typeof launchEmulator>>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-emulator-test-'));
    const files = { emulator: path.join(folder, 'emulator'), emulatorLog: path.join(folder, 'log') };
    emulator = await launchEmulator(files, await freePort());
    await awaitHealthy(emulator, files);
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ENDPOINT_URL_S3: emulator.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
    });
  });

  afterAll(async () => {
    await stopEmulator(emulator);
    await rm(folder, { recursive: true, force: true });
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
  Object.assign(process.env, { RAW_BUCKET: raw, PROCESSED_BUCKET: processed });
  const buckets = { raw: new S3Store(raw), processed: new S3Store(processed) };
  return { ...buckets, store: new RunStore(buckets.raw, buckets.processed) };
}

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve);
  });
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
