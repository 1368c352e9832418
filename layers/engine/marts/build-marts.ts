import type { MartsConfig } from '../../experiment/config-slices.ts';
import type { PopulationStep } from '../../experiment/measurements.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { DataError } from '../../platform/errors.ts';
import { identifier, literal, literalList, renderSql, timestamp } from '../../platform/sql.ts';
import type { CleanResult, MartsResult, RunPlan } from '../../runs/documents.ts';
import { attempt, type Refusal } from '../../runs/stage.ts';
import assignedSql from './assigned.sql';
import { assignedOutcomes } from './assigned-outcomes.ts';
import { type CleanFiles, createSettings, excludeUsers, openCleanRows } from './clean-rows.ts';
import { eventQuality } from './event-quality.ts';
import exposedSql from './exposed.sql';
import firstDevicesSql from './first-devices.sql';
import { type OutcomeSql, outcomeSql } from './outcome-columns.ts';
import outcomesSql from './outcomes.sql';
import populationSql from './population.sql';
import sessionDurationsSql from './session-durations.sql';
import sinceExposureSql from './since-exposure.sql';
import userExposureSql from './user-exposure.sql';
import userOutcomesSql from './user-outcomes.sql';

/** Steps of the way from assigned to analysed users, in order. */
export const populationSteps = [
  'assigned',
  'crossovers',
  'unknown_variant',
  'excluded_users',
  'not_exposed',
  'exposed_before_assignment',
  'exposed',
  'immature',
  'analysed',
] as const;

/** Value of a segment for users of whom it is not known. */
export const unknownLevel = '(unknown)';

export interface MartsInput {
  readonly config: MartsConfig;
  readonly asOf: string | null;
  readonly files: CleanFiles;
  /** Files of ids to leave out. */
  readonly excludedUsers: readonly string[];
  /** Collects what would end the run, instead of ending it. */
  readonly refusals?: Refusal[] | undefined;
  /** Columns of user_outcomes that the drop has no data for. */
  readonly unmeasured: readonly string[];
  readonly output: MartFiles;
}

/** Files of one user bucket. */
export interface MartFiles {
  readonly userExposure: string;
  readonly userOutcomes: string;
  /** Sums by arm and day since exposure. */
  readonly sinceExposure: string;
  /** Durations of single sessions, for the metrics that rank them. */
  readonly sessionDurations: string;
}

/**
 * Writes the marts of one user bucket, each one file ordered by experiment and user, the same bytes for the same rows,
 * and what `measure` needs besides. `rows` is that of either mart: both hold the exposed users.
 */
export async function buildMarts(
  db: Database,
  { config, asOf, files, excludedUsers, refusals, unmeasured, output }: MartsInput,
): Promise<{ result: MartsResult; rows: number }> {
  const as_of = asOf === null ? "TIMESTAMP 'infinity'" : timestamp(asOf);
  await openCleanRows(db, config, files);
  await createSettings(db, config);
  const lists = { dataset: 'experiment_assignments', of: 'rows' } as const;
  const read = await attempt(refusals, lists, () => excludeUsers(db, config, excludedUsers).then(() => true));
  if (read === undefined) await excludeUsers(db, config, []);
  await db.run(renderSql(assignedSql, { as_of }));
  const sql = outcomeSql(config);
  const days = { lookback_days: String(sql.lookbackDays), horizon_days: String(sql.horizonDays) };
  await db.run(renderSql(exposedSql, { as_of, ...days }));
  const segments = await segmentColumns(db, config);
  await db.run(renderSql(userExposureSql, { segments, file: literal(output.userExposure) }));
  await writeOutcomes(db, { config, sql, as_of, unmeasured, output });

  const exposed = await db.select('SELECT count(*) AS "rows" FROM exposed', { rows: cell.count });
  return {
    result: {
      asOf,
      population: await population(db),
      arms: await assignedArms(db),
      assignedOutcomes: await assignedOutcomes(db, config, { as_of, sql }),
      assignedByDay: await assignedByDay(db),
      earlyExposures: await earlyExposures(db),
      examples: await examplesOfLeftOut(db),
      eventQuality: await eventQuality(db, config, as_of),
    },
    rows: exposed[0]?.rows ?? 0,
  };
}

async function writeOutcomes(
  db: Database,
  {
    config,
    sql,
    as_of,
    unmeasured,
    output,
  }: Pick<MartsInput, 'config' | 'unmeasured' | 'output'> & {
    readonly sql: OutcomeSql;
    readonly as_of: string;
  },
): Promise<void> {
  await db.run(
    renderSql(outcomesSql, {
      as_of,
      purchase: literal(config.events.purchase),
      refund: literal(config.events.refund),
      daily_sums: sql.dailySums,
      event_columns: sql.eventColumns,
      order_covariates: sql.orderCovariates,
      session_covariates: sql.sessionCovariates,
    }),
  );
  await db.run(
    renderSql(userOutcomesSql, {
      metric_columns: sql.metricColumns,
      unmeasured: nulled(unmeasured),
      file: literal(output.userOutcomes),
    }),
  );
  await db.run(
    renderSql(sinceExposureSql, { as_of, sums: sql.sinceExposure, file: literal(output.sinceExposure) }),
  );
  // Sessions are read once more only where a metric wants them.
  const { any_ranked } = await db.row<{ any_ranked: boolean | null }>(
    'SELECT bool_or(ranks_sessions) AS any_ranked FROM settings',
  );
  await db.run(
    renderSql(sessionDurationsSql, {
      any_ranked: String(any_ranked ?? false),
      file: literal(output.sessionDurations),
    }),
  );
}

