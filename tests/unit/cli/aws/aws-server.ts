import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';

/** Answers as AWS's APIs do, by what a test says it knows; notes what it was asked. */
export class AwsServer implements AsyncDisposable {
  /** By name; `outputs` by key. */
  readonly stacks = new Map<string, { status: string; outputs: Record<string, string> }>();
  /** What is answered in the place of everything else. */
  refusal: { status: number; code: string; message: string } | undefined;
  /** By a JSON service's operation, or the path of a REST API (GET); what is not here is a 404. */
  readonly documents = new Map<string, unknown>();
  /** Account that the credentials are of. */
  account = '123456789012';
  /** Account that the buckets are of. */
  bucketOwner = '123456789012';
  readonly requests: { authorization: string; form: Record<string, string>; path: string }[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  /** Starts it and makes it the endpoint of all services, asked with made-up credentials in eu-west-1. */
  static async start(): Promise<AwsServer> {
    const aws = new AwsServer();
    await new Promise<void>((resolve) => aws.#server.listen(0, '127.0.0.1', resolve));
    const { port } = aws.#server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_ENDPOINT_URL_S3', '');
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
    return aws;
  }

  /** The pipeline's stack as cdk/pipeline-stack.ts describes it, of an environment. */
  deploy(name: string, status = 'UPDATE_COMPLETE', more: Record<string, string> = {}): void {
    this.stacks.set(name, {
      status,
      outputs: {
        RawBucketName: `raw-of-${name}`,
        ProcessedBucketName: `processed-of-${name}`,
        StateMachineArn: `arn:aws:states:eu-west-1:${this.account}:stateMachine:${name}`,
        DatabaseSecretArn: `arn:aws:secretsmanager:eu-west-1:${this.account}:secret:${name}`,
        DatabaseEndpoint: '127.0.0.1:1/ecom',
        ...more,
      },
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization = '', 'x-amz-target': target } = request.headers;
    const body = await text(request);
    const path = request.url ?? '';
    const form = Object.fromEntries(new URLSearchParams(target === undefined ? body : ''));
    this.requests.push({ authorization, form, path });
    if (this.refusal !== undefined) {
      sendError(response, this.refusal);
      return;
    }
    if (form.Action === 'DescribeStacks') {
      this.#describeStack(form.StackName ?? '', response);
      return;
    }
    if (form.Action === 'GetCallerIdentity') {
      response.end(
        `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${this.account}:user/ann</Arn><Account>${this.account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      );
      return;
    }
    if (path.includes('list-type=2')) {
      this.#list(request, response);
      return;
    }
    const document = this.documents.get(target === undefined ? path : (String(target).split('.')[1] ?? ''));
    response.writeHead(document === undefined ? 404 : 200).end(JSON.stringify(document));
  }

  /** S3's answer for an empty bucket of `bucketOwner`, which no other account is told. */
  #list({ headers }: IncomingMessage, response: ServerResponse): void {
    if (headers['x-amz-expected-bucket-owner'] === this.bucketOwner) {
      response.end('<ListBucketResult></ListBucketResult>');
      return;
    }
    response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
  }

  #describeStack(name: string, response: ServerResponse): void {
    const stack = this.stacks.get(name);
    if (stack === undefined) {
      sendError(response, {
        status: 400,
        code: 'ValidationError',
        message: `Stack with id ${name} does not exist`,
      });
      return;
    }
    const outputs = Object.entries(stack.outputs).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    response.end(`<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
  <DescribeStacksResult><Stacks><member>
    <StackId>arn:aws:cloudformation:eu-west-1:${this.account}:stack/${name}/1</StackId>
    <StackName>${name}</StackName><StackStatus>${stack.status}</StackStatus>
    <Outputs>${outputs.join('')}</Outputs>
  </member></Stacks></DescribeStacksResult>
</DescribeStacksResponse>`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    vi.unstubAllEnvs();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function sendError(
  response: ServerResponse,
  { status, code, message }: { status: number; code: string; message: string },
): void {
  response
    .writeHead(status)
    .end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );
}
