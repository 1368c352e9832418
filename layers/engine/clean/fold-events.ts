import type { Config } from '../../experiment/config.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier } from '../../platform/sql.ts';

/** Columns without a value of which nothing tells that two events are one. */
const telling = ['revenue', 'order_id'];

/** Drops the bucket's events that repeat an earlier one in these columns, as `dedupe` drops exact repeats. To be called after it. */
export async function foldEvents(db: Database, columns: Config['dedupe']['events']): Promise<void> {
  if (columns.length === 0) return;
  const required = columns
    .filter((column) => telling.includes(column))
    .map((column) => `${column} IS NOT NULL`);
  await db.run(`
    INSERT INTO events_dropped
    SELECT _row, 'duplicate', NULL
    FROM (
      SELECT _row, row_number() OVER (PARTITION BY ${columns.map(comparedAs).join(', ')} ORDER BY _row) AS occurrence
      FROM kept_events
      WHERE ${['_user IS NOT NULL', ...required].join(' AND ')}
    )
    WHERE occurrence > 1;
    CREATE OR REPLACE VIEW kept_events AS FROM own_events ANTI JOIN events_dropped USING (_row)`);
}

/** The user may be that of the session, the name an alias, and of the same moment are events of one second. */
function comparedAs(column: string): string {
  if (column === 'user_id') return '_user';
  if (column === 'event_name') return '_name';
  return column === 'event_ts' ? "date_trunc('second', event_ts)" : identifier(column);
}
