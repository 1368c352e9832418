import type { Config } from '../../layers/contracts/config.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
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
