import { columnWords, plainName, vagueColumnWords } from '../../layers/data/column-words.ts';
import { datasetContracts } from '../../layers/data/datasets/index.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { literal } from '../../layers/platform/sql.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { Derived } from './derived.ts';
import type { Guess } from './findings.ts';
import { type ColumnMatch, type DatasetMatch, matchColumns } from './match.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';
import { eventWords } from './vocabulary.ts';

/** Columns that the orders of a shop have, and its events have not. */
const orderColumns =
  /^(financial_status|fulfillment_status|line_?items?|line_?item_.*|order_status|order_total|order_date|order_currency|zahlungsstatus|bestellstatus|bestelldatum|bestellwert|bestellsumme)$/;
const orderNames = /(^|_)(orders?|bestellung(en)?|auftra?e?ge?|commandes?|pedidos?)(_|$)/;
const timeNames = ['created_at', 'order_date', 'date_created', 'ordered_at', 'bestelldatum', 'processed_at'];
const statusNames = ['financial_status', 'order_status', 'status', 'zahlungsstatus', 'bestellstatus'];
const idNames = ['order_id', 'name', 'order_name', 'id'];
const customerNames = [
  ...(columnWords.user_id ?? []).filter((name) => name !== 'id'),
  ...(vagueColumnWords.user_id ?? []),
  'user_id',
  'customer_user',
  'email',
  'customer_email',
  'billing_email',
  'e_mail',
];
const eventNames = ['event_name', 'event_type', 'eventname', 'event', 'event_action', 'ereignis'];

/** States of orders that somebody has placed and not called off; what was paid back later was a purchase. */
const placed =
  /^(paid|partially_paid|partially_refunded|refunded|completed?|processing|shipped|delivered|fulfilled|closed|bezahlt|abgeschlossen|in_bearbeitung|versendet|versandt|geliefert|erstattet)$/;

/** Whether the rows of the file are orders of a shop, or their items: customer, time and total, and no names of events. */
export function isOfOrders(file: FileProfile): boolean {
  const names = file.columns.map(({ name }) => plainName(name));
  if (names.some((name) => eventNames.includes(name))) return false;
  const isNamed = orderNames.test(plainName(file.name.replace(/\.(csv|tsv)$/i, '')));
  if (!isNamed && !names.some((name) => orderColumns.test(name))) return false;
  const variant = matchColumns('experiment_assignments', file).find(
    ({ canonical }) => canonical.name === 'variant',
  );
  if (variant !== undefined && variant.column.distinct <= 10) return false;
  return timeOf(file) !== undefined && totalOf(file) !== undefined;
}

/** Takes orders for the events where there are no others: each is a purchase, and users count from their assignment on. */
export async function deriveOrders(
  database: Database,
  { matches, findings }: Derived,
  files: readonly FileProfile[],
): Promise<Derived> {
  const [orders] = files;
  if (orders === undefined) return { matches, findings };
  const events = matches.find(({ dataset }) => dataset === 'events');
  if (events !== undefined) {
    const remarks = [...(findings.remarks ?? []), remarkBeside(orders, events)];
    return { matches, findings: { ...findings, remarks } };
  }
  const { match, ...found } = await purchasesOf(database, orders, matches);
  return {
    matches: [...matches, match],
    findings: {
      guesses: [...(findings.guesses ?? []), ...found.guesses],
      questions: findings.questions ?? [],
      remarks: [...(findings.remarks ?? []), ...found.remarks],
    },
  };
}

function remarkBeside(orders: FileProfile, { file, columns }: DatasetMatch): string {
  const names = columns.find(({ canonical }) => canonical.name === 'event_name')?.column.values ?? [];
  const words = [...eventWords.purchase.telling, ...eventWords.purchase.vague];
  const hasPurchases = names.some(({ value }) => words.includes(plainName(value)));
  return hasPurchases
    ? `${orders.name} holds orders, and ${file.name} has purchases of its own, which are used: both together would count each twice.`
    : `${orders.name} holds orders, and ${file.name} has no purchases: to use both, see docs/own-data.md#recipes-orders-of-a-shop.`;
}

