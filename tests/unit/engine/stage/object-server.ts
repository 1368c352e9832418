import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { restoreEnvironment } from '../../../environment.ts';

/** The part of S3 that a stage uses: whole objects, ranges, lists and copies, over HTTP, in memory. */
export class ObjectServer implements AsyncDisposable {
  /** `bucket/key` -> bytes. */
  readonly objects = new Map<string, Buffer>();
  /** `bucket/key` that nobody may read or write. */
  readonly forbidden = new Set<string>();
  /** Value of every Range header that was sent. */
  readonly ranges: string[] = [];
  // On a busy machine a stage may compute for longer than a connection is kept by default.
  readonly #server = createServer(
    { keepAliveTimeout: 600_000 },
    (request, response) => void this.#answer(request, response),
  );
  readonly #before = { ...process.env };

  /** Starts it and makes it the endpoint of the SDK and the buckets of the functions. */
  static async start(): Promise<ObjectServer> {
    const server = new ObjectServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    const { port } = server.#server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_REQUIRED',
      RAW_BUCKET: 'raw-bucket',
      PROCESSED_BUCKET: 'processed-bucket',
      CODE_VERSION: 'c',
    });
    return server;
  }

  json(key: string): unknown {
    return JSON.parse(this.objects.get(`processed-bucket/${key}`)?.toString() ?? 'null');
  }

  putProcessed(key: string, document: unknown): void {
    this.objects.set(`processed-bucket/${key}`, Buffer.from(JSON.stringify(document)));
  }

  putRaw(key: string, content: string | Uint8Array): void {
    this.objects.set(`raw-bucket/${key}`, Buffer.from(content));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://server').pathname.slice(1));
    if (this.forbidden.has(name)) {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
      return;
    }
    if (request.method === 'PUT') {
      const source = request.headers['x-amz-copy-source'];
      const body = await buffer(request);
      const object = source === undefined ? body : this.objects.get(decodeURIComponent(String(source)));
      if (object === undefined) {
        response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
        return;
      }
      const wanted = request.headers['x-amz-copy-source-if-match'];
      if (wanted !== undefined && wanted !== etagOf(object)) {
        response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
        return;
      }
      this.objects.set(name, object);
      response.setHeader('ETag', etagOf(object));
      response.end(
        source === undefined ? '' : `<CopyObjectResult><ETag>${etagOf(object)}</ETag></CopyObjectResult>`,
      );
      return;
    }
    const prefix = new URL(request.url ?? '/', 'http://server').searchParams.get('prefix');
    if (prefix !== null) {
      const bucket = name.replace(/\/$/, '');
      const keys = [...this.objects.keys()].filter((key) => key.startsWith(`${bucket}/${prefix}`)).toSorted();
      const contents = keys.map((key) => `<Contents><Key>${key.slice(bucket.length + 1)}</Key></Contents>`);
      response.end(`<ListBucketResult>${contents.join('')}</ListBucketResult>`);
      return;
    }
    const object = this.objects.get(name);
    if (object === undefined) {
      response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
      return;
    }
    const { range } = request.headers;
    const bounds = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    if (bounds === null) {
      response.writeHead(200, { ETag: etagOf(object) }).end(object);
      return;
    }
    this.ranges.push(range ?? '');
    response
      .writeHead(206, { ETag: etagOf(object) })
      .end(object.subarray(Number(bounds[1]), Number(bounds[2]) + 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    restoreEnvironment(this.#before);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function etagOf(object: Buffer): string {
  return `"${createHash('md5').update(object).digest('hex')}"`;
}
