import pg from 'pg';
import { z } from 'zod';
import { ConfigError, TransientError } from './errors.ts';
import { type SessionOptions, withPostgres } from './postgres.ts';
import { readSecretText } from './secret.ts';

const environmentSchema = z.union([
  z.object({ DATABASE_URL: z.string().min(1) }),
  z.object({ DATABASE_SECRET_ARN: z.string().min(1) }),
]);
const urlSecret = z.object({ url: z.string().regex(/^postgres(ql)?:\/\//) });
/** What RDS writes: of a secret that it manages itself, the login alone. */
const loginSecret = z.object({
  username: z.string().min(1),
  password: z.string().min(1),
  engine: z.string().startsWith('postgres').optional(),
  host: z.string().min(1).optional(),
  port: z.coerce.number().int().positive().default(5432),
  dbname: z.string().min(1).optional(),
});
const secretSchema = z.union([urlSecret, loginSecret]);

/** The secret's URL of this warm environment; forgotten when the database refuses it, since secrets rotate. */
let cached: string | undefined;

/**
 * Opens one session on the function's database: `DATABASE_URL`, else what the secret `DATABASE_SECRET_ARN` says, at
 * `DATABASE_ENDPOINT` where the secret holds a login alone.
 */
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
  cached ??= await readSecret(secretArn, accessOfFunction());
  try {
    return await withPostgres(cached, options, work);
  } catch (error) {
    const isRefusal = error instanceof ConfigError && error.cause instanceof pg.DatabaseError;
    if (isRefusal || error instanceof TransientError) cached = undefined;
    if (!isRefusal || known === undefined) throw error;
    // A login that worked before may have been rotated since.
    cached = await readSecret(secretArn, accessOfFunction());
    return withPostgres(cached, options, work);
  }
}

/** What a secret leaves open. */
interface SecretAccess {
  /** `host:port/database` of a login that names no host. */
  readonly endpoint: string | undefined;
  /** Whether no server is talked to without a verified certificate. */
  readonly isVerified: boolean;
}

const accessOfFunction = (): SecretAccess => ({
  endpoint: process.env.DATABASE_ENDPOINT,
  isVerified: process.env.DATABASE_TLS === 'verify-full',
});

/**
 * The URL that a secret leads to.
 * @throws ConfigError where the secret is not there, not of a known shape or leads nowhere; TransientError where Secrets
 * Manager does not answer
 */
export async function readSecret(secretArn: string, access: SecretAccess): Promise<string> {
  return databaseUrl(await readSecretText(secretArn, 'the database'), { secretArn, ...access });
}

/**
 * Where a secret leads: `{"url"}` as it is, unless the server has to prove who it is, or the login that RDS writes (`{"username", "password"}`, with or without
 * `host`, `port` and `dbname`), which is never used without a verified certificate. Errors never show the text: it holds
 * a password.
 * @param endpoint `host:port/database` of a login that names no host
 * @param isVerified whether no server is talked to without a verified certificate
 * @throws ConfigError for a secret of another shape, a login that leads nowhere, or a URL that asks for less than that
 */
export function databaseUrl(
  text: string,
  {
    secretArn,
    endpoint,
    isVerified = false,
  }: {
    readonly secretArn: string;
    readonly endpoint: string | undefined;
    readonly isVerified?: boolean;
  },
): string {
  const secret = parseSecret(text, secretArn);
  if ('url' in secret) return isVerified ? verifiedUrl(secret.url, secretArn) : secret.url;
  const { username, password, host, port, dbname } = secret;
  const address = host === undefined || dbname === undefined ? endpoint : `${host}:${port}/${dbname}`;
  if (address === undefined) {
    throw new ConfigError({
      what: 'the secret of the database names no host and no database, and DATABASE_ENDPOINT is not set',
      where: secretArn,
      remedy: 'Add "host", "port" and "dbname" to it, or set it to {"url": "postgres://..."}',
    });
  }
  const login = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return `postgres://${login}@${address}?sslmode=verify-full`;
}

/** The URL with a verified certificate, which it may leave unsaid, but not decline. */
function verifiedUrl(text: string, where: string): string {
  if (!URL.canParse(text)) throw otherShape(where);
  const url = new URL(text);
  const mode = url.searchParams.get('sslmode');
  if (mode === 'verify-full') return text;
  if (mode !== null || url.searchParams.has('ssl')) {
    throw new ConfigError({
      what: `the URL of the database asks for sslmode=${mode ?? url.searchParams.get('ssl')}, which lets any server pass for it`,
      where,
      remedy: 'Set sslmode=verify-full, or leave it out',
    });
  }
  url.searchParams.set('sslmode', 'verify-full');
  return url.href;
}

function parseSecret(text: string, where: string): z.infer<typeof secretSchema> {
  try {
    return secretSchema.parse(JSON.parse(text));
  } catch {
    throw otherShape(where);
  }
}

function otherShape(where: string): ConfigError {
  return new ConfigError({
    what: 'the secret of the database has another shape',
    where,
    remedy:
      'Set it to {"url": "postgres://user:password@host:port/database"}, or to what RDS writes: {"username", "password", "host", "port", "dbname"}',
  });
}
