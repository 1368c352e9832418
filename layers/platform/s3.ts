import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type ListObjectsV2CommandOutput,
  type ObjectIdentifier,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { ConfigError, DataError, ThrottlingError, TransientError } from './errors.ts';
import {
  type Content,
  jsonText,
  type ObjectRef,
  type ObjectStore,
  type StoredObject,
} from './object-store.ts';

/** One S3 bucket. Errors of the service come out as TransientError, a missing bucket or right as ConfigError. */
export class S3Store implements ObjectStore {
  readonly bucket: string;
  /** Account that the bucket has to belong to, where it is known: in no other is anything read or written. */
  readonly owner: string | undefined;
  readonly #client: S3Client;

  get location(): string {
    return `s3://${this.bucket}`;
  }

  constructor(bucket: string, client: S3Client = new S3Client({}), owner?: string) {
    this.bucket = bucket;
    this.owner = owner;
    this.#client = client;
    if (owner !== undefined) {
      client.middlewareStack.add(
        (next) => (args) => next({ ...args, input: { ...args.input, ExpectedBucketOwner: owner } }),
        { step: 'initialize', name: 'expectedBucketOwner' },
      );
    }
  }

  async list(prefix: string): Promise<StoredObject[]> {
    return this.#objects(prefix, {});
  }

  async listLevel(prefix: string): Promise<StoredObject[]> {
    return this.#objects(prefix, { Delimiter: '/' });
  }

  async folders(prefix: string): Promise<string[]> {
    const found = await this.#pages(prefix, { Delimiter: '/' }, ({ CommonPrefixes = [] }) => CommonPrefixes);
    return found.flatMap(({ Prefix }) => (Prefix === undefined ? [] : Prefix.slice(prefix.length, -1)));
  }