async function purchasesOf(
  database: Database,
  file: FileProfile,
  matches: readonly DatasetMatch[],
): Promise<{ match: DatasetMatch; guesses: Guess[]; remarks: string[] }> {
  const because = 'a row is an order of the shop, or an item of one';
  const named = (names: readonly string[]) =>
    names.flatMap((name) => file.columns.filter((column) => plainName(column.name) === name));
  const matched = matchColumns('events', file);
  const of = (name: string) => matched.find(({ canonical }) => canonical.name === name);
  const order = of('order_id')?.column ?? named(idNames).find(({ filled }) => filled === file.rows);
  const rows =
    order === undefined ? undefined : await countItems(database, file, order, totalOf(file)?.column);
  const isOrder = order !== undefined && rows?.repeated === 0;
  const id = named(['id']).find(({ distinct }) => distinct === file.rows) ?? (isOrder ? order : undefined);
  const user = await customerOf(database, file, matches);
  const time = timeOf(file);
  const columns = [
    ...(id === undefined ? [] : [as('event_id', id, because)]),
    ...(user === undefined ? [] : [user]),
    ...(time === undefined ? [] : [time]),
    ...[totalOf(file), of('currency')].filter((match) => match !== undefined),
    ...(order === undefined ? [] : [as('order_id', order, because)]),
  ];
  const state = statesOf(named(statusNames)[0], file.rows);
  return {
    match: {
      dataset: 'events',
      file,
      columns: state.column === undefined ? columns : [...columns, state.column],
      missing: id === undefined ? [contractOf('event_id')] : [],
      confidence: 'likely',
      because: 'its rows are orders: each is a purchase',
      isOutcome: true,
    },
    guesses: [
      ...(state.column === undefined
        ? [
            {
              path: ['schema', 'events', 'event_name'],
              value: { constant: 'purchase' },
              confidence: 'likely' as const,
              because: 'each order is a purchase',
            },
          ]
        : []),
      ...(rows !== undefined && rows.repeated > 0 && rows.ofOneTotal
        ? [
            {
              path: ['dedupe', 'events'],
              value: ['user_id', 'event_name', 'order_id'],
              confidence: 'likely' as const,
              because: `${formatCount(rows.repeated)} rows are further items of an order, of which the total counts once`,
            },
          ]
        : []),
      {
        path: ['experiments', '*', 'exposure'],
        value: 'assignment',
        confidence: 'likely',
        because: 'there are orders and no other events: users count from their assignment on',
      },
      {
        path: ['experiments', '*', 'guardrails', 'retention_d7'],
        value: null,
        confidence: 'likely',
        because: 'orders do not tell who came back',
      },
    ],
    remarks: [
      ...state.remarks,
      `${file.name} holds orders: what was paid back is not taken off their totals, see docs/own-data.md#recipes-orders-of-a-shop.`,
    ],
  };
}

/** Which states of orders are purchases; nothing where all are, or not every row tells. */
function statesOf(
  status: ColumnProfile | undefined,
  rows: number,
): { readonly column?: ColumnMatch; readonly remarks: readonly string[] } {
  const states = status?.values ?? [];
  const isPlaced = (value: string) => placed.test(plainName(value).replace(/^wc_/, ''));
  const others = states.filter(({ value }) => !isPlaced(value));
  if (status === undefined || others.length === 0) return { remarks: [] };
  const told = others.map(({ value, rows: count }) => `${value} ${formatCount(count)}`).join(', ');
  if (status.filled < rows || others.length === states.length) {
    return { remarks: [`Orders of every ${status.name} count as purchases, also ${told}.`] };
  }
  const values = Object.fromEntries(
    states.filter(({ value }) => isPlaced(value)).map(({ value }) => [value, 'purchase']),
  );
  const because = `orders that were placed are purchases, others are not: ${told}`;
  return { column: { ...as('event_name', status, because), values }, remarks: [] };
}

function timeOf(file: FileProfile): ColumnMatch | undefined {
  const isTime = ({ filled, timestamps, timeReading }: ColumnProfile) =>
    filled > 0 && Math.max(timestamps, timeReading?.rows ?? 0) >= 0.8 * filled;
  const [column] = timeNames
    .flatMap((name) => file.columns.filter((one) => plainName(one.name) === name))
    .filter(isTime);
  if (column !== undefined) return as('event_ts', column, 'when the order was placed');
  return matchColumns('events', file).find(({ canonical }) => canonical.name === 'event_ts');
}

