import type { OutcomeColumn } from '../../experiment/metrics.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literalList, renderSql } from '../../platform/sql.ts';
import usersSql from './users.sql';

/** Local files of all buckets. */
export interface MartFiles {
  readonly userExposure: readonly string[];
  readonly userOutcomes: readonly string[];
  readonly sinceExposure: readonly string[];
  readonly sessionDurations: readonly string[];
}

/** Column of the table `users` that holds a segment. */
export function segmentColumn(segment: string): string {
  return `segment ${segment}`;
}

/**
 * Opens the files, and makes the table `users` of the marts: what is measured of each exposed user, as integers.
 * Returns the largest absolute value of each column.
 */
export async function openUsers(
  db: Database,
  files: MartFiles,
  wanted: {
    readonly columns: readonly OutcomeColumn[];
    readonly segments: readonly string[];
    /** Experiments whose immature users are not analysed. */
    readonly withoutImmature: readonly string[];
  },
): Promise<ReadonlyMap<string, bigint>> {
  const views = {
    exposure: files.userExposure,
    outcomes: files.userOutcomes,
    since_exposure: files.sinceExposure,
    session_durations: files.sessionDurations,
  };
  for (const [view, paths] of Object.entries(views)) {
    await db.run(`CREATE VIEW ${view} AS FROM read_parquet(${literalList(paths)})`);
  }
  await db.run(
    renderSql(usersSql, {
      without_immature: `${literalList(wanted.withoutImmature)}::VARCHAR[]`,
      segments: wanted.segments
        .map((segment) => `, x.${identifier(segment)} AS ${identifier(segmentColumn(segment))}`)
        .join(''),
      integers: wanted.columns.map(integerOf).join(', '),
    }),
  );
  const names = wanted.columns.map(({ column }) => column);
  const largest = await db.row<Record<string, string | null>>(
    `SELECT ${names.map((name) => `max(abs(${identifier(name)})) AS ${identifier(name)}`).join(', ')} FROM users`,
  );
  return new Map(names.map((name) => [name, BigInt(largest[name] ?? 0)]));
}

/** What is not measured is zero here: its metrics are unavailable. */
function integerOf({ column, unit }: OutcomeColumn): string {
  const name = identifier(column);
  return `coalesce(CAST(o.${name}${unit === 'cents' ? ' * 100' : ''} AS BIGINT), 0) AS ${name}`;
}