  async head(key: string): Promise<(StoredObject & { versionId: string | null }) | undefined> {
    const found = await this.#unlessMissing(
      () => this.#client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key })),
      key,
    );
    if (found === undefined) return undefined;
    return {
      key,
      etag: unquote(found.ETag),
      size: found.ContentLength ?? 0,
      lastModified: found.LastModified ?? new Date(0),
      versionId: found.VersionId ?? null,
    };
  }

  async stream(ref: ObjectRef): Promise<Readable> {
    const response = await this.#call(() => this.#client.send(new GetObjectCommand(this.#get(ref))), ref.key);
    if (!(response.Body instanceof Readable))
      throw new TransientError({ what: 'S3 sent no body', where: ref.key });
    return response.Body;
  }

  async getText(key: string, versionId?: string | null): Promise<string | undefined> {
    return (await this.getTextWithEtag(key, versionId))?.text;
  }

  async getTextWithEtag(
    key: string,
    versionId?: string | null,
  ): Promise<{ text: string; etag: string } | undefined> {
    const response = await this.#unlessMissing(
      () => this.#client.send(new GetObjectCommand(this.#get(versionId ? { key, versionId } : { key }))),
      key,
    );
    if (response === undefined) return undefined;
    return { text: (await response.Body?.transformToString('utf-8')) ?? '', etag: unquote(response.ETag) };
  }

  async downloadTo(ref: ObjectRef, file: string): Promise<void> {
    const body = await this.stream(ref);
    await this.#call(() => pipeline(body, createWriteStream(file)), ref.key);
  }

  async put(key: string, body: string | Uint8Array, contentType?: string): Promise<Content> {
    const { ETag } = await this.#call(
      () =>
        this.#client.send(
          new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentType: contentType }),
        ),
      key,
    );
    return { size: Buffer.byteLength(body), etag: unquote(ETag) };
  }

  async putJson(key: string, value: unknown): Promise<Content> {
    return this.put(key, jsonText(value), 'application/json');
  }

  async putJsonIfAbsent(key: string, value: unknown): Promise<boolean> {
    return this.#conditionalPut(key, value, { IfNoneMatch: '*' });
  }

  async putJsonIfMatch(key: string, value: unknown, etag: string): Promise<boolean> {
    return this.#conditionalPut(key, value, { IfMatch: `"${etag}"` });
  }

  async uploadFrom(file: string, key: string): Promise<Content> {
    const { size } = await stat(file);
    return this.uploadStream(createReadStream(file, { highWaterMark: 1 << 20 }), size, key);
  }

  /** Uploads `size` bytes of a stream, which is not kept in memory and not sent a second time. */
  async uploadStream(body: Readable, size: number, key: string): Promise<Content> {
    const { ETag } = await this.#call(
      () =>
        this.#client.send(
          new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentLength: size }),
        ),
      key,
    );
    return { size, etag: unquote(ETag) };
  }

  /** S3 copies the object itself: up to 5 GB, which no output of a part exceeds, since it was put in one piece. */
  async copyFrom(location: string, from: Content & { readonly key: string }, key: string): Promise<boolean> {
    const source = `${location.replace('s3://', '')}/${from.key}`;
    try {
      await this.#client.send(
        new CopyObjectCommand({
          Bucket: this.bucket,
          Key: key,
          CopySource: source.split('/').map(encodeURIComponent).join('/'),
          CopySourceIfMatch: `"${from.etag}"`,
        }),
      );
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return false;
      throw this.#translate(error, key);
    }
  }

  async deleteAll(keys: readonly string[]): Promise<void> {
    await this.deleteObjects(keys.map((Key) => ({ Key })));
  }

  /**
   * Deletes objects, or versions of them for good.
   * @throws ConfigError or TransientError for the first one that S3 did not delete; others may be gone
   */
  async deleteObjects(objects: readonly ObjectIdentifier[]): Promise<void> {
    for (let start = 0; start < objects.length; start += 1000) {
      const batch = objects.slice(start, start + 1000);
      const { Errors: [failed] = [] } = await this.ask(batch[0]?.Key ?? '', (client) =>
        client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects: batch } })),
      );
      if (failed === undefined) continue;
      const { Key = '', Code: name = '', Message: message = '' } = failed;
      const $metadata = name === 'AccessDenied' ? { httpStatusCode: 403 } : {};
      throw this.#translate(new S3ServiceException({ name, message, $fault: 'client', $metadata }), Key);
    }
  }

  /** Makes a request that has no method here; its errors come out as those of others. `key`: what an error names. */
  ask<Answer>(key: string, request: (client: S3Client) => Promise<Answer>): Promise<Answer> {
    return this.#call(() => request(this.#client), key);
  }

  async #objects(prefix: string, options: { readonly Delimiter?: string }): Promise<StoredObject[]> {
    const objects = await this.#pages(prefix, options, ({ Contents = [] }) => Contents);
    return objects.flatMap(({ Key, ETag, Size, LastModified }) =>
      Key === undefined
        ? []
        : { key: Key, etag: unquote(ETag), size: Size ?? 0, lastModified: LastModified ?? new Date(0) },
    );
  }

  /** What `of` takes from each page of a listing. */
  async #pages<Item>(
    prefix: string,
    options: { readonly Delimiter?: string },
    of: (page: ListObjectsV2CommandOutput) => readonly Item[],
  ): Promise<Item[]> {
    const listing = paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.bucket, Prefix: prefix, ...options },
    );
    return this.#call(async () => {
      const items: Item[] = [];
      for await (const page of listing) items.push(...of(page));
      return items;
    }, prefix);
  }

  #get(ref: ObjectRef) {
    return {
      Bucket: this.bucket,
      Key: ref.key,
      ...(ref.versionId ? { VersionId: ref.versionId } : {}),
      ...(ref.range ? { Range: `bytes=${ref.range.start}-${ref.range.end - 1}` } : {}),
    };
  }

  async #conditionalPut(key: string, value: unknown, condition: { IfMatch?: string; IfNoneMatch?: string }) {
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: key,
          Body: jsonText(value),
          ContentType: 'application/json',
          ...condition,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof S3ServiceException) {
        if (error.$metadata.httpStatusCode === 412) return false;
        // 404: IfMatch on a key that is gone. 409: a concurrent conditional write was first.
        if (
          error.$metadata.httpStatusCode === 404 &&
          condition.IfMatch !== undefined &&
          error.name !== 'NoSuchBucket'
        )
          return false;
        if (error.$metadata.httpStatusCode === 409) return false;
      }
      throw this.#translate(error, key);
    }
  }

  async #unlessMissing<Answer>(request: () => Promise<Answer>, key: string): Promise<Answer | undefined> {
    try {
      return await request();
    } catch (error) {
      if (isGone(error)) return undefined;
      throw this.#translate(error, key);
    }
  }

  async #call<Answer>(request: () => Promise<Answer>, key: string): Promise<Answer> {
    try {
      return await request();
    } catch (error) {
      throw this.#translate(error, key);
    }
  }

  #translate(error: unknown, key: string): Error {
    if (isOfLocalFile(error)) return error;
    const where = `s3://${this.bucket}/${key}`;
    if (error instanceof S3ServiceException && error.name === 'NoSuchBucket') {
      return new ConfigError(
        { what: `there is no bucket "${this.bucket}"`, where, remedy: 'Deploy first: ./ecom up' },
        { cause: error },
      );
    }
    if (error instanceof S3ServiceException && isRefusal(error)) {
      return new ConfigError(
        {
          what: `access is denied: ${error.message || error.name}`,
          where,
          remedy: 'Check the credentials, and what they may do with the bucket',
        },
        { cause: error },
      );
    }
    if (error instanceof S3ServiceException && error.name === 'NoSuchKey') {
      return new TransientError(
        { what: 'the object is not there', where, remedy: 'Run it again' },
        { cause: error },
      );
    }
    if (error instanceof S3ServiceException && error.name === 'NoSuchVersion') {
      return new DataError(
        {
          what: 'the file as it was uploaded is gone: it was replaced, and the bucket keeps old versions for a while only',
          where,
          remedy: 'Upload the drop again',
        },
        { cause: error },
      );
    }
    if (error instanceof S3ServiceException && isThrottling(error)) {
      return new ThrottlingError(
        { what: `S3 is asked too often: ${error.message || error.name}`, where },
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message || error.name : String(error);
    return new TransientError(
      { what: `S3 does not answer as it should: ${reason}`, where },
      { cause: error },
    );
  }
}

function isGone(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound');
}

/** Whether the disk refused a file of this machine, for which S3 is not to blame. */
function isOfLocalFile(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

/** A 403 is about who asks, and stays one when asked again; but for a clock that is off, which may be set right. */
function isRefusal({ name, $metadata }: S3ServiceException): boolean {
  return $metadata.httpStatusCode === 403 && name !== 'RequestTimeTooSkewed';
}

function isThrottling({ name, $metadata }: S3ServiceException): boolean {
  return (
    /^(SlowDown|Throttling|TooManyRequests|RequestLimitExceeded)/.test(name) ||
    $metadata.httpStatusCode === 429
  );
}

function unquote(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}
