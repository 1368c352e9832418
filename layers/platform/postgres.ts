import pg from 'pg';
import { ConfigError, TransientError } from './errors.ts';

export interface SessionOptions {
  /** Shows in pg_stat_activity. */
  readonly applicationName: string;
  /** Longest time one statement may take. */
  readonly statementSeconds?: number;
  /** Longest wait for a lock. */
  readonly lockSeconds?: number;
}

/** Opens a session on some database, hands it to `work` and closes it. */
export type OpenSession = <Answer>(
  options: SessionOptions,
  work: (client: pg.Client) => Promise<Answer>,
) => Promise<Answer>;

/** Where the marts are; those of a database that has yet to be migrated lie where its tables do by default. */
export const searchPath = 'ecom,public';

/** SQLSTATE classes of what may succeed when tried again. */
const transientClasses = [
  '08', // connection
  '40', // serialization failure, deadlock
  '53', // out of disk, memory or connections
  '57P', // the server stops, starts or cut the session
  '55P03', // lock not available in time
];
const refusedClasses = ['28', '3D']; // authentication, no such database
const takesNoWrites = '25006';
const rightsCodes: Readonly<Record<string, string>> = {
  '42501': 'the database user lacks a right', // insufficient privilege
  [takesNoWrites]: 'the database takes no writes', // a read-only user, or a standby
};
const networkCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/**
 * Opens one session, hands it to `work` and closes it. TLS is what the URL's parameters say (`sslmode`, `sslrootcert`).
 * @param url `postgres://user:password@host:port/database`
 * @throws TransientError for what may heal, ConfigError when the server refuses the login, other errors as they are
 */
export async function withPostgres<Answer>(
  url: string,
  options: SessionOptions,
  work: (client: pg.Client) => Promise<Answer>,
): Promise<Answer> {
  const client = new pg.Client({
    connectionString: url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    statement_timeout: (options.statementSeconds ?? 60) * 1000,
    lock_timeout: (options.lockSeconds ?? 5) * 1000,
    options: `-c TimeZone=UTC -c search_path=${searchPath}`,
    keepAlive: true,
    // A server that died says nothing; the one that took its place refuses the first probe.
    keepAliveInitialDelayMillis: 10_000,
  });
  // A connection that breaks between two statements says so here; without a listener it would end the process.
  let lost: Error | undefined;
  client.on('error', (error) => {
    lost ??= error;
  });
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    const where = `${client.host}:${client.port}/${client.database}`;
    throw translatePostgresError((await standbyError(client, error)) ?? error, where, lost);
  } finally {
    await client.end();
  }
}

/** After a failover the name of the database leads for a while to the server that was the writer, and is one no more. */
async function standbyError(client: pg.Client, error: unknown): Promise<TransientError | undefined> {
  if (!(error instanceof pg.DatabaseError) || error.code !== takesNoWrites) return undefined;
  const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
  if (rows[0]?.standby !== true) return undefined;
  return new TransientError(
    {
      what: `the database takes no writes, since it is a standby: ${error.message}`,
      where: `${client.host}:${client.port}/${client.database}`,
      remedy:
        'Name the writer in DATABASE_URL or the secret DATABASE_SECRET_ARN, unless it changed places a minute ago',
    },
    { cause: error },
  );
}

/** Runs `work` in one transaction: everything it did happens, or nothing. */
export async function transaction<Answer>(client: pg.Client, work: () => Promise<Answer>): Promise<Answer> {
  await client.query('begin');
  try {
    const answer = await work();
    await client.query('commit');
    return answer;
  } catch (error) {
    await rollback(client, error);
    throw error;
  }
}

/** On a connection that is gone the server rolls back by itself, and the first error is the one to tell. */
async function rollback(client: pg.Client, reason: unknown): Promise<void> {
  try {
    await client.query('rollback');
  } catch (error) {
    if (!isGone(error)) throw new AggregateError([reason, error], 'the transaction did not roll back');
  }
}

/** The error as the state machine has to know it: TransientError, ConfigError, or as it was. */
export function translatePostgresError(error: unknown, where: string, lost?: Error): unknown {
  if (!(error instanceof Error)) return error;
  const { code = '' } = error as { code?: string };
  if (isGone(error)) {
    return new TransientError(
      { what: `the database does not answer as it should: ${error.message || code}`, where },
      { cause: lost ?? error },
    );
  }
  if (error instanceof pg.DatabaseError && startsWithAny(code, refusedClasses)) {
    return new ConfigError(
      {
        what: `the database refuses the login: ${error.message}`,
        where,
        remedy: 'Correct the URL in DATABASE_URL or in the secret that DATABASE_SECRET_ARN names',
      },
      { cause: error },
    );
  }
  const refusal = error instanceof pg.DatabaseError ? rightsCodes[code] : undefined;
  if (refusal !== undefined) {
    return new ConfigError(
      {
        what: `${refusal}: ${error.message}`,
        where,
        remedy:
          'Grant it, or name a user who owns the schema, in DATABASE_URL or the secret DATABASE_SECRET_ARN',
      },
      { cause: error },
    );
  }
  return error;
}

/** Whether the session is gone, or the server ends it: what was not committed is rolled back by itself. */
export function isGone(error: unknown): boolean {
  const { code = '' } = Object(error) as { code?: string };
  return isLostConnection(error) || startsWithAny(code, transientClasses);
}

function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (code !== undefined) return networkCodes.includes(code);
  // pg raises these without a code.
  return /^Connection terminated|timeout expired|not queryable|timeout exceeded when trying to connect/i.test(
    error.message,
  );
}

function startsWithAny(code: string, classes: readonly string[]): boolean {
  return classes.some((prefix) => code.startsWith(prefix));
}
