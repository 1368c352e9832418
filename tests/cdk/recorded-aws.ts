import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { restoreEnvironment } from '../environment.ts';
import type { Call } from './policy.ts';

const region = 'us-east-1';
const account = '123456789012';
export const machineArn = `arn:aws:states:${region}:${account}:stateMachine:ecom-experiment-pipeline`;
export const secretArn = `arn:aws:secretsmanager:${region}:${account}:secret:ecom`;
export const webhookSecretArn = `arn:aws:secretsmanager:${region}:${account}:secret:webhook-AbCdEf`;
export const piiKeySecretArn = `arn:aws:secretsmanager:${region}:${account}:secret:pii-AbCdEf`;
export const buckets = { raw: 'ecom-poc-raw', processed: 'ecom-poc-processed' };

interface Stored {
  readonly body: Buffer;
  readonly etag: string;
}

/** What the functions use of S3, Step Functions and Secrets Manager, in memory; notes what each call needs. */
export class RecordedAws implements AsyncDisposable {
  /** By function, what its calls need. */
  readonly calls = new Map<string, Call[]>();
  /** Whether an execution that is asked for is under way; none is there otherwise. */
  isRunning = false;
  /** What the webhook was told. */
  readonly told: unknown[] = [];
  /** Which function is at work. */
  caller = '';
  readonly #objects = new Map<string, Stored>();
  readonly #databaseUrl: string;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #before = { ...process.env };

