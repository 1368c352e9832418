import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, inject } from 'vitest';
import { Database } from '../../../layers/platform/duckdb.ts';
import { migrate } from '../../../layers/platform/migrate.ts';
import { withPostgres } from '../../../layers/platform/postgres.ts';
import { literal } from '../../../layers/platform/sql.ts';
import { loadPart } from '../../../layers/runs/load/load-marts.ts';
import type { OpenAnother, PartOfRun } from '../../../layers/runs/load/part.ts';
import { martNames } from '../../../layers/runs/mart-tables.ts';
import { sharedPostgres } from '../servers.ts';

export const session = { applicationName: 'test' };

/** Databases of the test file's own on the PostgreSQL of the integration tests, and a DuckDB to make Parquet files with. */
export function useServer() {
  let serverUrl: string;
  let folder: string;
  let duckdb: Database;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-postgres-test-'));
    serverUrl = (await sharedPostgres(inject('serversFolder'))).url;
    duckdb = await Database.open({ memoryMb: 1024, folder });
  });

  afterAll(async () => {
    await duckdb[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  return {
    /** URL of a new, empty database. */
    async emptyDatabase(): Promise<string> {
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      await withPostgres(serverUrl, session, (client) => client.query(`create database ${name}`));
      return serverUrl.replace(/\/[^/]*$/, `/${name}`);
    },
    /** URL of a new database that has the marts' tables. */
    async database(): Promise<string> {
      const url = await this.emptyDatabase();
      await migrate(url);
      return url;
    },
    duckdb: () => duckdb,
    folder: () => mkdtemp(path.join(folder, 'files-')),
  };
}

export interface RunOptions {
  readonly runId: string;
  readonly drop?: string;
  readonly users: number;
  readonly second?: number;
  readonly startedSecond?: number;
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

/** Marts of `users` users, half of them in each arm, each of whom spent 1.25, in two files like those of two buckets. */
export async function makeRun(
  { duckdb, folder }: ReturnType<typeof useServer>,
  { runId, drop = 'default', users, second = 1, startedSecond = second }: RunOptions,
): Promise<PartOfRun> {
  const target = await folder();
  const files = { user_exposure: [] as string[], user_outcomes: [] as string[] };
  const key = `'checkout' AS experiment_id, id AS user_id, if(id % 4 < 2, 'control', 'treatment') AS variant,
    TIMESTAMP '2026-01-01 10:00:00' AS exposed_at`;
  const columns = {
    user_exposure: `${key}, TIMESTAMP '2026-01-01 09:00:00' AS assigned_at, 'mobile' AS device,
      NULL::VARCHAR AS country, '' AS campaign`,
    user_outcomes: `${key}, TIMESTAMP '2026-01-15 10:00:00' AS window_end, true AS is_mature,
      (id % 3 = 0)::INTEGER AS purchased, 1.25::DECIMAL(18,2) AS revenue, 3::BIGINT AS events_in_window,
      7::BIGINT AS wishlist_value`,
  };
  for (const bucket of [0, 1]) {
    for (const mart of martNames) {
      const file = path.join(target, `${mart}-${bucket}.parquet`);
      const rows = `SELECT ${columns[mart]} FROM range(${users}) AS t(id) WHERE id % 2 = ${bucket}`;
      await duckdb().run(`COPY (${rows}) TO ${literal(file)} (FORMAT parquet)`);
      files[mart].push(file);
    }
  }
  return { runId, drop, inputsAsOf: at(second), startedAt: at(startedSecond), part: 0, parts: 1, files };
}

/** The same in two parts, the files of one bucket each. */
export async function makeParts(
  server: ReturnType<typeof useServer>,
  options: RunOptions,
): Promise<[PartOfRun, PartOfRun]> {
  const run = await makeRun(server, options);
  const part = (bucket: number): PartOfRun => ({
    ...run,
    part: bucket,
    parts: 2,
    files: {
      user_exposure: run.files.user_exposure.slice(bucket, bucket + 1),
      user_outcomes: run.files.user_outcomes.slice(bucket, bucket + 1),
    },
  });
  return [part(0), part(1)];
}

export async function load(server: ReturnType<typeof useServer>, url: string, run: PartOfRun) {
  const folder = await server.folder();
  const another: OpenAnother = (work) => withPostgres(url, session, work);
  return another((client) => loadPart(client, another, server.duckdb(), run, folder));
}

export async function rowsOf(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return withPostgres(url, session, async (client) => (await client.query(sql)).rows);
}
