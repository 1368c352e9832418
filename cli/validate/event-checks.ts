import { eventLosses } from '../../layers/data/bad-rows.ts';
import type { EventRows } from '../../layers/data/row-counts.ts';
import { type Config, decisiveEvents, rowsOfEvent } from '../../layers/experiment/config.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { formatCount, formatPercent } from '../../layers/report/format.ts';
import { type Check, type Locate, locateRow, passed } from './check.ts';

const shown = 8;

/**
 * Whether the events that the metrics are made of are in the file. Refunds may well be absent.
 * @param quarantined rows of events that a run would set aside: what is missing may be among them
 */
export async function checkEventNames(
  database: Database,
  { events }: Config,
  quarantined: number,
): Promise<Check[]> {
  const names = await database.query<{ name: string; events: string }>(
    'SELECT _name AS name, count(*) AS events FROM accepted_events GROUP BY ALL ORDER BY events DESC, name',
  );
  const known = new Set(names.map(({ name }) => name));
  const list = names.slice(0, shown).map(({ name }) => name);
  const there = `${list.join(', ')}${names.length > shown ? ', ...' : ''}`;
  const missing = (['exposure', 'add_to_cart', 'begin_checkout', 'purchase'] as const).filter(
    (role) => !known.has(events[role]),
  );
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

/**
 * Whether too many of the events that exposures and outcomes are made of would be set aside: they may be few among all rows.
 * @param refused rows of which values cannot be read, by the name of their event
 */
export async function checkDecisiveEvents(
  database: Database,
  config: Config,
  refused: readonly EventRows[],
): Promise<Check[]> {
  const accepted = await eventCounts(database, 'SELECT _name FROM accepted_events');
  const unusable = await eventCounts(
    database,
    `SELECT _name FROM own_events ANTI JOIN (
       SELECT _row FROM accepted_events UNION ALL SELECT _row FROM events_dropped WHERE _rule <> 'conflict'
     ) USING (_row)`,
  );
  const lost = eventLosses(
    decisiveEvents(config).map((event) => ({
      event,
      accepted: rowsOfEvent(event, accepted, config),
      quarantined: rowsOfEvent(event, refused, config) + rowsOfEvent(event, unusable, config),
    })),
  );
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

async function eventCounts(database: Database, rows: string): Promise<EventRows[]> {
  const counts = await database.query<{ event: string; rows: string }>(
    `SELECT _name AS event, count(*) AS rows FROM (${rows}) WHERE _name IS NOT NULL GROUP BY _name`,
  );
  return counts.map(({ event, rows: found }) => ({ event, rows: Number(found) }));
}

/** A run takes one currency only. */
export async function checkMoney(database: Database, locate: Locate): Promise<Check[]> {
  const currencies = await database.query<{ currency: string; events: string; first_row: string }>(`
    SELECT upper(currency) AS currency, count(*) AS events, min(_row) AS first_row
    FROM accepted_events WHERE currency IS NOT NULL GROUP BY ALL ORDER BY events DESC, currency`);
  const list = currencies
    .map(({ currency, events }) => `${currency} ${formatCount(Number(events))}`)
    .join(', ');
  const [, second] = currencies;
  if (second === undefined)
    return [passed('events', 'currency', currencies.length, list || 'no event names one')];
  return [
    {
      ...passed('events', 'currency', currencies.length, `several currencies: ${list}`),
      column: 'currency',
      status: 'fail',
      example: locateRow(locate, 'events', second.first_row),
      remedy: 'Convert revenue to one currency before the upload',
    },
  ];
}
