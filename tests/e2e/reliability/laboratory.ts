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
import { databaseStages } from '../../../layers/runs/stages.ts';
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
  /** Has the functions log in as this user of the database; without a name as they did before. */
  logInAs(user?: string, password?: string): Promise<void>;
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

    const settings = await Promise.all(
      functionNames.map(async (name) => [name, await readSettings(endpoint, name)] as const),
    );
    before = new Map(settings);
    for (const [name, own] of before) {
      const environment = { ...own.environment, AWS_ENDPOINT_URL_S3: storage.endpoint };
      await changeSettings(endpoint, name, { ...own, environment });
    }
    secret = await readSecret(endpoint, before.get('load')?.environment.DATABASE_SECRET_ARN);
    const logInAs = async (user?: string, password?: string) => {
      const url = new URL(secret.url);
      url.port = String(database.port);
      if (user !== undefined) url.username = user;
      if (password !== undefined) url.password = password;
      await secret.write(url.href);
      // A process that is warm knows the secret as it was.
      for (const name of databaseStages) {
        const settings = await readSettings(endpoint, name);
        const environment = { ...settings.environment, LOGIN: user ?? '' };
        await changeSettings(endpoint, name, { ...settings, environment });
      }
    };
    await logInAs();
    laboratory = { deployed, storage, database, endpoint, logInAs };
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
