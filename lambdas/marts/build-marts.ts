import { type Config, settingsOf } from '../../layers/contracts/config.ts';
import { DataError } from '../../layers/contracts/errors/index.ts';
import type {
  CleanResult,
  MartsResult,
  PopulationStep,
  RunPlan,
} from '../../layers/contracts/run-documents.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { identifier, literal, literalList, renderSql, timestamp } from '../../layers/storage/sql.ts';
import assignedSql from './assigned.sql';
import excludedUsersSql from './excluded-users.sql';
import exposedSql from './exposed.sql';
import firstDevicesSql from './first-devices.sql';
import outcomesSql from './outcomes.sql';
import populationSql from './population.sql';
import userExposureSql from './user-exposure.sql';
import userOutcomesSql from './user-outcomes.sql';

/** Steps of the way from assigned to analysed users, in order. */
export const populationSteps = [
  'assigned',
  'crossovers',
  'unknown_variant',
  'excluded_users',
  'not_exposed',
  'exposed',
  'immature',
  'analysed',
] as const;

/** Value of a segment for users of whom it is not known. */
export const unknownLevel = '(unknown)';

/** What `clean` made of a bucket: local Parquet files, none where the dataset is absent. */
export interface CleanFiles {
  readonly events: readonly string[];
  readonly assignments: readonly string[];
  readonly users: readonly string[];
  readonly sessions: readonly string[];
}

export interface MartsInput {
  readonly config: Config;
  readonly asOf: string | null;
  readonly files: CleanFiles;
  /** Files to write. */
  readonly userExposure: string;
  readonly userOutcomes: string;
}

/**
 * Writes the marts of one user bucket, each one file ordered by experiment and user, the same bytes for the same rows.
 * `rows` is that of either mart: both hold the exposed users.
 */
export async function buildMarts(
  db: Database,
  { config, asOf, files, userExposure, userOutcomes }: MartsInput,
): Promise<{ result: MartsResult; rows: number }> {
  const as_of = asOf === null ? "TIMESTAMP 'infinity'" : timestamp(asOf);
  await openCleanRows(db, config, files);
  await createSettings(db, config);
  await excludeUsers(db, config);
  await db.run(renderSql(assignedSql, { as_of }));
  await db.run(renderSql(exposedSql, { as_of }));
  await db.run(firstDevicesSql);
  await db.run(
    renderSql(userExposureSql, { segments: await segmentColumns(db, config), file: literal(userExposure) }),
  );
  await db.run(
    renderSql(outcomesSql, {
      as_of,
      purchase: literal(config.events.purchase),
      refund: literal(config.events.refund),
      add_to_cart: literal(config.events.add_to_cart),
      begin_checkout: literal(config.events.begin_checkout),
    }),
  );
  await db.run(renderSql(userOutcomesSql, { as_of, file: literal(userOutcomes) }));

  const { rows } = await db.row<{ rows: string }>('SELECT count(*) AS "rows" FROM exposed');
  return {
    result: { asOf, population: await population(db, as_of), arms: await assignedArms(db) },
    rows: Number(rows),
  };
}

/** Up to when the data are used: as given, else the end of the day of the latest event of all buckets. */
export function resolveAsOf(plan: Pick<RunPlan, 'asOf'>, cleaned: readonly CleanResult[]): string | null {
  if (plan.asOf !== null) return plan.asOf;
  const latest = Math.max(
    ...cleaned.flatMap(({ latestEventTs }) => (latestEventTs === null ? [] : [Date.parse(latestEventTs)])),
  );
  if (!Number.isFinite(latest)) return null;
  const day = 86_400_000;
  return new Date((Math.floor(latest / day) + 1) * day).toISOString();
}

/** @throws DataError where the run's events carry more than one currency */
export function requireOneCurrency(cleaned: readonly CleanResult[]): void {
  const currencies = [...new Set(cleaned.flatMap((result) => result.currencies))].sort();
  if (currencies.length <= 1) return;
  throw new DataError({
    what: `the events carry ${currencies.length} currencies: ${currencies.join(', ')}`,
    where: 'events.currency',
    remedy: 'Money of several currencies cannot be added: convert it to one, or upload a drop for each',
  });
}

