import path from 'node:path';
import { settingsOf } from '../../experiment/config.ts';
import type { MartsConfig } from '../../experiment/config-slices.ts';
import { maturityDays, metricsOf } from '../../experiment/metrics.ts';
import { otherColumns } from '../../experiment/outcome-columns.ts';
import type { Database } from '../../platform/duckdb.ts';
import { literal, literalList, renderSql } from '../../platform/sql.ts';
import { readListedUsers } from '../stage/listed-users.ts';
import excludedUsersSql from './excluded-users.sql';

/** What `clean` made of a bucket: local Parquet files, none where the dataset is absent. */
export interface CleanFiles {
  readonly events: readonly string[];
  readonly assignments: readonly string[];
  readonly users: readonly string[];
  readonly sessions: readonly string[];
}

/** Opens the clean rows as `events`, `assignments`, `users` and `sessions`. */
export async function openCleanRows(db: Database, config: MartsConfig, files: CleanFiles): Promise<void> {
  const id = config.id_type === 'bigint' ? 'BIGINT' : 'VARCHAR';
  const noRows: Record<keyof CleanFiles, string> = {
    events: `event_id ${id}, session_id ${id}, user_id ${id}, event_name VARCHAR, event_ts TIMESTAMP, product_id ${id}, quantity BIGINT,
      revenue DECIMAL(18,2), net_revenue DECIMAL(18,2), order_id VARCHAR`,
    assignments: `user_id ${id}, experiment_id VARCHAR, variant VARCHAR, assigned_ts TIMESTAMP`,
    users: `user_id ${id}`,
    sessions: `session_id ${id}, user_id ${id}, session_start_ts TIMESTAMP, session_end_ts TIMESTAMP, device VARCHAR`,
  };
  for (const name of ['events', 'assignments', 'users', 'sessions'] as const) {
    const paths = files[name];
    await db.run(
      paths.length === 0
        ? `CREATE TABLE ${name} (${noRows[name]})`
        : `CREATE VIEW ${name} AS FROM read_parquet(${literalList(paths)}, hive_partitioning = false)`,
    );
  }
}

/** Makes the table `settings`: what the queries need of each experiment that has assignments. */
export async function createSettings(db: Database, config: MartsConfig): Promise<void> {
  await db.run(`CREATE TABLE settings (experiment_id VARCHAR, exposure_event VARCHAR, require_assignment_before BOOLEAN,
    outcome_window_days INTEGER, maturity_days INTEGER, lookback_days INTEGER, includes_immature BOOLEAN,
    ranks_sessions BOOLEAN, variants VARCHAR[])`);
  const found = await db.query<{ id: string }>(
    'SELECT DISTINCT experiment_id AS id FROM assignments ORDER BY id',
  );
  for (const { id } of found) {
    const settings = settingsOf(config, id);
    const { exposure, outcome_window_days, cuped, immature, weights } = settings;
    const event = exposure === 'assignment' ? null : (exposure.event ?? config.events.exposure);
    const values = [
      literal(id),
      event === null ? 'NULL' : literal(config.event_aliases[event] ?? event),
      String(exposure === 'assignment' || exposure.require_assignment_before),
      String(outcome_window_days),
      String(config.isRowAUser ? 0 : maturityDays(config, settings)),
      String(cuped === null ? 'NULL' : cuped.lookback_days),
      String(immature === 'include'),
      String(metricsOf(config, settings).some(ranksSessions)),
      weights === 'equal' ? 'NULL' : literalList(Object.keys(weights)),
    ];
    await db.run(`INSERT INTO settings VALUES (${values.join(', ')})`);
  }
}

function ranksSessions({ kind, numerator }: ReturnType<typeof metricsOf>[number]): boolean {
  return kind === 'quantile' && numerator.column === otherColumns.session_ms.column;
}

/** Makes the table `excluded_users`: those of the files, and those beyond `max_events_per_day`. */
export async function excludeUsers(
  db: Database,
  { exclude_users, id_type }: MartsConfig,
  files: readonly string[],
): Promise<void> {
  const lists = files.map((file) => ({ file, name: path.basename(file) }));
  await readListedUsers(db, lists, id_type, path.dirname(files[0] ?? ''));
  const { max_events_per_day } = exclude_users;
  await db.run(renderSql(excludedUsersSql, { max_events_per_day: String(max_events_per_day ?? 'NULL') }));
}
