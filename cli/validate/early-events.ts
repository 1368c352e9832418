import { identifier, literal, literalList } from '../../layers/platform/sql.ts';
import type { DryRun } from './dry-run.ts';
import { offsetCounts } from './time-zones.ts';

/** By so many whole hours exposures lie before the assignments that they should follow. */
export interface EarlyEvents {
  readonly hours: number;
  /** Users whose first exposure is that early. */
  readonly users: number;
  /** What would be said of the columns if one of them has local times. */
  readonly remedy: string;
}

/** Share of the users who saw the event that have to agree on the hours. */
const agreement = 0.8;
const mostHours = 14;

const zones = [
  'America/Los_Angeles',
  'America/Denver',
  'America/Chicago',
  'America/New_York',
  'America/Halifax',
  'America/Sao_Paulo',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Helsinki',
  'Europe/Istanbul',
  'Asia/Dubai',
  'Asia/Karachi',
  'Asia/Dhaka',
  'Asia/Bangkok',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Australia/Sydney',
  'Pacific/Auckland',
] as const;

/**
 * Whether the exposures of nearly all users lie the same few hours before their assignment, as where one of the two files has local
 * times: who sees the change soon after the assignment is (hours - 1, hours] early.
 */
export async function earlyEvents(
  run: DryRun,
  experimentId: string,
  event: string,
): Promise<EarlyEvents | undefined> {
  const [assignments, events] = await Promise.all([
    run.objects('staged', 'experiment_assignments/'),
    run.objects('eventsClean'),
  ]);
  if (assignments.length === 0 || events.length === 0) return undefined;
  const rows = await run.database.query<{ hours: string; users: string; day: string; asked: string }>(`
    WITH
      assigned AS (
        SELECT user_id, min(assigned_ts) AS assigned_ts
        FROM read_parquet(${literalList(assignments)}, union_by_name = true)
        WHERE experiment_id = ${literal(experimentId)} GROUP BY user_id
      ),
      exposed AS (
        SELECT user_id, min(event_ts) AS event_ts
        FROM read_parquet(${literalList(events)}, hive_partitioning = false)
        WHERE ${identifier('event_name')} = ${literal(event)} GROUP BY user_id
      ),
      lags AS (
        SELECT ceil(epoch(a.assigned_ts - e.event_ts) / 3600)::INTEGER AS hours, a.assigned_ts
        FROM assigned a JOIN exposed e USING (user_id)
      )
    SELECT hours, count(*) AS users, strftime(min(assigned_ts), '%Y-%m-%d') AS day,
      sum(count(*)) OVER () AS asked
    FROM lags GROUP BY hours ORDER BY count(*) DESC, hours LIMIT 1`);
  const [most] = rows;
  if (most === undefined) return undefined;
  const [hours, users] = [Number(most.hours), Number(most.users)];
  if (hours < 1 || hours > mostHours || users < agreement * Number(most.asked)) return undefined;
  return { hours, users, remedy: await remedyOf(run, hours, most.day) };
}

/** The column that may have local times: the one whose values carry no offset, where the other's do. */
async function remedyOf(run: DryRun, hours: number, day: string): Promise<string> {
  const [event, assigned] = await Promise.all([
    mayBeLocal(run, 'events', 'event_ts'),
    mayBeLocal(run, 'experiment_assignments', 'assigned_ts'),
  ]);
  const ways = [
    ...(event === undefined ? [] : [line('events', 'event_ts', event, zonesAt(-hours, day))]),
    ...(assigned === undefined
      ? []
      : [line('experiment_assignments', 'assigned_ts', assigned, zonesAt(hours, day))]),
  ];
  return ways.length === 0
    ? 'Check the clocks of the sources'
    : `If it has local times, say of which zone: ${ways.join(', or ')}`;
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

/** Zones that are so many hours ahead of UTC on a day. */
function zonesAt(hours: number, day: string): string[] {
  const noon = new Date(`${day}T12:00:00Z`);
  return zones.filter((timeZone) => {
    const text = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).format(noon);
    const [, sign = '+', hour = '0', minute = '0'] = /GMT([+-])(\d+):(\d+)/.exec(text) ?? [];
    return (sign === '-' ? -1 : 1) * (Number(hour) + Number(minute) / 60) === hours;
  });
}
