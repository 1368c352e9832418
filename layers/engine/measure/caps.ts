import type { CapMeasurement } from '../../experiment/measurements.ts';
import type { CappedColumn } from '../../experiment/metrics.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { identifier, literal } from '../../platform/sql.ts';
import { nearestRank } from '../../statistics/quantile.ts';
import { rankValues } from './order-statistics.ts';

/** A cap of one experiment's column. */
export type Cap = CapMeasurement & { readonly experimentId: string };

/**
 * The percentiles at which an experiment's columns are cut: by nearest rank over its analysed users of all arms, so that
 * the arms are cut alike.
 */
export async function readCaps(
  db: Database,
  experimentId: string,
  columns: readonly CappedColumn[],
): Promise<Cap[]> {
  const caps: Cap[] = [];
  for (const { column, of, percentile, ignoreZeros } of columns) {
    const value = identifier(of.column);
    const users = `FROM users WHERE analysed AND experiment_id = ${literal(experimentId)}`;
    const ranked = await rankValues(
      db,
      `SELECT '' AS variant, ${value} AS "value" ${users} ${ignoreZeros ? `AND ${value} <> 0` : ''}`,
    );
    const n = ranked.sizes[0]?.n ?? 0;
    const found = n === 0 ? '0' : await ranked.at('', nearestRank(n, percentile / 100));
    const cap = BigInt(found) > 0n ? found : null;
    const capped = await db.select(
      `SELECT variant, count(*) FILTER (${value} > ${cap ?? 'NULL'}) AS users ${users} GROUP BY variant ORDER BY variant`,
      { variant: cell.text, users: cell.count },
    );
    caps.push({
      experimentId,
      column,
      of: of.column,
      percentile,
      ignoreZeros,
      cap,
      capped,
    });
  }
  return caps;
}