async function openCleanRows(db: Database, config: Config, files: CleanFiles): Promise<void> {
  const id = config.id_type === 'bigint' ? 'BIGINT' : 'VARCHAR';
  const noRows: Record<keyof CleanFiles, string> = {
    events: `event_id ${id}, session_id ${id}, user_id ${id}, event_name VARCHAR, event_ts TIMESTAMP, revenue DECIMAL(18,2), order_id VARCHAR`,
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

async function excludeUsers(db: Database, { exclude_users, id_type }: Config): Promise<void> {
  await db.run(`CREATE TABLE excluded_users (user_id ${id_type === 'bigint' ? 'BIGINT' : 'VARCHAR'})`);
  const { max_events_per_day } = exclude_users;
  if (max_events_per_day === null) return;
  await db.run(renderSql(excludedUsersSql, { max_events_per_day: String(max_events_per_day) }));
}

async function createSettings(db: Database, config: Config): Promise<void> {
  await db.run(`CREATE TABLE settings (experiment_id VARCHAR, exposure_event VARCHAR, require_assignment_before BOOLEAN,
    outcome_window_days INTEGER, includes_immature BOOLEAN, variants VARCHAR[])`);
  const found = await db.query<{ id: string }>(
    'SELECT DISTINCT experiment_id AS id FROM assignments ORDER BY id',
  );
  for (const { id } of found) {
    const { exposure, outcome_window_days, immature, weights } = settingsOf(config, id);
    const event = exposure === 'assignment' ? null : (exposure.event ?? config.events.exposure);
    const values = [
      literal(id),
      event === null ? 'NULL' : literal(config.event_aliases[event] ?? event),
      String(exposure === 'assignment' || exposure.require_assignment_before),
      String(outcome_window_days),
      String(immature === 'include'),
      weights === 'equal' ? 'NULL' : literalList(Object.keys(weights)),
    ];
    await db.run(`INSERT INTO settings VALUES (${values.join(', ')})`);
  }
}

/** Segments of every experiment of the configuration, so that all buckets write the same columns. */
export function segmentNames(config: Pick<Config, 'experiments'>): string[] {
  return [...new Set(Object.values(config.experiments).flatMap(({ segments }) => segments))].sort();
}

async function segmentColumns(db: Database, config: Config): Promise<string> {
  const columns = await db.query<{ column_name: string }>('DESCRIBE users');
  const known = new Set(columns.map(({ column_name }) => column_name));
  return segmentNames(config)
    .map((segment) => {
      const sources = [
        ...(known.has(segment) ? [`CAST(u.${identifier(segment)} AS VARCHAR)`] : []),
        ...(segment === 'device' ? ['d.device'] : []),
        literal(unknownLevel),
      ];
      return `, coalesce(${sources.join(', ')}) AS ${identifier(segment)}`;
    })
    .join('');
}

async function population(db: Database, as_of: string): Promise<PopulationStep[]> {
  const steps = await db.query<{ experimentId: string; step: string; rows: string; users: string }>(
    renderSql(populationSql, { as_of, steps: literalList(populationSteps) }),
  );
  return steps.map(({ experimentId, step, rows, users }) => ({
    experimentId,
    step,
    rows: Number(rows),
    users: Number(users),
  }));
}

async function assignedArms(db: Database): Promise<MartsResult['arms']> {
  const arms = await db.query<{
    experimentId: string;
    variant: string;
    assigned: string;
    crossovers: string;
  }>(`
    SELECT experiment_id AS "experimentId", variant, sum(assigned) AS assigned, sum(crossovers) AS crossovers
    FROM (
      SELECT experiment_id, variant, count(*) AS assigned, 0 AS crossovers FROM assigned
      WHERE excluded IS DISTINCT FROM 'crossovers' AND excluded IS DISTINCT FROM 'unknown_variant' GROUP BY ALL
      UNION ALL
      SELECT experiment_id, variant, 0, count(*) FROM crossovers GROUP BY ALL
    )
    GROUP BY ALL ORDER BY ALL`);
  return arms.map(({ experimentId, variant, assigned, crossovers }) => ({
    experimentId,
    variant,
    assigned: Number(assigned),
    crossovers: Number(crossovers),
  }));
}
