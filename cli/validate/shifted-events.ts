import { identifier, literal, literalList } from '../../layers/platform/sql.ts';
import { zonesAt } from '../init/zones.ts';
import type { DryRun } from './dry-run.ts';
import { offsetCounts } from './time-zones.ts';

/** By so many whole hours the exposures lie beside the assignments that they should follow at once. */
export interface ShiftedEvents {
  /** Positive where the events look late, negative where they look early. */
  readonly hours: number;
  /** Users whose first exposure is so far off. */
  readonly users: number;
  /** What would be said of the columns if one of them has local times. */
  readonly remedy: string;
}

/** Share of the users with an exposure around their assignment who have to agree on the hours. */
const agreement = { early: 0.8, late: 0.5 } as const;
/** Share of them up to which exposures that follow at once are exceptions. */
const exceptions = 0.1;
const fewestUsers = 20;
const mostHours = 14;

/**
 * Whether the exposures of most users lie the same few whole hours beside their assignment, as where one of the two files has local
 * times: who sees the change soon after the assignment is `hours` and up to half an hour off, or five minutes less where clocks differ.
 * Assignments on the hour are left out, for those are of a job or of a day and not of a visit.
 */
export async function shiftedEvents(
  run: DryRun,
  experimentId: string,
  event: string,
): Promise<ShiftedEvents | undefined> {
  const [assignments, events] = await Promise.all([
    run.objects('staged', 'experiment_assignments/'),
    run.objects('eventsClean'),
  ]);
  if (assignments.length === 0 || events.length === 0) return undefined;
  const lags = await run.database.query<Record<'hours' | 'users' | 'day' | 'asked', string>>(`
    WITH
      assigned AS (
        SELECT user_id, min(assigned_ts) AS assigned_ts
        FROM read_parquet(${literalList(assignments)}, union_by_name = true)
        WHERE experiment_id = ${literal(experimentId)} GROUP BY user_id
      ),
      lags AS (
        SELECT a.user_id, any_value(a.assigned_ts) AS assigned_ts,
          min(epoch(e.event_ts - a.assigned_ts) + 300) / 3600 AS lag
        FROM assigned a JOIN read_parquet(${literalList(events)}, hive_partitioning = false) e USING (user_id)
        WHERE e.${identifier('event_name')} = ${literal(event)} AND a.assigned_ts <> date_trunc('hour', a.assigned_ts)
          AND e.event_ts BETWEEN a.assigned_ts - INTERVAL ${mostHours + 1} HOUR AND a.assigned_ts + INTERVAL ${mostHours + 1} HOUR
        GROUP BY a.user_id
      )
    SELECT floor(lag)::INTEGER AS hours, count(*) FILTER (lag - floor(lag) < 0.5 + 1 / 12) AS users,
      strftime(min(assigned_ts), '%Y-%m-%d') AS day, sum(count(*)) OVER () AS asked
    FROM lags GROUP BY 1 ORDER BY 2 DESC, abs(hours)`);
  const [most] = lags;
  if (most === undefined) return undefined;
  const [hours, users, asked] = [Number(most.hours), Number(most.users), Number(most.asked)];
  const atOnce = Number(lags.find((lag) => Number(lag.hours) === 0)?.users ?? 0);
  const needed = agreement[hours < 0 ? 'early' : 'late'] * asked;
  if (hours === 0 || Math.abs(hours) > mostHours || users < fewestUsers) return undefined;
  if (users < needed || atOnce > exceptions * asked) return undefined;
  const ways = await waysOut(run, hours, most.day);
  // Events that come late may do so for another reason where both files say their zone.
  if (ways.length === 0 && hours > 0) return undefined;
  const remedy =
    ways.length === 0
      ? 'Check the clocks of the sources'
      : `If it has local times, say of which zone: ${ways.join(', or ')}`;
  return { hours, users, remedy };
}

/** What to say of the column that may have local times: the one whose values carry no offset, where the other's do. */
async function waysOut(run: DryRun, hours: number, day: string): Promise<string[]> {
  const [event, assigned] = await Promise.all([
    mayBeLocal(run, 'events', 'event_ts'),
    mayBeLocal(run, 'experiment_assignments', 'assigned_ts'),
  ]);
  return [
    ...(event === undefined ? [] : [line('events', 'event_ts', event, zonesAt(hours, day))]),
    ...(assigned === undefined
      ? []
      : [line('experiment_assignments', 'assigned_ts', assigned, zonesAt(-hours, day))]),
  ];
}

async function mayBeLocal(
  run: DryRun,
  dataset: 'events' | 'experiment_assignments',
  column: string,
): Promise<string | undefined> {
  const count = (await offsetCounts(run, dataset)).get(column);
  if (count === undefined || count.with > count.without) return undefined;
  const binding = run.plan.chunks
    .filter((chunk) => chunk.dataset === dataset)
    .flatMap(({ bindings }) => bindings)
    .find((one) => one.column === column);
  return binding?.source ?? undefined;
}

function line(dataset: string, column: string, source: string, found: readonly string[]): string {
  const [zone = 'Europe/Amsterdam', ...others] = found;
  const more = others.length === 0 ? '' : ` (or ${others.join(', ')})`;
  return `schema: { ${dataset}: { ${column}: { column: ${JSON.stringify(source)}, zone: ${zone} } } }${more}`;
}
