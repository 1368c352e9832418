import type { OutcomeColumn } from '../../experiment/metrics.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal, literalList, renderSql } from '../../platform/sql.ts';
import rareLevelsSql from './rare-levels.sql';
import usersSql from './users.sql';

/** Local files of all buckets. */
export interface MartFiles {
  readonly userExposure: readonly string[];
  readonly userOutcomes: readonly string[];
  readonly sinceExposure: readonly string[];
  readonly sessionDurations: readonly string[];
}

/** An experiment whose shares were changed, and the first days of assignment of all periods but the first. */
export interface Ramp {
  readonly experimentId: string;
  readonly periods: readonly string[];
}

/** Levels of a segment that are told apart, the largest first; the users of all others are `(other)`. */
const segmentLevels = 50;

/** Column of the table `users` that holds the UTC day of the exposure. */
export const exposureDay = 'exposure_day';

/** Column of the table `users` that holds a segment. */
export function segmentColumn(segment: string): string {
  return `segment ${segment}`;
}

/** Column of the table `users` that holds a user's arm in another experiment, empty where the user is in none. */
export function armElsewhere(experimentId: string): string {
  return `arm in ${experimentId}`;
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
    /** Whose users may be in several of them; none where there is but one. */
    readonly parallel: readonly string[];
    readonly ramps: readonly Ramp[];
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
      period: periodSql(wanted.ramps),
      arms_elsewhere: wanted.parallel
        .map((id, index) => `, coalesce(e${index}.variant, '') AS ${identifier(armElsewhere(id))}`)
        .join(''),
      other_experiments: wanted.parallel
        .map((id, index) => {
          const [other, own] = [`e${index}`, literal(id)];
          return `\nLEFT JOIN exposure ${other} ON ${other}.experiment_id = ${own} AND ${other}.user_id = o.user_id AND o.experiment_id <> ${own}`;
        })
        .join(''),
      integers: wanted.columns.map(integerOf).join(', '),
    }),
  );
  await joinRareLevels(db, wanted.segments);
  const names = wanted.columns.map(({ column }) => column);
  const largest = await db.row<Record<string, string | null>>(
    `SELECT ${names.map((name) => `max(abs(${identifier(name)})) AS ${identifier(name)}`).join(', ')} FROM users`,
  );
  return new Map(names.map((name) => [name, BigInt(largest[name] ?? 0)]));
}

async function joinRareLevels(db: Database, segments: readonly string[]): Promise<void> {
  if (segments.length === 0) return;
  const counts = segments.map(
    (segment, index) => `count(DISTINCT ${identifier(segmentColumn(segment))}) AS s${index}`,
  );
  const perExperiment = await db.query<Record<string, string>>(
    `SELECT ${counts.join(', ')} FROM users GROUP BY experiment_id`,
  );
  for (const [index, segment] of segments.entries()) {
    if (perExperiment.every((row) => Number(row[`s${index}`]) <= segmentLevels)) continue;
    const column = identifier(segmentColumn(segment));
    await db.run(renderSql(rareLevelsSql, { column, levels: String(segmentLevels) }));
  }
}

/** How many changes of the shares had come by a user's day of assignment. */
function periodSql(ramps: readonly Ramp[]): string {
  if (ramps.length === 0) return '0';
  const since = (day: string) => `CAST(strftime(x.assigned_at, '%Y-%m-%d') >= ${literal(day)} AS INTEGER)`;
  const cases = ramps.map(
    ({ experimentId, periods }) => `WHEN ${literal(experimentId)} THEN ${periods.map(since).join(' + ')}`,
  );
  return `CASE o.experiment_id ${cases.join(' ')} ELSE 0 END`;
}

/** What is not measured is zero here: its metrics are unavailable. */
function integerOf({ column, unit }: OutcomeColumn): string {
  const name = identifier(column);
  return `coalesce(CAST(o.${name}${unit === 'cents' ? ' * 100' : ''} AS BIGINT), 0) AS ${name}`;
}
