import type { MeasureConfig, MeasureSettings } from '../../experiment/config-slices.ts';
import type { ExperimentMeasurement } from '../../experiment/measurements.ts';
import { columnsSinceExposure } from '../../experiment/metrics.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal } from '../../platform/sql.ts';

type SinceExposure = ExperimentMeasurement['sinceExposure'];

/** Adds up what the buckets have of each arm and day since exposure. */
export async function readSinceExposure(
  db: Database,
  experimentId: string,
  config: Pick<MeasureConfig, 'metrics'>,
  settings: MeasureSettings,
): Promise<SinceExposure> {
  const columns = columnsSinceExposure(config, settings).map(({ column }) => column);
  const total = (kind: 'sum' | 'squares', column: string) => {
    const name = identifier(`${kind}_${column}`);
    return `CAST(coalesce(sum(CAST(${name} AS HUGEINT)), 0) AS VARCHAR) AS ${name}`;
  };
  const rows = await db.query<Record<string, string>>(`
    SELECT variant, "day", sum(users) AS users,
      ${columns.flatMap((column) => [total('sum', column), total('squares', column)]).join(', ')}
    FROM since_exposure WHERE experiment_id = ${literal(experimentId)}
    GROUP BY variant, "day" ORDER BY variant, "day"`);
  const valuesOf = (row: Record<string, string>, kind: 'sum' | 'squares') =>
    Object.fromEntries(columns.map((column) => [column, row[`${kind}_${column}`] ?? '0']));
  return {
    columns,
    arms: [...new Set(rows.map(({ variant }) => variant ?? ''))].map((variant) => ({
      variant,
      days: rows
        .filter((row) => row.variant === variant)
        .map((row) => ({
          day: Number(row.day),
          users: Number(row.users),
          sums: valuesOf(row, 'sum'),
          squares: valuesOf(row, 'squares'),
        })),
    })),
  };
}
