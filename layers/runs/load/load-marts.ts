import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { cell, type Database } from '../../platform/duckdb.ts';
import { DataError, TransientError } from '../../platform/errors.ts';
import { isGone, transaction } from '../../platform/postgres.ts';
import { literal } from '../../platform/sql.ts';
import type { LoadResult } from '../documents.ts';
import { type MartName, martNames, partitionOf } from '../mart-tables.ts';
import type { RunOrder } from '../run-order.ts';
import { columnList, parquet, projection } from './columns.ts';

/** One of the parts that a run is loaded in: the users of a bucket. */
export interface PartOfRun extends RunOrder {
  readonly runId: string;
  readonly drop: string;
  readonly part: number;
  readonly parts: number;
  /** Local Parquet files of each mart. */
  readonly files: Readonly<Record<MartName, readonly string[]>>;
}

/** Opens one more session on the database that the run is loaded into. */
export type OpenAnother = <Answer>(work: (client: pg.Client) => Promise<Answer>) => Promise<Answer>;

const megabyte = 1 << 20;

/** Rows of a mart, and the revenue of those that have one as a decimal string. */
type Sums = {
  readonly rows: string;
  readonly revenue: string | null;
};

/**
 * Copies a part of a run's marts side by side into the run's tables, which are no part of the marts. The part that is the
 * last one to be there, whichever it is, gives them their keys, checks them against what the parts' files hold and makes
 * them partitions in one transaction: the run is in the marts as a whole or not at all. Nobody sees it through the views
 * before it is published. A run that is there already is checked only.
 * @param client is on the database as long as the part is at work
 * @param another for each of the tables
 * @param folder for temporary files
 * @returns what the part's files hold
 * @throws DataError when the database holds anything else than the files
 */
export async function loadPart(
  client: pg.Client,
  another: OpenAnother,
  database: Database,
  part: PartOfRun,
  folder: string,
): Promise<LoadResult> {
  const { runId, files } = part;
  await client.query('select pg_advisory_lock_shared(hashtextextended($1, 0))', [atWork(runId)]);
  const sums = {
    user_exposure: await sumsOfFiles(database, 'user_exposure', files),
    user_outcomes: await sumsOfFiles(database, 'user_outcomes', files),
  };
  if (await isLoaded(client, runId)) await checkLoaded(client, part, sums);
  else {
    if (part.part === 0) await dropLeftTables(client, runId);
    await forgetTaken(client, runId);
    await copyPart(client, another, database, part, sums, folder);
    await complete(client, another, part);
  }
  return {
    tables: martNames.map((mart) => ({
      table: partitionOf(mart, runId),
      rows: Number(sums[mart].rows),
      revenue: sums[mart].revenue,
    })),
    variants: await variantSplit(database, files),
  };
}

/** Held by every session that a part of the run is loaded by: whoever gets it alone knows that nobody does. */
const atWork = (runId: string) => `ecom load ${runId}`;

async function isLoaded(client: pg.Client, runId: string): Promise<boolean> {
  const { rowCount } = await client.query('select from run where run_id = $1', [runId]);
  return rowCount === 1;
}

/**
 * Drops what loads that were killed left: tables of no mart, of a run that nobody is loading. Where parts of a run are there
 * the next one may be about to begin, for as long as a run may take (cdk/state-machine.ts).
 */
async function dropLeftTables(client: pg.Client, own: string): Promise<void> {
  for (const runId of await leftRuns(client)) {
    if (runId === own) continue;
    const locked = await client.query<{ free: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as free',
      [atWork(runId)],
    );
    if (!locked.rows[0]?.free) continue;
    // Whoever had it when it was listed may have completed it since.
    if ((await leftRuns(client)).includes(runId)) await forget(client, runId);
    await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [atWork(runId)]);
  }
}

