import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { EventRows } from '../../data/row-counts.ts';
import type { Config } from '../../experiment/config.ts';
import type { Database } from '../../platform/duckdb.ts';
import { DataError } from '../../platform/errors.ts';
import { literal, renderSql, timestamp } from '../../platform/sql.ts';
import eventsCleanSql from './events-clean.sql';

/** Clean events of one day. */
export interface DayFile {
  readonly dt: string;
  readonly file: string;
  readonly rows: number;
}

export interface CleanEvents {
  readonly days: readonly DayFile[];
  /** Currencies in use, at most `currencyLimit`. */
  readonly currencies: readonly string[];
  readonly latestEventTs: string | null;
  /** Rows of each name, by the alphabet. */
  readonly names: readonly EventRows[];
}

/**
 * Up to so many days the writer keeps a file open for each; more days are sorted first, so that each day is written
 * once and whole (365 unsorted days gave thousands of files of a few rows).
 */
const openDays = 40;
const currencyLimit = 10;

/**
 * Writes the rows of `accepted_events` as one Parquet file per day.
 * @param options `accepted`: how many rows there are; `newestInput`: when the newest file was uploaded. Events a day later and more
 *   (zones differ) do not tell up to when the data are complete, unless all are
 * @throws DataError where another number of events was written
 */
export async function writeEvents(
  db: Database,
  options: {
    readonly config: Pick<Config, 'events'>;
    readonly folder: string;
    readonly accepted: number;
    readonly newestInput: string;
  },
): Promise<CleanEvents> {
  const { config, folder, accepted, newestInput } = options;
  if (accepted === 0) return { days: [], currencies: [], latestEventTs: null, names: [] };
  const root = path.join(folder, 'events_clean');
  const { days } = await db.row<{ days: string }>(
    `SELECT date_diff('day', min(event_ts), max(event_ts)) AS days FROM own_events`,
  );
  const select = renderSql(eventsCleanSql, {
    purchase: literal(config.events.purchase),
    refund: literal(config.events.refund),
    order: Number(days) < openDays ? '' : 'ORDER BY e.event_ts, e.event_id',
  });
  await db.run(`
    COPY (${select}) TO ${literal(root)}
    (FORMAT parquet, PARTITION_BY (dt), COMPRESSION snappy, PARQUET_VERSION v2)`);
  const files = `${root}/*/*.parquet`;
  const rows = await db.query<{ dt: string; n: string }>(`
    SELECT dt, count(*) AS n
    FROM read_parquet(${literal(files)}, hive_partitioning = true, hive_types_autocast = false)
    GROUP BY dt ORDER BY dt`);
  const total = rows.reduce((sum, { n }) => sum + Number(n), 0);
  if (total !== accepted) {
    throw new DataError({
      what: `${accepted} events were accepted, but ${total} were written`,
      where: 'events_clean',
      remedy: 'Report this as a bug with the files',
    });
  }
  const summary = await db.row<{ latest: string | null }>(
    `SELECT strftime(coalesce(max(event_ts) FILTER (event_ts <= ${timestamp(newestInput)} + INTERVAL 1 DAY), max(event_ts)),
       '%Y-%m-%dT%H:%M:%S.%gZ') AS latest FROM read_parquet(${literal(files)})`,
  );
  const currencies = await db.query<{ currency: string }>(`
    SELECT DISTINCT currency FROM read_parquet(${literal(files)})
    WHERE currency IS NOT NULL ORDER BY currency LIMIT ${currencyLimit}`);
  const names = await db.query<{ event: string; rows: string }>(`
    SELECT event_name AS event, count(*) AS rows FROM read_parquet(${literal(files)})
    GROUP BY event_name ORDER BY event_name`);
  const written: DayFile[] = [];
  for (const { dt, n } of rows) written.push({ dt, file: await onlyFile(db, root, dt), rows: Number(n) });
  return {
    days: written,
    currencies: currencies.map((row) => row.currency),
    latestEventTs: summary.latest,
    names: names.map(({ event, rows: found }) => ({ event, rows: Number(found) })),
  };
}

/** The file of a day; several, which the writer made because it had too many open, become one. */
async function onlyFile(db: Database, root: string, dt: string): Promise<string> {
  const folder = path.join(root, `dt=${dt}`);
  const names = await readdir(folder);
  const [name] = names;
  if (names.length === 1 && name !== undefined) return path.join(folder, name);
  const merged = path.join(root, `${dt}.parquet`);
  await db.run(`
    COPY (FROM read_parquet(${literal(`${folder}/*.parquet`)}, hive_partitioning = false))
    TO ${literal(merged)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)`);
  return merged;
}
