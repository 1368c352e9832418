import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  GetObjectCommand,
  NoSuchBucket,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import type { SavedBuckets, SavedObject } from './saved-index.ts';

const transfers = 8;

/** A client of the local emulator's S3. */
export function localS3(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/**
 * Saves the objects of `buckets` (those that exist) to `folder`. An earlier save is replaced only when this one is
 * complete: the index is what counts, and it is written last.
 */
export async function saveBuckets(
  client: S3Client,
  buckets: readonly string[],
  folder: string,
): Promise<SavedBuckets> {
  const save = randomUUID();
  await mkdir(path.join(folder, save), { recursive: true, mode: 0o700 });
  const index: SavedBuckets = { save, at: new Date().toISOString(), buckets: [], objects: [] };
  for (const bucket of buckets) {
    const listed = await list(client, bucket);
    if (listed === undefined) continue;
    index.buckets.push(bucket);
    const first = index.objects.length;
    const saved = await inParallel(listed, (key, position) =>
      download(client, bucket, key, path.join(folder, save), `${first + position}`),
    );
    index.objects.push(...saved);
  }
  const draft = path.join(folder, `${save}.json`);
  await writeFile(draft, JSON.stringify(index), { mode: 0o600 });
  await rename(draft, path.join(folder, 'index.json'));
  for (const name of await readdir(folder)) {
    if (name !== 'index.json' && name !== save) await rm(path.join(folder, name), { recursive: true });
  }
  return index;
}

/** Makes the saved buckets and puts their objects, oldest first. The deployment adopts buckets that are there. */
export async function restoreBuckets(client: S3Client, saved: SavedBuckets, folder: string): Promise<void> {
  for (const bucket of saved.buckets) {
    try {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
    } catch (error) {
      if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
    }
  }
  const byAge = saved.objects.toSorted((a, b) => Date.parse(a.lastModified) - Date.parse(b.lastModified));
  await inParallel(byAge, (object) =>
    client.send(
      new PutObjectCommand({
        Bucket: object.bucket,
        Key: object.key,
        Body: createReadStream(path.join(folder, saved.save, object.file)),
        ContentLength: object.size,
        ContentType: object.contentType,
        ContentEncoding: object.contentEncoding,
        Metadata: object.metadata,
      }),
    ),
  );
}

async function list(client: S3Client, bucket: string): Promise<string[] | undefined> {
  const keys: string[] = [];
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key);
    }
  } catch (error) {
    if (error instanceof NoSuchBucket) return undefined;
    throw error;
  }
  return keys;
}

async function download(
  client: S3Client,
  bucket: string,
  key: string,
  folder: string,
  file: string,
): Promise<SavedObject> {
  const { Body, ContentLength, LastModified, ContentType, ContentEncoding, Metadata } = await client.send(
    new GetObjectCommand({ Bucket: bucket, Key: key }),
  );
  await pipeline(Body as Readable, createWriteStream(path.join(folder, file)));
  return {
    bucket,
    key,
    file,
    size: ContentLength ?? 0,
    lastModified: (LastModified ?? new Date(0)).toISOString(),
    contentType: ContentType,
    contentEncoding: ContentEncoding,
    metadata: Metadata,
  };
}

/** Results in the order of `items`, however many run at the same time. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, position: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: transfers }, async () => {
      for (const [position, item] of queue) results[position] = await work(item, position);
    }),
  );
  return results;
}
