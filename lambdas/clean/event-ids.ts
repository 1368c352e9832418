import path from 'node:path';
import type { Database } from '../../layers/storage/duckdb.ts';
import { literal } from '../../layers/storage/sql.ts';

/** As many ids as one function compares without effort. */
const SAMPLED_IDS = 2_000_000;

/**
 * Writes a sample of the accepted events' ids, the same one of every thousand (or so) in each bucket: a bucket sees its
 * own events only, and an id that users of different buckets share shows when the samples are put together. All ids
 * where the run has few.
 * @param events accepted by `stage`, of all buckets
 * @returns the Parquet file and its rows
 */
export async function sampleEventIds(
  db: Database,
  folder: string,
  events: number,
): Promise<{ file: string; rows: number }> {
  const file = path.join(folder, 'event-ids.parquet');
  const { Count } = await db.row<{ Count: string }>(`
    COPY (SELECT event_id FROM accepted_events WHERE hash(event_id) % ${Math.ceil(Math.max(1, events) / SAMPLED_IDS)} = 0)
    TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`);
  return { file, rows: Number(Count) };
}
