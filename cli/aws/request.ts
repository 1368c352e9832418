import process from 'node:process';
import { SFNClient } from '@aws-sdk/client-sfn';
import { TransientError, UsageError } from '../../layers/platform/errors.ts';

/** Services that the commands ask rarely, and for which no client is installed. */
type Service = 'cloudformation' | 'lambda' | 'sns' | 'sqs' | 'sts';

interface AwsRequest {
  readonly service: Service;
  /** Of a REST API. */
  readonly path?: string;
  /** Of a Query API: the action and its parameters, sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Of a JSON API: the operation, as `AmazonSQS.ReceiveMessage`, and its input. */
  readonly json?: { readonly target: string; readonly input: Readonly<Record<string, unknown>> };
}

/** What the service said; refusals included, since what they mean depends on the question. */
export interface AwsAnswer {
  readonly status: number;
  readonly body: string;
  /** Where it was asked. */
  readonly region: string;
}

/**
 * One signed request to a service of AWS, with the credentials and in the region that the SDK finds (`AWS_PROFILE`,
 * `AWS_REGION`); its signature is the SDK's own. `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` name another server.
 * @throws UsageError without credentials or region; TransientError where nobody answers, or the service fails
 */
export async function askAws({ service, path = '/', form, json }: AwsRequest): Promise<AwsAnswer> {
  const client = new SFNClient({});
  try {
    const region = await known('region', client.config.region);
    const url = new URL(path, endpointOf(service, region));
    const content = contentOf(form, json);
    const signer = await client.config.signer({
      name: 'sigv4',
      signingName: service,
      signingRegion: region,
      properties: {},
    });
    const { method, headers } = await known('credentials', () =>
      signer.sign({
        method: content === undefined ? 'GET' : 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        headers: {
          host: url.host,
          ...content?.headers,
        },
        body: content?.body,
      }),
    );
    const answer = await send(url, {
      method,
      headers,
      ...(content === undefined ? {} : { body: content.body }),
    });
    return { ...answer, region };
  } finally {
    client.destroy();
  }
}

interface Content {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is sent, and how it is called; nothing for a request that only asks for a path. */
function contentOf(form: AwsRequest['form'], json: AwsRequest['json']): Content | undefined {
  if (json !== undefined) {
    return {
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': json.target },
      body: JSON.stringify(json.input),
    };
  }
  if (form === undefined) return undefined;
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  };
}

async function send(url: URL, init: RequestInit): Promise<{ status: number; body: string }> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
    const body = await response.text();
    if (response.status < 500 && response.status !== 429) return { status: response.status, body };
    throw new TransientError({
      what: `it answers ${response.status}: ${body.slice(0, 200)}`,
      where: url.host,
      remedy: 'Try again in a minute',
    });
  } catch (error) {
    if (error instanceof TransientError) throw error;
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new TransientError(
      {
        what: `it does not answer: ${reason}`,
        where: url.host,
        remedy: 'Check the network, AWS_REGION and AWS_ENDPOINT_URL',
      },
      { cause: error },
    );
  }
}

/** What the SDK finds in the environment and the files of ~/.aws. */
async function known<Value>(
  what: 'credentials' | 'region',
  find: () => Promise<Value | undefined>,
): Promise<Value> {
  try {
    const found = await find();
    if (found !== undefined) return found;
    throw new Error('none is set');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      {
        what: `the AWS SDK finds no ${what}: ${reason}`,
        remedy:
          what === 'region'
            ? 'Set AWS_REGION, or a region in the profile that AWS_PROFILE names'
            : 'Log in (aws sso login), set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      },
      { cause: error },
    );
  }
}

/** An endpoint that is set to nothing counts as not set, as it does for the SDK. */
function endpointOf(service: Service, region: string): string {
  const named = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || process.env.AWS_ENDPOINT_URL;
  return named || `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
