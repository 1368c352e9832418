import type { MartsConfig } from '../../experiment/config-slices.ts';
import { assignedColumns } from '../../experiment/metrics.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, renderSql } from '../../platform/sql.ts';
import type { MartsResult } from '../../runs/documents.ts';
import { exactSums } from '../exact-sums.ts';
import assignedOutcomesSql from './assigned-outcomes.sql';
import type { OutcomeSql } from './outcome-columns.ts';

/** Exact sums over everyone assigned to an arm, exposed or not, and over the users who came to it first of several. */
export async function assignedOutcomes(
  db: Database,
  config: MartsConfig,
  { as_of, sql }: { readonly as_of: string; readonly sql: OutcomeSql },
): Promise<NonNullable<MartsResult['assignedOutcomes']>> {
  const sums = exactSums(assignedColumns(config));
  await db.run(
    renderSql(assignedOutcomesSql, {
      as_of,
      horizon_days: String(sql.horizonDays),
      columns: sql.assignedColumns,
    }),
  );
  const value = (column: string) => `o.${identifier(column)}`;
  const rows = await db.query<Record<string, string | boolean | null>>(
    `SELECT x.experiment_id AS "experimentId", x.variant, x.crossed, count(*) AS users,
      ${sums
        .select(
          (column) => `CAST(sum(${value(column)}) AS VARCHAR)`,
          (a, b) => `CAST(sum(${value(a)} * ${value(b)}) AS VARCHAR)`,
        )
        .join(',\n      ')}
    FROM assigned_users x LEFT JOIN assigned_outcomes o ON o.assigned_row = x.rowid
    GROUP BY ALL ORDER BY x.experiment_id, x.variant, x.crossed`,
  );
  return rows.map((row) => ({
    experimentId: String(row.experimentId),
    variant: String(row.variant),
    crossed: row.crossed === true,
    users: Number(row.users),
    ...sums.aggregates(BigInt(String(row.users)), row).toJSON(),
  }));
}
