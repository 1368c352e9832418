import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { deployedName, type FunctionName } from '../../../cdk/functions.ts';

const configuration = z.object({
  Timeout: z.number(),
  MemorySize: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
  LastUpdateStatus: z.string(),
});

export interface FunctionSettings {
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** The emulator checks no signature: a header that names the service is enough, and saves a client library. */
export const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

export async function readSettings(endpoint: string, name: FunctionName): Promise<FunctionSettings> {
  const { Timeout, MemorySize, Environment } = await call(endpoint, name, { method: 'GET' });
  return { timeoutSeconds: Timeout, memoryMb: MemorySize, environment: Environment.Variables };
}

/** Changes a deployed function, and waits until its next invocation sees it. */
export async function changeSettings(
  endpoint: string,
  name: FunctionName,
  { timeoutSeconds, memoryMb, environment }: FunctionSettings,
): Promise<void> {
  const body = JSON.stringify({
    Timeout: timeoutSeconds,
    MemorySize: memoryMb,
    Environment: { Variables: environment },
  });
  let { LastUpdateStatus } = await call(endpoint, name, { method: 'PUT', body });
  while (LastUpdateStatus === 'InProgress') {
    await sleep(50);
    ({ LastUpdateStatus } = await call(endpoint, name, { method: 'GET' }));
  }
  if (LastUpdateStatus !== 'Successful')
    throw new Error(`the update of ${name} ended as ${LastUpdateStatus}`);
}

async function call(endpoint: string, name: FunctionName, request: RequestInit) {
  const route = `${endpoint}/2015-03-31/functions/${deployedName(name)}/configuration`;
  const response = await fetch(route, { ...request, headers: signedFor('lambda') });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return configuration.parse(await response.json());
}
