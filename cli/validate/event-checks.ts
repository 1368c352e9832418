import { eventLosses } from '../../layers/data/bad-rows.ts';
import { literalList } from '../../layers/platform/sql.ts';
import { formatCount, formatPercent } from '../../layers/report/format.ts';
import { type Check, passed } from './check.ts';
import type { DryRun } from './dry-run.ts';

const shown = 8;

/**
 * Whether the events that the metrics are made of are in the file. Refunds may well be absent, and so may all but purchases
 * where events are outcomes in the rows of users.
 */
export async function checkEventNames(run: DryRun, areOutcomes: boolean): Promise<Check[]> {
  const { events } = run.plan.config;
  // What is missing may be among the rows that a run would set aside.
  const quarantined = run.measured.quality.events?.quarantined ?? 0;
  const names = await countBy(run, 'event_name');
  const known = new Set(names.map(({ value }) => value));
  const list = names.slice(0, shown).map(({ value }) => value);
  const there = `${list.join(', ')}${names.length > shown ? ', ...' : ''}`;
  const roles = ['exposure', 'add_to_cart', 'begin_checkout', 'purchase'] as const;
  const expected = areOutcomes ? (['purchase'] as const) : roles;
  const missing = expected.filter((role) => !known.has(events[role]));
  if (missing.length === 0) return [passed('events', 'event_names', names.length, there)];
  const but =
    quarantined === 0
      ? ''
      : ` among the rows that a run would use (${formatCount(quarantined)} are set aside)`;
  return missing.map((role) => ({
    ...passed('events', 'event_names', 0, `no event is called "${events[role]}"${but}; there are ${there}`),
    status: 'warn',
    remedy: `${quarantined === 0 ? 'If' : 'Correct those first; if'} it is called otherwise, say so in experiment.yaml: events: { ${role}: <its name> }`,
  }));
}

/** Whether too many of the events that exposures and outcomes are made of would be set aside: they may be few among all rows. */
export function checkDecisiveEvents({ measured }: DryRun): Check[] {
  const lost = eventLosses(measured.decisiveEvents ?? []);
  if (lost.length === 0) return [];
  const list = lost.map(
    ({ event, quarantined, lines, share }) =>
      `${formatCount(quarantined)} of ${formatCount(lines)} ${event} (${formatPercent(share)})`,
  );
  return [
    {
      ...passed('events', 'decisive_events', 0, `a run would set aside ${list.join(', ')}`),
      count: lost.reduce((sum, { quarantined }) => sum + quarantined, 0),
      status: 'warn',
      remedy: 'Correct these rows first: outcomes and exposures are made of them',
      ...(lost.some(({ isTooMuch }) => isTooMuch) && { consequence: 'call every experiment INVALID' }),
    },
  ];
}

/** A run takes one currency only. */
export async function checkMoney(run: DryRun): Promise<Check[]> {
  const currencies = await countBy(run, 'currency');
  const list = currencies.map(({ value, events }) => `${value} ${formatCount(events)}`).join(', ');
  if (currencies.length < 2)
    return [passed('events', 'currency', currencies.length, list || 'no event names one')];
  return [
    {
      ...passed('events', 'currency', currencies.length, `several currencies: ${list}`),
      column: 'currency',
      status: 'fail',
      remedy: 'Convert revenue to one currency before the upload',
    },
  ];
}

/** Whether the user of some clean event is known through its session alone. */
export async function hasEventsWithoutUser(run: DryRun): Promise<boolean> {
  const files = await run.objects('eventsClean');
  if (files.length === 0) return false;
  const { found } = await run.database.row<{ found: boolean }>(
    `SELECT EXISTS (FROM read_parquet(${literalList(files)}) WHERE user_id IS NULL) AS found`,
  );
  return found;
}

/** Clean events by the values of a column, the most frequent first. */
async function countBy(
  run: DryRun,
  column: 'event_name' | 'currency',
): Promise<{ readonly value: string; readonly events: number }[]> {
  const files = await run.objects('eventsClean');
  if (files.length === 0) return [];
  const counts = await run.database.query<{ value: string; events: string }>(
    `SELECT ${column} AS value, count(*) AS events FROM read_parquet(${literalList(files)})
     WHERE ${column} IS NOT NULL GROUP BY value ORDER BY count(*) DESC, value`,
  );
  return counts.map(({ value, events }) => ({ value, events: Number(events) }));
}
