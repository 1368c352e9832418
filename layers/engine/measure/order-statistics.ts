import { cell, type Database } from '../../platform/duckdb.ts';
import { literal, renderSql } from '../../platform/sql.ts';
import rankedSql from './ranked.sql';

/** Values by rank, of each variant. */
export interface OrderStatistics {
  /** How many values each variant has, in the order of variants. */
  readonly sizes: readonly { readonly variant: string; readonly n: number }[];
  /** The value at a rank from 1 to n. */
  at(variant: string, rank: number): Promise<string>;
}

/**
 * Ranks the values of a query by an exact histogram, which a later call replaces.
 * @param values query of `variant` and the integer `value`
 */
export async function rankValues(db: Database, values: string): Promise<OrderStatistics> {
  await db.run(renderSql(rankedSql, { values }));
  const sizes = await db.select(
    'SELECT variant, max("rank") AS n FROM ranked GROUP BY variant ORDER BY variant',
    { variant: cell.text, n: cell.count },
  );
  return {
    sizes,
    async at(variant, rank) {
      const { value } = await db.row<{ value: string }>(
        `SELECT min("value") AS "value" FROM ranked WHERE variant = ${literal(variant)} AND "rank" >= ${rank}`,
      );
      return String(value);
    },
  };
}
