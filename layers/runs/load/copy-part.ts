import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '../../platform/duckdb.ts';
import { transaction } from '../../platform/postgres.ts';
import { literal } from '../../platform/sql.ts';
import { type MartName, martNames, partitionOf } from '../mart-tables.ts';
import { columnList, parquet, projection } from './columns.ts';
import type { OpenAnother, PartOfRun } from './part.ts';
import { checkSameUsers, type Sums } from './sums.ts';

const megabyte = 1 << 20;

/** Copies both marts of a part side by side into the run's tables, each in a transaction of its own; not those that are there already. */
export async function copyPart(
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
