import type { QuantileMeasurement } from '../../experiment/measurements.ts';
import type { Metric } from '../../experiment/metrics.ts';
import { otherColumns } from '../../experiment/outcome-columns.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { identifier, literal } from '../../platform/sql.ts';
import { normalCritical } from '../../statistics/distributions.ts';
import type { PairMoments } from '../../statistics/moments.ts';
import { nearestRank, quantileRanks } from '../../statistics/quantile.ts';
import { type OrderStatistics, rankValues } from './order-statistics.ts';

type QuantileArm = QuantileMeasurement['arms'][number];

/** How far out the order statistics lie that a quantile's standard error is made of. */
const z = normalCritical(0.05);

/** Quantiles of an experiment's users, or of their sessions, by arm. */
export async function readQuantiles(
  db: Database,
  experimentId: string,
  metrics: readonly Metric[],
): Promise<QuantileMeasurement[]> {
  const measured: QuantileMeasurement[] = [];
  for (const { name, numerator, quantile } of metrics) {
    if (quantile === undefined) continue;
    const ofSessions = numerator.column === otherColumns.session_ms.column;
    const ranked = await rankValues(
      db,
      ofSessions
        ? `SELECT variant, ms AS "value" FROM session_durations WHERE experiment_id = ${literal(experimentId)}`
        : `SELECT variant, ${identifier(numerator.column)} AS "value" FROM users
           WHERE analysed AND experiment_id = ${literal(experimentId)}`,
    );
    const arms: QuantileArm[] = [];
    for (const { variant, n } of ranked.sizes) {
      const value = await ranked.at(variant, nearestRank(n, quantile));
      const clusters = ofSessions ? await readClusters(db, experimentId, variant, value) : undefined;
      arms.push({ variant, n, value, ...(await around(ranked, variant, n, quantile, clusters)) });
    }
    measured.push({ metric: name, unit: numerator.unit, quantile, z, arms });
  }
  return measured;
}

async function around(
  ranked: OrderStatistics,
  variant: string,
  observations: number,
  quantile: number,
  clusters: PairMoments | undefined,
): Promise<Pick<QuantileArm, 'lower' | 'upper' | 'clusters'>> {
  const ranks = quantileRanks(clusters === undefined ? { observations } : { observations, clusters }, {
    quantile,
    z,
  });
  return {
    lower: ranks && (await ranked.at(variant, ranks.lower)),
    upper: ranks && (await ranked.at(variant, ranks.upper)),
    clusters:
      clusters === undefined
        ? null
        : {
            users: Number(clusters.n),
            below: Number(clusters.sumX),
            sessionsSquared: String(clusters.sumYY),
            belowSquared: String(clusters.sumXX),
            sessionsTimesBelow: String(clusters.sumXY),
          },
  };
}

/** Of an arm's users with a session: x the sessions of at most `value`, y all of them. */
async function readClusters(
  db: Database,
  experimentId: string,
  variant: string,
  value: string,
): Promise<PairMoments> {
  const { integer } = cell;
  const [sums] = await db.select(
    `SELECT count(*) AS n, coalesce(sum(x), 0) AS "sumX", coalesce(sum(y), 0) AS "sumY",
      coalesce(sum(x * x), 0) AS "sumXX", coalesce(sum(y * y), 0) AS "sumYY", coalesce(sum(x * y), 0) AS "sumXY"
    FROM (
      SELECT count(*) FILTER (ms <= ${value}) AS x, count(*) AS y
      FROM session_durations
      WHERE experiment_id = ${literal(experimentId)} AND variant = ${literal(variant)}
      GROUP BY user_id
    )`,
    { n: integer, sumX: integer, sumY: integer, sumXX: integer, sumYY: integer, sumXY: integer },
  );
  if (sums === undefined) throw new Error('sums without GROUP BY are one row');
  return sums;
}