async function leftRuns(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ run_id: string }>(
    `select distinct right(relname, 16) as run_id
     from pg_class
     where relkind = 'r' and not relispartition
       and relnamespace = (select relnamespace from pg_class where oid = 'user_exposure'::regclass)
       and relname ~ '^(${martNames.join('|')})_[0-9a-f]{16}$'
       and not exists (
         select from loaded_part where run_id = right(relname, 16) and copied_at > now() - interval '12 hours'
       )`,
  );
  return rows.map(({ run_id }) => run_id);
}

/** Forgets what was copied into tables that somebody has dropped since. */
async function forgetTaken(client: pg.Client, runId: string): Promise<void> {
  await client.query(
    `delete from loaded_part where run_id = $1 and to_regclass(mart || '_' || run_id) is null`,
    [runId],
  );
}

/** Removes the run's tables, which are no partitions, and what was copied into them. */
async function forget(client: pg.Client, runId: string): Promise<void> {
  await transaction(client, async () => {
    await client.query(
      `drop table if exists ${martNames.map((mart) => partitionOf(mart, runId)).join(', ')}`,
    );
    await client.query('delete from loaded_part where run_id = $1', [runId]);
  });
}

async function copyPart(
  client: pg.Client,
  another: OpenAnother,
  database: Database,
  part: PartOfRun,
  sums: Readonly<Record<MartName, Sums>>,
  folder: string,
): Promise<void> {
  if (part.parts > 1) await createTables(client, part.runId);
  const checked = checkSameUsers(database, part);
  const work = martNames.map((mart) =>
    another((session) =>
      transaction(session, async () => {
        if (!(await record(session, part, mart, sums[mart]))) return;
        if (part.parts === 1) await createTable(session, mart, part.runId);
        await copyMart(session, database, mart, part, folder);
        await checked;
      }),
    ),
  );
  // All of them have to end before anybody may be told.
  const settled = await Promise.allSettled([...work, checked]);
  const failure = settled.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Returns false where the part is there already. Waits for another one who is about to copy the same. */
async function record(
  client: pg.Client,
  { runId, part }: PartOfRun,
  mart: MartName,
  { rows, revenue }: Sums,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into loaded_part (run_id, mart, part, rows, revenue) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [runId, mart, part, rows, revenue],
  );
  return rowCount === 1;
}

/** The tables that several parts copy into, unless they are there. */
async function createTables(client: pg.Client, runId: string): Promise<void> {
  await transaction(client, async () => {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`ecom tables ${runId}`]);
    for (const mart of martNames) {
      const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
        partitionOf(mart, runId),
      ]);
      if (!rows[0]?.there) await createTable(client, mart, runId);
    }
  });
}

async function createTable(client: pg.Client, mart: MartName, runId: string): Promise<void> {
  const table = partitionOf(mart, runId);
  // The check is what spares ATTACH the scan of all rows. It belongs to whom the mart does, not to the login of the day.
  await client.query(
    `drop table if exists ${table};
     create table ${table} (like ${mart}, check (run_id = '${runId}'));
     alter table ${table} alter column run_id set default '${runId}';
     do $$ begin
       execute format('alter table %I owner to %I', '${table}',
         (select pg_get_userbyid(relowner) from pg_class where oid = '${mart}'::regclass));
     end $$`,
  );
}

