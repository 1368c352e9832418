import type pg from 'pg';
import type { Database } from '../../platform/duckdb.ts';
import { DataError } from '../../platform/errors.ts';
import { type MartName, martNames, partitionOf } from '../mart-tables.ts';
import { parquet } from './columns.ts';
import type { PartOfRun } from './part.ts';

/** Rows of a mart, and the revenue of those that have one as a decimal string. */
export type Sums = {
  readonly rows: string;
  readonly revenue: string | null;
};

export async function sumsOfFiles(
  database: Database,
  mart: MartName,
  files: PartOfRun['files'],
): Promise<Sums> {
  const revenue = mart === 'user_outcomes' ? 'coalesce(sum(revenue), 0)::DECIMAL(38,2)' : 'null';
  return database.row<Sums>(
    `SELECT count(*)::VARCHAR AS rows, CAST(${revenue} AS VARCHAR) AS revenue FROM ${parquet(files[mart])}`,
  );
}

/** That a table holds what its parts' files did. */
export async function checkTable(client: pg.Client, mart: MartName, runId: string): Promise<void> {
  const table = partitionOf(mart, runId);
  const revenue = mart === 'user_outcomes' ? 'coalesce(sum(revenue), 0)::numeric(38,2)::text' : 'null';
  const { rows } = await client.query<Sums>(
    `select count(*)::text as rows, ${revenue} as revenue from ${table}`,
  );
  const { rows: copied } = await client.query<Sums>(
    'select sum(rows)::text as rows, sum(revenue)::text as revenue from loaded_part where run_id = $1 and mart = $2',
    [runId, mart],
  );
  requireSame(runId, table, rows[0], copied[0]);
}

/** That a run which is there is what its files say: of its own part each part asks, of all of them the first one. */
export async function checkLoaded(
  client: pg.Client,
  { runId, part }: PartOfRun,
  sums: Readonly<Record<MartName, Sums>>,
): Promise<void> {
  for (const mart of martNames) {
    const { rows } = await client.query<Sums>(
      'select rows::text, revenue::text from loaded_part where run_id = $1 and mart = $2 and part = $3',
      [runId, mart, part],
    );
    requireSame(runId, partitionOf(mart, runId), rows[0], sums[mart]);
    if (part === 0) await checkTable(client, mart, runId);
  }
}

function requireSame(
  runId: string,
  table: string,
  loaded: Sums | undefined,
  expected: Sums | undefined,
): void {
  if (loaded !== undefined && loaded.rows === expected?.rows && loaded.revenue === expected.revenue) return;
  throw new DataError({
    what: `the database holds ${describe(loaded)}, the files ${describe(expected)}`,
    where: table,
    remedy: `Run it again: ./ecom retry ${runId}`,
  });
}

function describe(sums: Sums | undefined): string {
  if (sums === undefined) return 'nothing';
  return sums.revenue === null ? `${sums.rows} rows` : `${sums.rows} rows with revenue ${sums.revenue}`;
}

/** Every exposed user has outcomes, and nobody else. */
export async function checkSameUsers(database: Database, { runId, files }: PartOfRun): Promise<void> {
  const { users } = await database.row<{ users: string }>(
    `SELECT count(*)::VARCHAR AS users
     FROM ${parquet(files.user_exposure)} AS exposure
     FULL JOIN ${parquet(files.user_outcomes)} AS outcomes USING (experiment_id, user_id)
     WHERE exposure.variant IS DISTINCT FROM outcomes.variant`,
  );
  if (users === '0') return;
  throw new DataError({
    what: `${users} users are in one of the marts only, or in two variants`,
    where: martNames.map((mart) => partitionOf(mart, runId)).join(', '),
    remedy: 'This is a mistake of the pipeline, not of the data: please report it with the run id',
  });
}
