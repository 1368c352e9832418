import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import { z } from 'zod';
import { ConfigError, TransientError } from './errors.ts';
import { type SessionOptions, withPostgres } from './postgres.ts';

const environmentSchema = z.union([
  z.object({ DATABASE_URL: z.string().min(1) }),
  z.object({ DATABASE_SECRET_ARN: z.string().min(1) }),
]);
const secretSchema = z.object({ url: z.string().regex(/^postgres(ql)?:\/\//) });

/** The secret's URL of this warm environment; forgotten when the database refuses it, since secrets rotate. */
let cached: string | undefined;

/** Opens one session on the function's database: `DATABASE_URL`, else the secret `DATABASE_SECRET_ARN` (`{"url"}`). */
export async function withDatabase<Answer>(
  options: SessionOptions,
  work: (client: pg.Client) => Promise<Answer>,
): Promise<Answer> {
  const environment = environmentSchema.safeParse(process.env);
  if (!environment.success) {
    throw new ConfigError({
      what: 'no database is known',
      where: 'DATABASE_SECRET_ARN, DATABASE_URL',
      remedy: 'Deploy the stack again',
    });
  }
  if ('DATABASE_URL' in environment.data) return withPostgres(environment.data.DATABASE_URL, options, work);

  const secretArn = environment.data.DATABASE_SECRET_ARN;
  const known = cached;
  cached ??= await readSecret(secretArn);
  try {
    return await withPostgres(cached, options, work);
  } catch (error) {
    const isRefusal = error instanceof ConfigError && error.cause instanceof pg.DatabaseError;
    if (isRefusal || error instanceof TransientError) cached = undefined;
    if (!isRefusal || known === undefined) throw error;
    // A login that worked before may have been rotated since.
    cached = await readSecret(secretArn);
    return withPostgres(cached, options, work);
  }
}

async function readSecret(secretArn: string): Promise<string> {
  const client = new SecretsManagerClient({});
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    return parseSecret(SecretString ?? '', secretArn);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof ResourceNotFoundException) {
      throw new ConfigError(
        {
          what: 'the secret of the database does not exist',
          where: secretArn,
          remedy: 'Deploy the stack again',
        },
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new TransientError(
      { what: `Secrets Manager does not answer as it should: ${reason}`, where: secretArn },
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}

/** Never shows the secret's text: it holds a password. */
function parseSecret(text: string, where: string): string {
  try {
    return secretSchema.parse(JSON.parse(text)).url;
  } catch {
    throw new ConfigError({
      what: 'the secret of the database has another shape',
      where,
      remedy: 'Set it to {"url": "postgres://user:password@host:port/database"}',
    });
  }
}
