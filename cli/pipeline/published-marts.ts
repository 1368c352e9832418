import pg from 'pg';
import { describeFault, PipelineError } from '../../layers/platform/errors.ts';
import { searchPath } from '../../layers/platform/postgres.ts';

/** What the views in Postgres show of a run: one row for each arm. */
export interface PublishedArm {
  readonly experimentId: string;
  readonly variant: string;
  readonly users: number;
  readonly purchasers: number;
  /** Decimal string. */
  readonly revenue: string;
}

/** Either the arms (none where the run is not the one its drop shows), or why Postgres does not say. */
export type PublishedMarts = { readonly arms: readonly PublishedArm[] } | { readonly problem: string };

/** @param databaseUrl finds the database; where it throws, that is the problem */
export async function readPublishedMarts(
  databaseUrl: () => Promise<string>,
  { drop, runId }: { readonly drop: string; readonly runId: string },
): Promise<PublishedMarts> {
  try {
    return await readFrom(await databaseUrl(), { drop, runId });
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return { problem: describeFault(error.fault) };
  }
}

async function readFrom(
  connectionString: string,
  { drop, runId }: { readonly drop: string; readonly runId: string },
): Promise<PublishedMarts> {
  const client = new pg.Client({
    connectionString,
    application_name: 'ecom ui',
    options: `-c search_path=${searchPath}`,
    connectionTimeoutMillis: 3000,
    query_timeout: 5000,
  });
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, string>>(
      `SELECT experiment_id, variant, count(*) AS users, coalesce(sum(purchased), 0) AS purchasers,
         coalesce(sum(revenue), 0) AS revenue
       FROM mart_user_outcomes WHERE drop_name = $1 AND run_id = $2 GROUP BY experiment_id, variant ORDER BY experiment_id, variant`,
      [drop, runId],
    );
    return {
      arms: rows.map((row) => ({
        experimentId: row.experiment_id ?? '',
        variant: row.variant ?? '',
        users: Number(row.users),
        purchasers: Number(row.purchasers),
        revenue: row.revenue ?? '0',
      })),
    };
  } catch (error) {
    return { problem: `the database does not answer: ${error instanceof Error ? error.message : error}` };
  } finally {
    await client.end();
  }
}