function totalOf(file: FileProfile): ColumnMatch | undefined {
  return matchColumns('events', file).find(({ canonical }) => canonical.name === 'revenue');
}

/** Rows beyond the first of each order, and whether no order has several totals. */
async function countItems(
  database: Database,
  file: FileProfile,
  order: ColumnProfile,
  total: ColumnProfile | undefined,
): Promise<{ readonly repeated: number; readonly ofOneTotal: boolean }> {
  const amount = total === undefined ? 'NULL' : cellOf(file, total);
  const found = await database.row<{ rows: string; orders: string; mixed: string }>(`
    SELECT sum(items) AS rows, count(*) AS orders, count(*) FILTER (totals > 1) AS mixed
    FROM (SELECT count(*) AS items, count(DISTINCT ${amount}) AS totals FROM ${file.records}
      WHERE ${cellOf(file, order)} IS NOT NULL GROUP BY ${cellOf(file, order)})`);
  const repeated = Number(found.rows) - Number(found.orders);
  return { repeated, ofOneTotal: Number(found.mixed) <= 0.05 * Number(found.orders) };
}

/** The column, or the value in a column of JSON, whose values most of all are those of the assigned users. */
async function customerOf(
  database: Database,
  file: FileProfile,
  matches: readonly DatasetMatch[],
): Promise<ColumnMatch | undefined> {
  const assigned = matches.find(({ dataset }) => dataset === 'experiment_assignments');
  const user = assigned?.columns.find(({ canonical }) => canonical.name === 'user_id')?.column;
  const users =
    assigned === undefined || user === undefined
      ? 'SELECT NULL AS id WHERE false'
      : `SELECT DISTINCT ${cellOf(assigned.file, user)} AS id FROM ${assigned.file.records}`;
  const candidates: { match: ColumnMatch; assigned: number }[] = [];
  for (const column of file.columns.filter(({ name }) => customerNames.includes(plainName(name)))) {
    const cell = cellOf(file, column);
    const { objects } = await database.row<{ objects: string }>(
      `SELECT count(*) FILTER (${cell} LIKE '{%') AS objects FROM ${file.records}`,
    );
    const paths = Number(objects) > 0.5 * column.filled ? ['$.id', '$.email'] : [undefined];
    for (const json of paths) {
      const value =
        json === undefined
          ? cell
          : `CASE WHEN json_valid(${cell}) THEN json_extract_string(${cell}, ${literal(json)}) END`;
      const found = await database.row<Record<'filled' | 'distinct' | 'integers' | 'assigned', string>>(`
        SELECT count(value) AS filled, count(DISTINCT value) AS distinct,
          count(*) FILTER (regexp_full_match(value, '[0-9]{1,18}')) AS integers,
          count(DISTINCT value) FILTER (value IN (${users})) AS assigned
        FROM (SELECT ${value} AS value FROM ${file.records})`);
      const values = {
        filled: Number(found.filled),
        distinct: Number(found.distinct),
        integers: Number(found.integers),
      };
      if (values.filled === 0) continue;
      const ofAssigned = Number(found.assigned);
      const because =
        ofAssigned > 0
          ? `${formatCount(ofAssigned)} of its ${formatCount(values.distinct)} values are assigned users`
          : 'it may name the customer, but none of its values is an assigned user';
      candidates.push({
        assigned: ofAssigned,
        match: {
          ...as('user_id', { ...column, ...values }, because, ofAssigned > 0 ? 0.7 : 0.6),
          ...(json !== undefined && { json }),
        },
      });
    }
  }
  return candidates.toSorted((a, b) => b.assigned - a.assigned)[0]?.match;
}

const cellOf = ({ header }: FileProfile, { name }: ColumnProfile) => `c${header.indexOf(name)}`;

function contractOf(name: (typeof datasetContracts.events.columns)[number]['name']) {
  const found = datasetContracts.events.columns.find((column) => column.name === name);
  if (found === undefined) throw new Error(`events have no column ${name}`);
  return found;
}

function as(
  name: Parameters<typeof contractOf>[0],
  column: ColumnProfile,
  because: string,
  score = 0.7,
): ColumnMatch {
  return { canonical: contractOf(name), column, score, because };
}
