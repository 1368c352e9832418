import { adjustedCellEvents, type ExperimentMeasurement } from '../../experiment/measurements.ts';
import { preEvents, prePurchased } from '../../experiment/metrics.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { identifier, literal } from '../../platform/sql.ts';

/** Users by what they did in the window: the cells of the original's logit. */
export async function readLogitCells(
  db: Database,
  experimentId: string,
): Promise<ExperimentMeasurement['logitCells']> {
  return db.select(
    `SELECT variant, events_in_window AS "eventsInWindow", count(*) AS users, sum(purchased) AS purchased
    FROM users WHERE analysed AND experiment_id = ${literal(experimentId)}
    GROUP BY ALL ORDER BY ALL`,
    { variant: cell.text, eventsInWindow: cell.count, users: cell.count, purchased: cell.count },
  );
}

/** Users by what they did before the exposure. */
export async function readAdjustedCells(
  db: Database,
  experimentId: string,
): Promise<ExperimentMeasurement['adjustedCells']> {
  return db.select(
    `SELECT variant, least(${identifier(preEvents.column)}, ${adjustedCellEvents}) AS "preEvents",
      ${identifier(prePurchased.column)} > 0 AS "prePurchased", count(*) AS users, sum(purchased) AS purchased
    FROM users WHERE analysed AND experiment_id = ${literal(experimentId)}
    GROUP BY ALL ORDER BY ALL`,
    {
      variant: cell.text,
      preEvents: cell.count,
      prePurchased: cell.flag,
      users: cell.count,
      purchased: cell.count,
    },
  );
}
