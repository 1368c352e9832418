import { type Config, decisiveEvents, rowsOfEvent } from '../../layers/contracts/config.ts';
import type { EventFate } from '../../layers/contracts/run-documents.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { literalList } from '../../layers/storage/sql.ts';

/**
 * What became of the bucket's events that outcomes and exposures are made of.
 * @param files `accepted`: clean events; `quarantined`: events that `clean` set aside
 */
export async function countDecisiveEvents(
  db: Database,
  config: Config,
  files: { readonly accepted: readonly string[]; readonly quarantined: readonly string[] },
): Promise<EventFate[]> {
  const accepted = await countByName(db, 'event_name', files.accepted);
  const quarantined = await countByName(db, `json_extract_string(raw, '$.event_name')`, files.quarantined);
  return decisiveEvents(config).map((event) => ({
    event,
    accepted: rowsOfEvent(event, accepted, config),
    quarantined: rowsOfEvent(event, quarantined, config),
  }));
}

async function countByName(
  db: Database,
  name: string,
  files: readonly string[],
): Promise<{ event: string; rows: number }[]> {
  if (files.length === 0) return [];
  const counts = await db.query<{ event: string; rows: string }>(
    `SELECT ${name} AS event, count(*) AS rows
     FROM read_parquet(${literalList(files)}, hive_partitioning = false) WHERE event IS NOT NULL GROUP BY event`,
  );
  return counts.map(({ event, rows }) => ({ event, rows: Number(rows) }));
}