  private constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  /** Starts it and makes it the endpoint of the SDK, in the environment that the stack gives its functions. */
  static async start(databaseUrl: string): Promise<RecordedAws> {
    const aws = new RecordedAws(databaseUrl);
    await new Promise<void>((resolve) => aws.#server.listen(0, '127.0.0.1', resolve));
    const { port } = aws.#server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_REQUIRED',
      RAW_BUCKET: buckets.raw,
      PROCESSED_BUCKET: buckets.processed,
      CODE_VERSION: 'c',
      STATE_MACHINE_ARN: machineArn,
      DATABASE_SECRET_ARN: secretArn,
      WEBHOOK_SECRET_ARN: webhookSecretArn,
      PII_KEY_SECRET_ARN: piiKeySecretArn,
    });
    delete process.env.AWS_ENDPOINT_URL_S3;
    delete process.env.DATABASE_URL;
    return aws;
  }

  put(bucket: keyof typeof buckets, key: string, body: string | Buffer): string {
    const bytes = Buffer.from(body);
    const etag = createHash('md5').update(bytes).digest('hex');
    this.#objects.set(`${buckets[bucket]}/${key}`, { body: bytes, etag });
    return etag;
  }

  remove(bucket: keyof typeof buckets, key: string): void {
    this.#objects.delete(`${buckets[bucket]}/${key}`);
  }

  json(key: string): unknown {
    return JSON.parse(this.#objects.get(`${buckets.processed}/${key}`)?.body.toString() ?? 'null');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.headers['x-amz-target'];
    const body = await buffer(request);
    if (request.url === '/webhook') {
      this.told.push(JSON.parse(body.toString()));
      response.end();
    } else if (target !== undefined) this.#answerJson(String(target), JSON.parse(body.toString()), response);
    else this.#answerS3(request, body, response);
  }

  #answerJson(target: string, input: Record<string, string>, response: ServerResponse): void {
    const { executionArn, stateMachineArn, SecretId } = input;
    response.setHeader('Content-Type', 'application/x-amz-json-1.0');
    switch (target.split('.')[1]) {
      case 'DescribeExecution':
        this.#note('states:DescribeExecution', executionArn ?? '');
        if (this.isRunning && executionArn?.endsWith('-a1')) {
          response.end(JSON.stringify({ status: 'RUNNING', startDate: 0 }));
          return;
        }
        response.writeHead(400).end(JSON.stringify({ __type: 'ExecutionDoesNotExist' }));
        return;
      case 'StartExecution':
        this.#note('states:StartExecution', stateMachineArn ?? '');
        response.end(JSON.stringify({ executionArn: 'e', startDate: 0 }));
        return;
      case 'GetSecretValue':
        this.#note('secretsmanager:GetSecretValue', SecretId ?? '');
        response.end(JSON.stringify({ SecretString: this.#secret(SecretId) }));
        return;
      default:
        throw new Error(`${target} is not known here`);
    }
  }

  #secret(id = ''): string {
    const url = `${process.env.AWS_ENDPOINT_URL}/webhook`;
    if (id === piiKeySecretArn) return 'a secret that is long enough to be one';
    return JSON.stringify(
      id === webhookSecretArn ? { url, secret: 'long enough to be one' } : { url: this.#databaseUrl },
    );
  }

  #answerS3({ method, url, headers }: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url ?? '/', 'http://server');
    const [bucket = '', ...rest] = decodeURIComponent(pathname.slice(1)).split('/');
    const key = rest.join('/');
    const name = `${bucket}/${key}`;
    const found = this.#objects.get(name);
    if (searchParams.has('list-type')) {
      this.#note('s3:ListBucket', `arn:aws:s3:::${bucket}`);
      this.#list(bucket, searchParams, response);
      return;
    }
    if (method === 'PUT') {
      this.#note('s3:PutObject', `arn:aws:s3:::${name}`);
      const source = headers['x-amz-copy-source'];
      if (source !== undefined) {
        this.#copy(decodeURIComponent(String(source)), headers['x-amz-copy-source-if-match'], name, response);
        return;
      }
      // S3 compares with the object that is there, which one has to be allowed to read.
      if (headers['if-match'] !== undefined) this.#note('s3:GetObject', `arn:aws:s3:::${name}`);
      const isRefused =
        headers['if-match'] === undefined
          ? headers['if-none-match'] === '*' && found !== undefined
          : headers['if-match'] !== `"${found?.etag}"`;
      if (isRefused) {
        response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
        return;
      }
      const etag = createHash('md5').update(body).digest('hex');
      this.#objects.set(name, { body, etag });
      response.setHeader('ETag', `"${etag}"`).end();
      return;
    }
    const isVersion = searchParams.has('versionId');
    this.#note(isVersion ? 's3:GetObjectVersion' : 's3:GetObject', `arn:aws:s3:::${name}`);
    if (found === undefined) {
      // Without this permission S3 answers 403.
      this.#note('s3:ListBucket', `arn:aws:s3:::${bucket}`);
      const code = isVersion ? 'NoSuchVersion' : 'NoSuchKey';
      response.writeHead(404).end(`<Error><Code>${code}</Code></Error>`);
      return;
    }
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const sent = start === undefined ? found.body : found.body.subarray(Number(start), Number(end) + 1);
    response
      .writeHead(start === undefined ? 200 : 206, {
        ETag: `"${found.etag}"`,
        'Content-Length': sent.length,
        'Last-Modified': modified.toUTCString(),
        ...(bucket === buckets.raw && { 'x-amz-version-id': 'v1' }),
      })
      .end(method === 'HEAD' ? undefined : sent);
  }

  #copy(
    source: string,
    etag: IncomingMessage['headers'][string],
    name: string,
    response: ServerResponse,
  ): void {
    this.#note('s3:GetObject', `arn:aws:s3:::${source}`);
    const found = this.#objects.get(source);
    if (found === undefined || etag !== `"${found.etag}"`) {
      response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
      return;
    }
    this.#objects.set(name, found);
    response.end(`<CopyObjectResult><ETag>"${found.etag}"</ETag></CopyObjectResult>`);
  }

  #list(bucket: string, search: URLSearchParams, response: ServerResponse): void {
    const prefix = search.get('prefix') ?? '';
    const contents = [...this.#objects]
      .map(([name, stored]) => ({ ...stored, key: name.slice(bucket.length + 1), name }))
      .filter(({ name, key }) => name.startsWith(`${bucket}/`) && key.startsWith(prefix))
      .filter(({ key }) => !search.has('delimiter') || !key.slice(prefix.length).includes('/'))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(
        ({ key, etag, body }) =>
          `<Contents><Key>${key}</Key><ETag>"${etag}"</ETag><Size>${body.length}</Size><LastModified>${modified.toISOString()}</LastModified></Contents>`,
      );
    response.end(`<ListBucketResult>${contents.join('')}</ListBucketResult>`);
  }

  #note(action: string, resource: string): void {
    const calls = this.calls.get(this.caller) ?? [];
    this.calls.set(this.caller, [...calls, { action, resource }]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    restoreEnvironment(this.#before);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const modified = new Date('2024-04-01T00:00:00Z');
