import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { withDatabase } from '../../../layers/platform/database.ts';
import { useEmulator } from '../emulator.ts';
import { rowsOf, session, useServer } from '../postgres/marts.ts';

useEmulator();
const server = useServer();
const one = () => withDatabase(session, async (client) => (await client.query('select 1 as one')).rows);

test('a login whose secret was rotated is read again, once', async () => {
  const url = await server.emptyDatabase();
  await rowsOf(url, `create role shop login password 'before'`);
  const as = (password: string) => url.replace(/\/\/[^@]+@/, `//shop:${password}@`);
  const secrets = new SecretsManagerClient({});
  const { ARN } = await secrets.send(
    new CreateSecretCommand({ Name: 'database', SecretString: JSON.stringify({ url: as('before') }) }),
  );
  delete process.env.DATABASE_URL;
  process.env.DATABASE_SECRET_ARN = ARN;
  expect(await one()).toEqual([{ one: 1 }]);

  await rowsOf(url, `alter role shop password 'after'`);
  await expect(one()).rejects.toMatchObject({ name: 'ConfigError' });
  const SecretString = JSON.stringify({ url: as('after') });
  await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString }));
  expect(await one()).toEqual([{ one: 1 }]);

  await rowsOf(url, `alter role shop password 'last'`);
  const last = JSON.stringify({ url: as('last') });
  await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: last }));
  expect(await one()).toEqual([{ one: 1 }]);

  await secrets.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: 'postgres://secret' }));
  await rowsOf(url, `alter role shop password 'other'`);
  await expect(one()).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(/another shape(?!.*postgres:\/\/secret)/),
  });
});

test('a function that was given no database says so', async () => {
  delete process.env.DATABASE_URL;
  delete process.env.DATABASE_SECRET_ARN;
  await expect(one()).rejects.toMatchObject({ name: 'ConfigError' });
});
