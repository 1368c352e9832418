import type { MartsConfig } from '../../experiment/config-slices.ts';
import { assignedColumns } from '../../experiment/metrics.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, renderSql } from '../../platform/sql.ts';
import type { MartsResult } from '../../runs/documents.ts';
import { Aggregates } from '../../statistics/aggregates.ts';
import assignedOutcomesSql from './assigned-outcomes.sql';
import type { OutcomeSql } from './outcome-columns.ts';

/** Exact sums over everyone assigned to an arm, exposed or not, and over the users who came to it first of several. */
export async function assignedOutcomes(
  db: Database,
  config: MartsConfig,
  { as_of, sql }: { readonly as_of: string; readonly sql: OutcomeSql },
): Promise<NonNullable<MartsResult['assignedOutcomes']>> {
  const { columns, pairs } = assignedColumns(config);
  await db.run(
    renderSql(assignedOutcomesSql, {
      as_of,
      horizon_days: String(sql.horizonDays),
      columns: sql.assignedColumns,
    }),
  );
  const value = (column: string) => `o.${identifier(column)}`;
  const place = (column: string) => columns.indexOf(column);
  const rows = await db.query<Record<string, string | boolean | null>>(
    `SELECT x.experiment_id AS "experimentId", x.variant, x.crossed, count(*) AS users,
      ${[
        ...columns.map((column, index) => `CAST(sum(${value(column)}) AS VARCHAR) AS s${index}`),
        ...pairs.map(
          ([a, b]) => `CAST(sum(${value(a)} * ${value(b)}) AS VARCHAR) AS p${place(a)}_${place(b)}`,
        ),
      ].join(',\n      ')}
    FROM assigned_users x LEFT JOIN assigned_outcomes o ON o.assigned_row = x.rowid
    GROUP BY ALL ORDER BY x.experiment_id, x.variant, x.crossed`,
  );
  return rows.map((row) => {
    const sums = Aggregates.from(
      BigInt(String(row.users)),
      { columns, pairs },
      (column) => BigInt(row[`s${place(column)}`] ?? 0),
      (a, b) => BigInt(row[`p${place(a)}_${place(b)}`] ?? 0),
    );
    return {
      experimentId: String(row.experimentId),
      variant: String(row.variant),
      crossed: row.crossed === true,
      users: Number(row.users),
      ...sums.toJSON(),
    };
  });
}
