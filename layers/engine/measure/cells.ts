import { adjustedCellEvents, type ExperimentMeasurement } from '../../experiment/measurements.ts';
import { preEvents, prePurchased } from '../../experiment/metrics.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal } from '../../platform/sql.ts';

/** Users by what they did in the window: the cells of the original's logit. */
export async function readLogitCells(
  db: Database,
  experimentId: string,
): Promise<ExperimentMeasurement['logitCells']> {
  const rows = await db.query<Record<'variant' | 'eventsInWindow' | 'users' | 'purchased', string>>(`
    SELECT variant, events_in_window AS "eventsInWindow", count(*) AS users, sum(purchased) AS purchased
    FROM users WHERE analysed AND experiment_id = ${literal(experimentId)}
    GROUP BY ALL ORDER BY ALL`);
  return rows.map(({ variant, eventsInWindow, users, purchased }) => ({
    variant,
    eventsInWindow: Number(eventsInWindow),
    users: Number(users),
    purchased: Number(purchased),
  }));
}

/** Users by what they did before the exposure. */
export async function readAdjustedCells(
  db: Database,
  experimentId: string,
): Promise<ExperimentMeasurement['adjustedCells']> {
  const rows = await db.query<{
    variant: string;
    preEvents: string;
    prePurchased: boolean;
    users: string;
    purchased: string;
  }>(`
    SELECT variant, least(${identifier(preEvents.column)}, ${adjustedCellEvents}) AS "preEvents",
      ${identifier(prePurchased.column)} > 0 AS "prePurchased", count(*) AS users, sum(purchased) AS purchased
    FROM users WHERE analysed AND experiment_id = ${literal(experimentId)}
    GROUP BY ALL ORDER BY ALL`);
  return rows.map(({ variant, prePurchased, ...counts }) => ({
    variant,
    preEvents: Number(counts.preEvents),
    prePurchased,
    users: Number(counts.users),
    purchased: Number(counts.purchased),
  }));
}
