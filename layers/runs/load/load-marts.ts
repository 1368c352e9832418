import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '../../platform/duckdb.ts';
import { DataError } from '../../platform/errors.ts';
import { isGone, transaction } from '../../platform/postgres.ts';
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

/** Opens one more session on the database that the run is loaded into. */
export type OpenAnother = <Answer>(work: (client: pg.Client) => Promise<Answer>) => Promise<Answer>;

const megabyte = 1 << 20;

/**
 * Copies a run's marts side by side into tables of their own, checks them against the Parquet files and makes them
 * partitions in one transaction: the run is in the marts as a whole or not at all. Nobody sees it through the views before
 * it is published. A run that is there already is checked only.
 * @param client holds the run's lock until its session ends
 * @param another for each of the tables
 * @param folder for temporary files
 * @throws DataError when the database holds anything else than the files
 */
export async function loadMarts(
  client: pg.Client,
  another: OpenAnother,
  database: Database,
  run: MartsOfRun,
  folder: string,
): Promise<LoadResult> {
  const { runId } = run;
  await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [lockOf(runId)]);
  const { rowCount } = await client.query('select from run where run_id = $1', [runId]);
  const tables =
    rowCount === 0
      ? await fillTables(client, another, database, run, folder)
      : await inOrder(martNames, (mart) => verify(client, database, mart, run));
  return { tables, variants: await variantSplit(client, runId) };
}

const lockOf = (runId: string) => `ecom load ${runId}`;

type LoadedTable = LoadResult['tables'][number];

async function fillTables(
  client: pg.Client,
  another: OpenAnother,
  database: Database,
  run: MartsOfRun,
  folder: string,
): Promise<LoadedTable[]> {
  await dropLeftTables(client);
  try {
    const work = martNames.map((mart) =>
      another((session) => transaction(session, () => fillTable(session, database, mart, run, folder))),
    );
    // All of them have to end before the tables can be dropped.
    const settled = await Promise.allSettled([...work, verifySameUsers(database, run)]);
    const failure = settled.find((one) => one.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    await transaction(client, () => attach(client, run));
    return await Promise.all(work);
  } catch (error) {
    await dropTables(client, run.runId, error);
    throw error;
  }
}

/** Drops what loads that were killed left: tables of no mart, of a run that nobody is loading. */
async function dropLeftTables(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ run_id: string }>(
    `select distinct right(relname, 16) as run_id
     from pg_class
     where relkind = 'r' and not relispartition
       and relnamespace = (select relnamespace from pg_class where oid = 'user_exposure'::regclass)
       and relname ~ '^(${martNames.join('|')})_[0-9a-f]{16}$'`,
  );
  for (const { run_id: runId } of rows) {
    const locked = await client.query<{ free: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as free',
      [lockOf(runId)],
    );
    if (!locked.rows[0]?.free) continue;
    await client.query(`drop table if exists ${tablesOf(runId)}`);
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [lockOf(runId)]);
  }
}

/** Where the connection is gone, the next load drops them. */
async function dropTables(client: pg.Client, runId: string, reason: unknown): Promise<void> {
  try {
    await client.query(`drop table if exists ${tablesOf(runId)}`);
  } catch (error) {
    if (!isGone(error)) throw new AggregateError([reason, error], 'half a run stays behind');
  }
}

function tablesOf(runId: string): string {
  return martNames.map((mart) => partitionOf(mart, runId)).join(', ');
}

async function inOrder<Item, Answer>(
  items: readonly Item[],
  action: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const item of items) answers.push(await action(item));
  return answers;
}

/** Sends CSV (as PostgreSQL and DuckDB both understand it) into a table. */
export async function copyCsv(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  source: Readable,
): Promise<void> {
  // Frozen: nobody has to visit the rows again to find them valid. It takes a table made in the same transaction.
  const copy = copyFrom(`copy ${table} (${columns.join(', ')}) from stdin (format csv, freeze)`, {
    highWaterMark: megabyte,
  });
  await pipeline(source, client.query(copy));
}

/** The rows of a query as CSV: what DuckDB has written of `file` so far is read while it writes the rest. */
async function* csvOf(database: Database, query: string, file: string): AsyncGenerator<Buffer> {
  await writeFile(file, '');
  await using written = await open(file);
  let isWhole = false;
  const writing = database
    .run(`COPY (${query}) TO ${literal(file)} (FORMAT csv, HEADER false, USE_TMP_FILE false)`)
    .finally(() => {
      isWhole = true;
    });
  // Whoever stops reading must not leave a rejection that nobody hears of.
  writing.catch(() => {});
  for (;;) {
    const wasWhole = isWhole;
    const { bytesRead, buffer } = await written.read(Buffer.allocUnsafe(megabyte));
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
    else if (wasWhole) break;
    else await Promise.race([writing, sleep(5)]);
  }
  await writing;
}

async function fillTable(
  client: pg.Client,
  database: Database,
  mart: MartName,
  run: MartsOfRun,
  folder: string,
): Promise<LoadedTable> {
  const { runId, files } = run;
  const described = await database.query<{ column_name: string }>(
    `DESCRIBE SELECT * FROM ${parquet(files[mart])}`,
  );
  const present = described.map(({ column_name }) => column_name);
  const table = partitionOf(mart, runId);
  // The check is what spares ATTACH the scan of all rows.
  await client.query(
    `create table ${table} (like ${mart}, check (run_id = '${runId}'));
     alter table ${table} alter column run_id set default '${runId}'`,
  );
  const csv = csvOf(database, projection(mart, files[mart], present), path.join(folder, `${mart}.csv`));
  await copyCsv(client, table, columnList(mart), Readable.from(csv, { objectMode: false }));
  await addKey(client, table);
  // What queries join and group by; autovacuum looks at the rest in its own time.
  await client.query(`analyze ${table} (experiment_id, user_id, variant)`);
  return verify(client, database, mart, run);
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
): Promise<LoadedTable> {
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
async function verifySameUsers(database: Database, { runId, files }: MartsOfRun): Promise<void> {
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