async function copyMart(
  client: pg.Client,
  database: Database,
  mart: MartName,
  { runId, parts, files }: PartOfRun,
  folder: string,
): Promise<void> {
  const described = await database.query<{ column_name: string }>(
    `DESCRIBE SELECT * FROM ${parquet(files[mart])}`,
  );
  const present = described.map(({ column_name }) => column_name);
  const csv = csvOf(database, projection(mart, files[mart], present), path.join(folder, `${mart}.csv`));
  await copyCsv(
    client,
    partitionOf(mart, runId),
    columnList(mart),
    Readable.from(csv, { objectMode: false }),
    {
      isNew: parts === 1,
    },
  );
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

/**
 * Sends CSV (as PostgreSQL and DuckDB both understand it) into a table.
 * @param isNew whether the table was made in the same transaction: then nobody has to visit the rows again to find them valid
 */
export async function copyCsv(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  source: Readable,
  { isNew }: { readonly isNew: boolean },
): Promise<void> {
  const copy = copyFrom(
    `copy ${table} (${columns.join(', ')}) from stdin (format csv${isNew ? ', freeze' : ''})`,
    { highWaterMark: megabyte },
  );
  await pipeline(source, client.query(copy));
}

/**
 * Makes the tables partitions where all parts are there; else the part that comes last does. What fails as it would again is
 * forgotten, so that a retry copies anew.
 */
async function complete(client: pg.Client, another: OpenAnother, run: PartOfRun): Promise<void> {
  const { runId, parts } = run;
  // Whoever has it may be adding keys, which takes longer than one waits for other locks.
  await client.query('set lock_timeout to 0');
  await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`ecom attach ${runId}`]);
  await client.query('reset lock_timeout');
  if (await isLoaded(client, runId)) return;
  const { rows } = await client.query<{ copied: number }>(
    'select count(*)::integer as copied from loaded_part where run_id = $1',
    [runId],
  );
  if (rows[0]?.copied !== martNames.length * parts) return;
  try {
    const settled = await Promise.allSettled(
      martNames.map((mart) =>
        another((session) => transaction(session, () => completeTable(session, mart, runId))),
      ),
    );
    const failure = settled.find((one) => one.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    await transaction(client, () => attach(client, run));
  } catch (error) {
    if (!(error instanceof TransientError || isGone(error))) await forgetAfter(error, client, runId);
    throw error;
  }
}

async function forgetAfter(reason: unknown, client: pg.Client, runId: string): Promise<void> {
  try {
    await forget(client, runId);
  } catch (error) {
    if (!isGone(error)) throw new AggregateError([reason, error], 'half a run stays behind');
  }
}

async function completeTable(client: pg.Client, mart: MartName, runId: string): Promise<void> {
  const table = partitionOf(mart, runId);
  await addKey(client, table);
  // What queries join and group by; autovacuum looks at the rest in its own time.
  await client.query(`analyze ${table} (experiment_id, user_id, variant)`);
  await checkTable(client, mart, runId);
}

/** The key comes after the rows: that is two to three times faster. */
async function addKey(client: pg.Client, table: string): Promise<void> {
  const { rowCount } = await client.query(
    `select from pg_constraint where conrelid = $1::regclass and contype = 'p'`,
    [table],
  );
  if (rowCount === 1) return;
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

/** That a table holds what its parts' files did. */
async function checkTable(client: pg.Client, mart: MartName, runId: string): Promise<void> {
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
async function checkLoaded(
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

async function sumsOfFiles(database: Database, mart: MartName, files: PartOfRun['files']): Promise<Sums> {
  const revenue = mart === 'user_outcomes' ? 'coalesce(sum(revenue), 0)::DECIMAL(38,2)' : 'null';
  return database.row<Sums>(
    `SELECT count(*)::VARCHAR AS rows, CAST(${revenue} AS VARCHAR) AS revenue FROM ${parquet(files[mart])}`,
  );
}

/** Every exposed user has outcomes, and nobody else. */
async function checkSameUsers(database: Database, { runId, files }: PartOfRun): Promise<void> {
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

/**
 * From here on the rows belong to the marts' tables. Not together with the publication: a query that was planned before
 * and takes its snapshot after such a transaction knows the new run, but not its partition, and finds nothing.
 */
async function attach(client: pg.Client, { runId, drop, inputsAsOf, startedAt }: PartOfRun): Promise<void> {
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

async function variantSplit(database: Database, files: PartOfRun['files']): Promise<LoadResult['variants']> {
  return database.select(
    `SELECT experiment_id AS "experimentId", variant, count(*) AS users
     FROM ${parquet(files.user_exposure)}
     GROUP BY experiment_id, variant
     ORDER BY experiment_id, variant`,
    { experimentId: cell.text, variant: cell.text, users: cell.count },
  );
}
