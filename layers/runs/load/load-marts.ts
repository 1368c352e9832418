import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '../../platform/duckdb.ts';
import { DataError } from '../../platform/errors.ts';
import { transaction } from '../../platform/postgres.ts';
import { literal } from '../../platform/sql.ts';
import type { LoadResult } from '../documents.ts';
import { type MartName, martNames, partitionOf } from '../mart-tables.ts';
import type { RunOrder } from '../run-order.ts';
import { columnList, parquet, projection } from './columns.ts';

export interface MartsOfRun extends RunOrder {
  readonly runId: string;
  readonly drop: string;
  /** Local Parquet files of each mart. */
  readonly files: Readonly<Record<MartName, readonly string[]>>;
}

const megabyte = 1 << 20;

/**
 * Copies a run's marts into partitions of their own and checks them against the Parquet files, in one transaction: the
 * run is in the database as a whole or not at all. Nobody sees it through the views before it is published. A run that
 * is there already is checked only.
 * @param folder for temporary files
 * @throws DataError when the database holds anything else than the files
 */
export async function loadMarts(
  client: pg.Client,
  database: Database,
  run: MartsOfRun,
  folder: string,
): Promise<LoadResult> {
  return transaction(client, async () => {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`ecom load ${run.runId}`]);
    const { rowCount } = await client.query('select from run where run_id = $1', [run.runId]);
    const isNew = rowCount === 0;
    if (isNew) {
      for (const mart of martNames) await fillPartition(client, database, mart, run, folder);
    }
    const tables: LoadResult['tables'] = [];
    for (const mart of martNames) tables.push(await verify(client, database, mart, run));
    if (isNew) {
      await verifySameUsers(client, run.runId);
      await attach(client, run);
    }
    return { tables, variants: await variantSplit(client, run.runId) };
  });
}

/** Sends CSV (as PostgreSQL and DuckDB both understand it) into a table. */
export async function copyCsv(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  source: Readable,
): Promise<void> {
  const copy = copyFrom(`copy ${table} (${columns.join(', ')}) from stdin (format csv)`, {
    highWaterMark: megabyte,
  });
  await pipeline(source, client.query(copy));
}

async function fillPartition(
  client: pg.Client,
  database: Database,
  mart: MartName,
  { runId, files }: MartsOfRun,
  folder: string,
): Promise<void> {
  const described = await database.query<{ column_name: string }>(
    `DESCRIBE SELECT * FROM ${parquet(files[mart])}`,
  );
  const present = described.map(({ column_name }) => column_name);
  const csv = path.join(folder, `${mart}.csv`);
  await database.run(
    `COPY (${projection(mart, files[mart], present)}) TO ${literal(csv)} (FORMAT csv, HEADER false)`,
  );

  const table = partitionOf(mart, runId);
  // The check is what spares ATTACH the scan of all rows.
  await client.query(
    `drop table if exists ${table};
     create table ${table} (like ${mart}, check (run_id = '${runId}'));
     alter table ${table} alter column run_id set default '${runId}'`,
  );
  await copyCsv(client, table, columnList(mart), createReadStream(csv, { highWaterMark: megabyte }));
  await addKey(client, table);
  await client.query(`analyze ${table}`);
}

/** The key comes after the rows: that is two to three times faster. */
async function addKey(client: pg.Client, table: string): Promise<void> {
  try {
    await client.query(`alter table ${table} add primary key (run_id, experiment_id, user_id)`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '23505') throw error;
    throw new DataError(
      {
        what: `a user stands twice in an experiment: ${error.detail}`,
        where: table,
        remedy: 'This is a mistake of the pipeline, not of the data: please report it with the run id',
      },
      { cause: error },
    );
  }
}

async function verify(
  client: pg.Client,
  database: Database,
  mart: MartName,
  { runId, files }: MartsOfRun,
): Promise<LoadResult['tables'][number]> {
  const table = partitionOf(mart, runId);
  const hasRevenue = mart === 'user_outcomes';
  const revenue = (type: string) => (hasRevenue ? `coalesce(sum(revenue), 0)::${type}` : 'null');
  const expected = await database.row<{ rows: string; revenue: string | null }>(
    `SELECT count(*)::VARCHAR AS rows, CAST(${revenue('DECIMAL(38,2)')} AS VARCHAR) AS revenue FROM ${parquet(files[mart])}`,
  );
  const { rows } = await client.query<{ rows: string; revenue: string | null }>(
    `select count(*)::text as rows, (${revenue('numeric(38,2)')})::text as revenue from ${table}`,
  );
  const [loaded] = rows;
  if (loaded?.rows !== expected.rows || loaded.revenue !== expected.revenue) {
    throw new DataError({
      what: `the database holds ${describe(loaded)}, the files ${describe(expected)}`,
      where: table,
      remedy: `Run it again: ./ecom retry ${runId}`,
    });
  }
  return { table, rows: Number(loaded.rows), revenue: loaded.revenue };
}

/** Every exposed user has outcomes, and nobody else. */
async function verifySameUsers(client: pg.Client, runId: string): Promise<void> {
  const [exposure, outcomes] = [partitionOf('user_exposure', runId), partitionOf('user_outcomes', runId)];
  const { rows } = await client.query<{ users: number }>(
    `select count(*)::integer as users
     from ${exposure} as exposure
     full join ${outcomes} as outcomes using (experiment_id, user_id)
     where exposure.variant is distinct from outcomes.variant`,
  );
  const users = rows[0]?.users ?? 0;
  if (users === 0) return;
  throw new DataError({
    what: `${users} users are in one of the marts only, or in two variants`,
    where: `${exposure}, ${outcomes}`,
    remedy: 'This is a mistake of the pipeline, not of the data: please report it with the run id',
  });
}

function describe(sums: { rows: string; revenue: string | null } | undefined): string {
  if (sums === undefined) return 'nothing';
  return sums.revenue === null ? `${sums.rows} rows` : `${sums.rows} rows with revenue ${sums.revenue}`;
}

/**
 * From here on the rows belong to the marts' tables. Not together with the publication: a query that was planned before
 * and takes its snapshot after such a transaction knows the new run, but not its partition, and finds nothing.
 */
async function attach(client: pg.Client, { runId, drop, inputsAsOf, startedAt }: MartsOfRun): Promise<void> {
  for (const mart of martNames) {
    await client.query(
      `alter table ${mart} attach partition ${partitionOf(mart, runId)} for values in ('${runId}')`,
    );
  }
  await client.query(
    'insert into run (run_id, drop_name, inputs_as_of, started_at) values ($1, $2, $3, $4)',
    [runId, drop, inputsAsOf, startedAt],
  );
}

async function variantSplit(client: pg.Client, runId: string): Promise<LoadResult['variants']> {
  const { rows } = await client.query<{ experimentId: string; variant: string; users: number }>(
    `select experiment_id as "experimentId", variant, count(*)::integer as users
     from ${partitionOf('user_exposure', runId)}
     group by experiment_id, variant
     order by experiment_id collate "C", variant collate "C"`,
  );
  return rows;
}
