import pg from 'pg';
import { cell, type Database } from '../../platform/duckdb.ts';
import { DataError, TransientError } from '../../platform/errors.ts';
import { isGone, transaction } from '../../platform/postgres.ts';
import type { LoadResult } from '../documents.ts';
import { type MartName, martNames, partitionOf } from '../mart-tables.ts';
import { parquet } from './columns.ts';
import { copyPart } from './copy-part.ts';
import { atWork, dropLeftTables, forget, forgetTaken } from './left-tables.ts';
import type { OpenAnother, PartOfRun } from './part.ts';
import { checkLoaded, checkTable, sumsOfFiles } from './sums.ts';

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

async function isLoaded(client: pg.Client, runId: string): Promise<boolean> {
  const { rowCount } = await client.query('select from run where run_id = $1', [runId]);
  return rowCount === 1;
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
