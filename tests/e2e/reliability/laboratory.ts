import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, inject } from 'vitest';
import { functionNames } from '../../../cdk/functions.ts';
import { generate } from '../../../cli/generate/generate.ts';
import { connectTo, type Deployed } from '../deployed.ts';
import { DatabaseProxy } from './database-proxy.ts';
import { changeSettings, type FunctionSettings, readSettings } from './function-settings.ts';
import { StorageProxy } from './storage-proxy.ts';

/** Small drops that differ: the folder of the one made from a seed. */
export function useDrops(users = 100): (seed: number) => Promise<string> {
  let folder: string;
  const made = new Map<number, Promise<string>>();
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-drops-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const make = async (seed: number) => {
    const directory = path.join(folder, String(seed));
    await generate({ directory, users, seed });
    return directory;
  };
  return (seed) => {
    const drop = made.get(seed) ?? make(seed);
    made.set(seed, drop);
    return drop;
  };
}

export interface Laboratory {
  readonly deployed: Deployed;
  readonly storage: StorageProxy;
  readonly database: DatabaseProxy;
  readonly endpoint: string;
}

/** Leads all functions of the deployment through proxies, where tests make things go wrong, and back afterwards. */
export function useLaboratory(): () => Laboratory {
  let laboratory: Laboratory;
  let before: Map<(typeof functionNames)[number], FunctionSettings>;
  let secret: Awaited<ReturnType<typeof readSecret>>;

  beforeAll(async () => {
    const deployed = connectTo(inject('stateFolder'));
    const endpoint = deployed.environment.AWS_ENDPOINT_URL ?? '';
    const storage = await StorageProxy.open(endpoint);
    const database = await DatabaseProxy.open(deployed.environment.DATABASE_URL ?? '');
    laboratory = { deployed, storage, database, endpoint };

    const settings = await Promise.all(
      functionNames.map(async (name) => [name, await readSettings(endpoint, name)] as const),
    );
    before = new Map(settings);
    for (const [name, { timeoutSeconds, environment }] of before) {
      const variables = { ...environment, AWS_ENDPOINT_URL_S3: storage.endpoint };
      await changeSettings(endpoint, name, { timeoutSeconds, environment: variables });
    }
    secret = await readSecret(endpoint, before.get('load')?.environment.DATABASE_SECRET_ARN);
    const url = new URL(secret.url);
    url.port = String(database.port);
    await secret.write(url.href);
  });

  afterAll(async () => {
    await secret.write(secret.url);
    for (const [name, settings] of before) await changeSettings(laboratory.endpoint, name, settings);
    await laboratory.storage.close();
    await laboratory.database.close();
  });
  return () => laboratory;
}

async function readSecret(endpoint: string, SecretId: string | undefined) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials });
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
  const { url } = JSON.parse(SecretString ?? '{}') as { url: string };
  const write = async (value: string) => {
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify({ url: value }) }));
  };
  return { url, write };
}