/** Replaces columns by NULL of their own type. */
function nulled(columns: readonly string[]): string {
  if (columns.length === 0) return '';
  const nulls = columns.map(identifier).map((name) => `CASE WHEN false THEN ${name} END AS ${name}`);
  return ` REPLACE (${nulls.join(', ')})`;
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

/** Segments of every experiment of the configuration, so that all buckets write the same columns. */
export function segmentNames(config: Pick<MartsConfig, 'experiments'>): string[] {
  return [...new Set(Object.values(config.experiments).flatMap(({ segments }) => segments))].sort();
}

/** SQL of the segments, after other columns. Makes the table `first_devices` of the users whose device is known by it alone. */
async function segmentColumns(db: Database, config: MartsConfig): Promise<string> {
  const columns = await db.query<{ column_name: string }>('DESCRIBE users');
  const known = new Set(columns.map(({ column_name }) => column_name));
  const names = segmentNames(config);
  const unnamed = known.has('device')
    ? 'SELECT x.user_id FROM exposed x LEFT JOIN users u ON u.user_id = x.user_id WHERE u.device IS NULL'
    : 'FROM exposed';
  await db.run(
    renderSql(firstDevicesSql, { users: names.includes('device') ? unnamed : 'FROM exposed WHERE false' }),
  );
  return names
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

async function population(db: Database): Promise<PopulationStep[]> {
  return db.select(renderSql(populationSql, { steps: literalList(populationSteps) }), {
    experimentId: cell.text,
    step: cell.text,
    rows: cell.count,
    users: cell.count,
  });
}

async function assignedArms(db: Database): Promise<MartsResult['arms']> {
  return db.select(
    `SELECT experiment_id AS "experimentId", variant, sum(assigned) AS assigned, sum(crossovers) AS crossovers,
      sum("unknown") AS "unknown", sum(tied) AS tied, sum(excluded) AS excluded, sum(early) AS early
    FROM (
      SELECT experiment_id, variant, count(*) AS assigned, 0 AS crossovers, 0 AS "unknown", 0 AS tied,
        count(*) FILTER (excluded = 'excluded_users') AS excluded, 0 AS early
      FROM assigned WHERE excluded IS DISTINCT FROM 'crossovers' AND excluded IS DISTINCT FROM 'unknown_variant' GROUP BY ALL
      UNION ALL
      SELECT experiment_id, variant, 0, count(*), 0, count(*) FILTER (tied), 0, 0 FROM crossovers GROUP BY experiment_id, variant
      UNION ALL
      SELECT experiment_id, variant, 0, 0, count(*), 0, 0, 0 FROM assigned WHERE excluded = 'unknown_variant' GROUP BY ALL
      UNION ALL
      SELECT a.experiment_id, a.variant, 0, 0, 0, 0, 0, count(*)
      FROM exposure_moments m
      JOIN assigned a ON a.experiment_id = m.experiment_id AND a.user_id = m.user_id
      WHERE m.exposed_at IS NULL GROUP BY ALL
    )
    GROUP BY ALL ORDER BY ALL`,
    {
      experimentId: cell.text,
      variant: cell.text,
      assigned: cell.count,
      crossovers: cell.count,
      unknown: cell.count,
      tied: cell.count,
      excluded: cell.count,
      early: cell.count,
    },
  );
}

async function assignedByDay(db: Database): Promise<MartsResult['assignedByDay']> {
  return db.select(
    `SELECT experiment_id AS "experimentId", variant, strftime(assigned_at, '%Y-%m-%d') AS "day", count(*) AS users
    FROM assigned
    WHERE excluded IS DISTINCT FROM 'crossovers' AND excluded IS DISTINCT FROM 'unknown_variant'
    GROUP BY ALL ORDER BY ALL`,
    { experimentId: cell.text, variant: cell.text, day: cell.text, users: cell.count },
  );
}

async function earlyExposures(db: Database): Promise<MartsResult['earlyExposures']> {
  return db.select(
    `SELECT experiment_id AS "experimentId", sum(early_exposures) AS events, count(*) AS users,
      count(*) FILTER (exposed_at IS NULL) AS "usersLeftOut"
    FROM exposure_moments WHERE early_exposures > 0 GROUP BY ALL ORDER BY ALL`,
    { experimentId: cell.text, events: cell.count, users: cell.count, usersLeftOut: cell.count },
  );
}

async function examplesOfLeftOut(db: Database): Promise<NonNullable<MartsResult['examples']>> {
  return db.query<{
    experimentId: string;
    step: 'crossovers' | 'exposed_before_assignment';
    userId: string;
  }>(`
    SELECT experiment_id AS "experimentId", 'crossovers' AS step, CAST(min(user_id) AS VARCHAR) AS "userId"
    FROM crossovers GROUP BY experiment_id
    UNION ALL
    SELECT experiment_id, 'exposed_before_assignment', CAST(min(user_id) AS VARCHAR)
    FROM exposure_moments WHERE exposed_at IS NULL GROUP BY experiment_id
    ORDER BY ALL`);
}
