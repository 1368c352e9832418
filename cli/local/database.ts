import pg from 'pg';
import { startServer } from '../../infrastructure/postgres/server.ts';
import { LocalError } from '../../layers/platform/errors.ts';
import type { PostgresState } from './state.ts';

export interface DatabaseFiles {
  readonly postgres: string;
  readonly postgresLog: string;
}

/**
 * The database of the pipeline: `externalUrl` when given, else the embedded server, started where it does not run.
 * @throws LocalError when the external one does not answer; PostgresError when the embedded one does not start
 */
export async function openDatabase(
  files: DatabaseFiles,
  externalUrl: string | undefined,
): Promise<PostgresState> {
  if (externalUrl !== undefined) {
    return { kind: 'external', url: externalUrl, version: await askVersion(externalUrl) };
  }
  const server = await startServer({ folder: files.postgres, logFile: files.postgresLog });
  return { kind: 'embedded', ...server };
}

/** Version of the server at `url`. @throws LocalError when it does not answer */
export async function askVersion(url: string): Promise<string> {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('show server_version');
      return rows[0]?.server_version ?? '';
    } finally {
      await client.end();
    }
  } catch (error) {
    throw new LocalError(
      {
        what: `the database of DATABASE_URL does not answer: ${error instanceof Error ? error.message : error}`,
        where: withoutPassword(url),
        remedy: 'Correct DATABASE_URL, or unset it to use the embedded server',
      },
      { cause: error },
    );
  }
}

/** An address as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^/@]*?):[^/@]*@/, '$1:***@');
}
