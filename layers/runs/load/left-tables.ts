import type pg from 'pg';
import { transaction } from '../../platform/postgres.ts';
import { martNames, partitionOf } from '../mart-tables.ts';

/** Held by every session that a part of the run is loaded by: whoever gets it alone knows that nobody does. */
export const atWork = (runId: string) => `ecom load ${runId}`;

/**
 * Drops what loads that were killed left: tables of no mart, of a run that nobody is loading. Where parts of a run are there
 * the next one may be about to begin, for as long as a run may take (cdk/state-machine.ts).
 */
export async function dropLeftTables(client: pg.Client, own: string): Promise<void> {
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
export async function forgetTaken(client: pg.Client, runId: string): Promise<void> {
  await client.query(
    `delete from loaded_part where run_id = $1 and to_regclass(mart || '_' || run_id) is null`,
    [runId],
  );
}

/** Removes the run's tables, which are no partitions, and what was copied into them. */
export async function forget(client: pg.Client, runId: string): Promise<void> {
  await transaction(client, async () => {
    await client.query(
      `drop table if exists ${martNames.map((mart) => partitionOf(mart, runId)).join(', ')}`,
    );
    await client.query('delete from loaded_part where run_id = $1', [runId]);
  });
}
