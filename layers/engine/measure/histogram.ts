import type { ExperimentMeasurement } from '../../experiment/measurements.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { literal, renderSql } from '../../platform/sql.ts';
import histogramSql from './histogram.sql';

/** Ends of bins in cents, about six to a power of ten; the largest amount there can be lies below the last. */
const edges = [
  ...[1n, 2n, 3n, 5n, 7n],
  ...Array.from({ length: 17 }, (_, power) =>
    [10n, 15n, 20n, 30n, 50n, 70n].map((edge) => edge * 10n ** BigInt(power)),
  ).flat(),
];

/** Revenue per user, by arm. */
export async function readRevenueHistogram(
  db: Database,
  experimentId: string,
): Promise<ExperimentMeasurement['revenueHistogram']> {
  const bins = edges.slice(0, -1).map((from, index) => `(${from}, ${edges[index + 1]})`);
  const rows = await db.select(
    renderSql(histogramSql, { experiment_id: literal(experimentId), bins: bins.join(', ') }),
    { variant: cell.text, from: cell.text.nullable(), to: cell.text.nullable(), users: cell.count },
  );
  return [...new Set(rows.map(({ variant }) => variant))].map((variant) => {
    const own = rows.filter((row) => row.variant === variant);
    const outside = (to: string | null) => own.find((row) => row.from === null && row.to === to)?.users ?? 0;
    return {
      variant,
      negative: outside('-1'),
      zero: outside('0'),
      bins: own.flatMap(({ from, to, users }) => (from === null || to === null ? [] : [{ from, to, users }])),
    };
  });
}
