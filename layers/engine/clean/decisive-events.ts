import type { EventFate, EventRows } from '../../data/row-counts.ts';
import { decisiveEvents, rowsOfEvent } from '../../experiment/config.ts';
import type { CleanConfig } from '../../experiment/config-slices.ts';
import type { Database } from '../../platform/duckdb.ts';
import { literal } from '../../platform/sql.ts';

/**
 * What became of the bucket's events that outcomes and exposures are made of.
 * @param accepted clean events by name
 * @param quarantine file of the events that `clean` set aside, if there are any
 */
export async function countDecisiveEvents(
  db: Database,
  config: CleanConfig,
  accepted: readonly EventRows[],
  quarantine: string | undefined,
): Promise<EventFate[]> {
  const quarantined = quarantine === undefined ? [] : await countQuarantined(db, quarantine);
  return decisiveEvents(config).map((event) => ({
    event,
    accepted: rowsOfEvent(event, accepted, config),
    quarantined: rowsOfEvent(event, quarantined, config),
  }));
}

async function countQuarantined(db: Database, file: string): Promise<EventRows[]> {
  const counts = await db.query<{ event: string; rows: string }>(
    `SELECT json_extract_string(raw, '$.event_name') AS event, count(*) AS rows
     FROM read_parquet(${literal(file)}) WHERE event IS NOT NULL GROUP BY event`,
  );
  return counts.map(({ event, rows }) => ({ event, rows: Number(rows) }));
}
