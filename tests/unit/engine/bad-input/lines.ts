import type { DatasetName } from '../../../../layers/data/datasets/index.ts';
import type { Fate, LineCase } from './catalogue.ts';

let lastId = 1000;
const newId = () => {
  lastId += 1;
  return String(lastId);
};

const eventColumns = [
  'event_id',
  'session_id',
  'user_id',
  'event_type',
  'event_ts',
  'product_id',
  'quantity',
  'revenue',
  'order_id',
  'currency',
] as const;
type EventFields = Partial<Record<(typeof eventColumns)[number], string>>;

/** An event like any other, but for these fields; they are written as they are. */
function event(fields: EventFields = {}): string {
  const usual: EventFields = { user_id: '1', event_type: 'search', event_ts: '2024-03-02T10:01:00' };
  return eventColumns
    .map((name) => fields[name] ?? usual[name] ?? (name === 'event_id' ? newId() : ''))
    .join(',');
}

const purchase = (fields: EventFields) => event({ event_type: 'purchase', ...fields });

type Case = Omit<LineCase, 'group'>;

const events = (input: string, ...lines: readonly (readonly [string | Buffer, Fate])[]): Case => ({
  input,
  dataset: 'events',
  lines,
});
const noted = (note: string, one: Case): Case => ({ ...one, note });
const others = (
  input: string,
  dataset: DatasetName,
  ...lines: readonly (readonly [string, Fate])[]
): Case => ({
  input,
  dataset,
  lines,
});
const bad = (column: string | null, rule: string): Fate => ({ quarantined: [column, rule] });
/** A purchase all the same. */
const unread: Fate = { taken: { revenue: null, net_revenue: '0.00' }, warned: 'amount_not_read' };
const odd = (rule: string): Fate => ({ warned: rule });
const rounded = (values: Readonly<Record<string, unknown>>): Fate => ({ taken: values, warned: 'rounded' });
const taken = (values: Readonly<Record<string, unknown>> = {}): Fate => ({ taken: values });

const values: Case[] = [
  events('a text where an id is a number: `u-7`', [
    event({ user_id: 'u-7' }),
    bad('user_id', 'id_not_integer'),
  ]),
  events('an id with a fraction: `7.5`', [event({ user_id: '7.5' }), bad('user_id', 'id_not_integer')]),
  events('an id that pandas made a float: `1.0`', [event({ user_id: '1.0' }), taken({ user_id: '1' })]),
  events('an id with leading zeros: `001`', [event({ user_id: '001' }), taken({ user_id: '1' })]),
  events('an id with thousands separators: `"1,000"`', [
    event({ user_id: '"1,000"' }),
    bad('user_id', 'id_not_integer'),
  ]),
  events('an id as spreadsheets shorten it: `1.23E+11`', [
    event({ user_id: '1.23E+11' }),
    bad('user_id', 'id_not_integer'),
  ]),
  events('an id of more than 18 digits', [
    event({ event_id: '1234567890123456789' }),
    bad('event_id', 'id_not_integer'),
  ]),
  events('an empty id of the row', [event({ event_id: '' }), bad('event_id', 'required')]),
  events(
    'the texts of a missing value as the id of the row: `NaN`, `null`, `\\N`',
    [event({ event_id: 'NaN' }), bad('event_id', 'required')],
    [event({ event_id: 'null' }), bad('event_id', 'required')],
    [event({ event_id: '\\N' }), bad('event_id', 'required')],
  ),
  events('a fraction of a thing: `1.5`', [event({ quantity: '1.5' }), bad('quantity', 'not_an_integer')]),
  events('an exponent: `1e3`', [event({ quantity: '1e3' }), bad('quantity', 'not_an_integer')]),
  events('underscores in a number: `1_000`', [
    event({ quantity: '1_000' }),
    bad('quantity', 'not_an_integer'),
  ]),
  events('a number in words: `two`', [event({ quantity: 'two' }), bad('quantity', 'not_an_integer')]),
  events('a whole number written as a float: `2.0`', [event({ quantity: '2.0' }), taken({ quantity: '2' })]),
  events('a negative quantity', [event({ quantity: '-1' }), odd('negative_quantity')]),
  events(
    'the texts of a missing value where none is needed: `NaN`, `NULL`, `N/A`, `NA`, `None`',
    [event({ quantity: 'NaN', revenue: 'NULL' }), taken({ quantity: null, revenue: null })],
    [event({ product_id: 'N/A', order_id: 'NA' }), taken({ product_id: null, order_id: null })],
    [event({ currency: 'None' }), taken({ currency: null })],
  ),
  others(
    'Namibia: the country `NA`',
    'users',
    ['11,2024-02-01,mobile,NA', taken({ country: 'NA' })],
    ['12,2024-02-01,NA,N/A', taken({ device: null, country: null })],
  ),
  events('an event without a name', [event({ event_type: '' }), bad('event_name', 'required')]),
  others(
    'an arm called None or NA',
    'experiment_assignments',
    ['2,e5,None,2024-03-01', taken({ variant: 'None' })],
    ['3,e5,NA,2024-03-01', taken({ variant: 'NA' })],
  ),
  others('an empty variant', 'experiment_assignments', ['1,e2,,2024-03-01', bad('variant', 'required')]),
  events('blanks, tabs and no-break spaces around values', [
    event({ user_id: ' 1\t', event_type: '\u00a0search ', currency: ' eur ' }),
    taken({ user_id: '1', event_name: 'search', currency: 'eur' }),
  ]),
  events('a name in capitals, and one unknown to the configuration', [
    event({ event_type: 'Purchase' }),
    taken({ event_name: 'Purchase' }),
  ]),
];

const times: Case[] = [
  events('a time in UTC: `...Z`', [
    event({ event_ts: '2024-03-02T10:20:30Z' }),
    taken({ event_ts: '2024-03-02 10:20:30' }),
  ]),
  events(
    'times with an offset: `+05:30`, ` +0000`, `-03`',
    [event({ event_ts: '2024-03-02T10:00:00+05:30' }), taken({ event_ts: '2024-03-02 04:30:00' })],
    [event({ event_ts: '2024-03-02 10:00:00 +0000' }), taken({ event_ts: '2024-03-02 10:00:00' })],
    [event({ event_ts: '2024-03-02T10:00-03' }), taken({ event_ts: '2024-03-02 13:00:00' })],
  ),
  events(
    'fractions of a second, up to nanoseconds',
    [event({ event_ts: '2024-03-02T10:00:00.5Z' }), taken({ event_ts: '2024-03-02 10:00:00.5' })],
    [event({ event_ts: '2024-03-02 10:00:00.123456789' }), taken({ event_ts: '2024-03-02 10:00:00.123456' })],
  ),
  events('a day without a time: the end of it, after every assignment of that day', [
    event({ event_ts: '2024-03-02' }),
    { taken: { event_ts: '2024-03-02 23:59:59.999999' }, warned: 'date_alone' },
  ]),
  events('a time that daylight saving leaves out somewhere: 31 March, 02:30', [
    event({ event_ts: '2024-03-31T02:30:00' }),
    taken({ event_ts: '2024-03-31 02:30:00' }),
  ]),
  events(
    'the hour that daylight saving repeats, told apart by the offset',
    [event({ event_ts: '2023-10-29T02:30:00+02:00' }), taken({ event_ts: '2023-10-29 00:30:00' })],
    [event({ event_ts: '2023-10-29T02:30:00+01:00' }), taken({ event_ts: '2023-10-29 01:30:00' })],
  ),
  events('seconds since 1970', [event({ event_ts: '1709288430' }), bad('event_ts', 'epoch_seconds')]),
  events('microseconds since 1970', [
    event({ event_ts: '1709288430000000' }),
    bad('event_ts', 'epoch_microseconds'),
  ]),
  events('UTC by name: `... UTC`', [
    event({ event_ts: '2024-03-02 10:20:30 UTC' }),
    taken({ event_ts: '2024-03-02 10:20:30' }),
  ]),
  others(
    'dates of no day where none is needed: `0000-00-00`, `1970-01-01 00:00:00`',
    'users',
    ['13,0000-00-00,mobile,DE', taken({ signup_ts: null })],
    ['14,1970-01-01 00:00:00,mobile,DE', taken({ signup_ts: null })],
  ),
  events('milliseconds since 1970', [
    event({ event_ts: '1709288430000' }),
    bad('event_ts', 'epoch_milliseconds'),
  ]),
  events(
    'days in the order of a country: `01/03/2024`, `1.3.2024`',
    [event({ event_ts: '01/03/2024' }), bad('event_ts', 'not_a_timestamp')],
    [event({ event_ts: '1.3.2024 10:00' }), bad('event_ts', 'not_a_timestamp')],
  ),
  events('a time in words: `yesterday`', [
    event({ event_ts: 'yesterday' }),
    bad('event_ts', 'not_a_timestamp'),
  ]),
  events('`infinity`, which databases take for a time', [
    event({ event_ts: 'infinity' }),
    bad('event_ts', 'not_a_timestamp'),
  ]),
  events(
    'days and hours that there are none of: 30 February, 24:00',
    [event({ event_ts: '2024-02-30' }), bad('event_ts', 'not_a_timestamp')],
    [event({ event_ts: '2024-03-02 24:00:00' }), bad('event_ts', 'not_a_timestamp')],
  ),
  events('a time zone by name: `CET`', [
    event({ event_ts: '2024-03-02 10:00:00 CET' }),
    bad('event_ts', 'not_a_timestamp'),
  ]),
  events(
    'years far away: 1969, 2101, 20250',
    [event({ event_ts: '1969-12-31' }), bad('event_ts', 'timestamp_out_of_range')],
    [event({ event_ts: '2101-01-01' }), bad('event_ts', 'timestamp_out_of_range')],
    [event({ event_ts: '20250-01-01' }), bad('event_ts', 'not_a_timestamp')],
  ),
  events('no time', [event({ event_ts: '' }), bad('event_ts', 'required')]),
];

const money: Case[] = [
  events(
    'an amount with its currency: `12.5 EUR`, `$9.50`',
    [purchase({ revenue: '12.5 EUR' }), unread],
    [event({ revenue: '$9.50' }), bad('revenue', 'not_money')],
  ),
  events('thousands separators: `"1,234.50"`', [purchase({ revenue: '"1,234.50"' }), unread]),
  events(
    'a decimal comma: `"1234,50"`, `"1.234,50"`',
    [purchase({ revenue: '"1234,50"' }), unread],
    [event({ event_type: 'refund', revenue: '"1.234,50"' }), bad('revenue', 'decimal_comma')],
  ),
  events(
    'more than two decimals: `1.999`, `72.9137186187`, `0.125`, `0.135`',
    [purchase({ revenue: '1.999' }), rounded({ revenue: '2.00' })],
    [purchase({ revenue: '72.9137186187' }), rounded({ revenue: '72.91' })],
    [purchase({ revenue: '0.125' }), rounded({ revenue: '0.12' })],
    [purchase({ revenue: '0.135' }), rounded({ revenue: '0.14' })],
  ),
  events(
    'a negative amount in parentheses or with the minus behind it: `(3.00)`, `3.00-`',
    [event({ event_type: 'refund', revenue: '(3.00)' }), taken({ revenue: '-3.00' })],
    [event({ event_type: 'refund', revenue: '3.00-' }), taken({ revenue: '-3.00' })],
  ),
  events('the noise of binary floats: `59.970000000000006`', [
    purchase({ revenue: '59.970000000000006' }),
    taken({ revenue: '59.97' }),
  ]),
  events('an exponent: `1e3`', [purchase({ revenue: '1e3' }), unread]),
  events('a purchase without revenue', [purchase({}), taken({ revenue: null, net_revenue: '0.00' })]),
  events('a purchase of negative revenue', [purchase({ revenue: '-5.00' }), odd('negative_revenue')]),
  events('revenue of an event that is no purchase', [
    event({ event_type: 'add_to_cart', revenue: '9.99' }),
    taken({ revenue: '9.99', net_revenue: '0.00' }),
  ]),
  events(
    'refunds, positive and negative, with and without an order',
    [
      event({ event_type: 'refund', revenue: '3.00', order_id: 'o1' }),
      taken({ net_revenue: '-3.00', order_id: 'o1' }),
    ],
    [event({ event_type: 'refund', revenue: '-4.00' }), taken({ net_revenue: '-4.00', order_id: null })],
  ),
  events('a currency in lower case', [
    purchase({ revenue: '1', currency: 'eur' }),
    taken({ currency: 'eur', net_revenue: '1.00' }),
  ]),
  others(
    'a price of zero, and a negative one',
    'products',
    ['11,toys,0', odd('price_not_positive')],
    ['12,toys,-1.00', odd('price_not_positive')],
  ),
  others('a price in words: `free`', 'products', ['13,toys,free', bad('price', 'not_money')]),
];

const records: Case[] = [
  events('too few fields', ['2001,,1,search', bad(null, 'too_few_fields')]),
  events('a field too many', [`${event()},surplus`, bad(null, 'too_many_fields')]),
  events('a delimiter at the end of one line, which may as well be one too many in the middle', [
    `${event()},`,
    bad(null, 'too_many_fields'),
  ]),
  events('a delimiter too many in the middle of a line, the last field of which is empty', [
    event({ currency: '', event_type: 'search,' }),
    bad(null, 'too_many_fields'),
  ]),
  events('a line of blanks', ['   ', bad(null, 'too_few_fields')]),
  events('text after a closing quotation mark', [
    event({ event_type: '"pur"chase' }),
    bad(null, 'broken_quotes'),
  ]),
  events('a quotation mark that is never closed', [
    event({ event_type: '"search' }),
    bad(null, 'broken_quotes'),
  ]),
  events('a quotation mark escaped by a backslash', [
    event({ event_type: '"sea\\"rch"' }),
    bad(null, 'broken_quotes'),
  ]),
  events('a quotation mark inside of a bare value', [
    event({ event_type: 'sea"rch' }),
    taken({ event_name: 'sea"rch' }),
  ]),
  events('a delimiter that is missing before a quoted value, in which there is one: `9.99"o,1"`', [
    event({ revenue: '9.99"o', order_id: '1"' }),
    bad(null, 'broken_quotes'),
  ]),
  events('inches in two bare values: `24"`', [
    event({ event_type: '24"', order_id: '36"' }),
    taken({ event_name: '24"', order_id: '36"' }),
  ]),
  events('a line break, a comma and a doubled quotation mark inside of a quoted value', [
    event({ event_type: '"a,\n""b"""' }),
    taken({ event_name: 'a,\n"b"' }),
  ]),
  events('a NUL byte', [event({ event_type: 'sea\0rch' }), bad(null, 'nul_byte')]),
  events('a Latin-1 letter', [
    Buffer.from(event({ event_type: 'caf\xe9' }), 'latin1'),
    bad(null, 'not_utf8'),
  ]),
  events('a letter beyond ASCII in UTF-8', [
    event({ event_type: 'café ☕' }),
    taken({ event_name: 'café ☕' }),
  ]),
  events('a line of more than a megabyte', [
    event({ event_type: 'x'.repeat(1_100_000) }),
    bad(null, 'line_too_long'),
  ]),
  events('a formula, as spreadsheets run them: `=1+1`', [
    event({ event_type: '=1+1' }),
    taken({ event_name: '=1+1' }),
  ]),
];

const twice = event({ event_id: '3001' });
const repeats: Case[] = [
  events('a line that is there twice', [twice, taken()], [twice, { duplicate: true }]),
  events(
    'lines with one event id and other content',
    [event({ event_id: '3002', quantity: '1' }), bad(null, 'conflict')],
    [event({ event_id: '3002', quantity: '2' }), bad(null, 'conflict')],
  ),
  events(
    'lines that differ in their writing alone: `1`, ` 1.0`',
    [event({ event_id: '3003', quantity: '1' }), taken({ quantity: '1' })],
    [event({ event_id: '3003', quantity: ' 1.0' }), { duplicate: true }],
  ),
  others(
    'a user who is there twice',
    'users',
    ['21,2024-02-01,mobile,DE', taken()],
    ['21,2024-02-01,mobile,DE', { duplicate: true }],
  ),
  others(
    'a user of two countries',
    'users',
    ['22,2024-02-01,mobile,DE', bad(null, 'conflict')],
    ['22,2024-02-01,mobile,FR', bad(null, 'conflict')],
  ),
  others(
    'an assignment that is there twice',
    'experiment_assignments',
    ['1,e3,control,2024-03-01', taken()],
    ['1,e3,control,2024-03-01', { duplicate: true }],
  ),
  noted(
    'the earliest counts',
    others(
      'a user assigned to the same variant again, later',
      'experiment_assignments',
      ['2,e3,treatment,2024-03-01', taken()],
      ['2,e3,treatment,2024-03-05', taken()],
    ),
  ),
  noted(
    'a crossover: the user is left out, and counted',
    others(
      'a user assigned to two variants',
      'experiment_assignments',
      ['3,e3,control,2024-03-01', taken()],
      ['3,e3,treatment,2024-03-05', taken()],
    ),
  ),
  others(
    'a session that is there twice, and one of two users',
    'sessions',
    ['21,1,2024-03-02T10:00:00,', taken()],
    ['21,1,2024-03-02T10:00:00,', { duplicate: true }],
    ['22,1,2024-03-02T10:00:00,', bad(null, 'conflict')],
    ['22,2,2024-03-02T10:00:00,', bad(null, 'conflict')],
  ),
  others(
    'a product of two prices',
    'products',
    ['21,toys,1.00', bad(null, 'conflict')],
    ['21,toys,2.00', bad(null, 'conflict')],
  ),
];

const references: Case[] = [
  events('an event of an unknown user', [event({ user_id: '77' }), bad('user_id', 'unknown_user')]),
  events('an event of an unknown session', [event({ session_id: '77' }), odd('unknown_session')]),
  events('an event of an unknown product', [event({ product_id: '77' }), odd('unknown_product')]),
  events('an event that names its session only', [
    event({ session_id: '1', user_id: '' }),
    taken({ clean_user: '1' }),
  ]),
  events(
    'an event without a user, and no session that has one',
    [event({ user_id: '' }), bad('user_id', 'no_user')],
    [event({ user_id: '', session_id: '78' }), bad('user_id', 'no_user')],
  ),
  events("an event in another user's session", [event({ session_id: '2' }), odd('session_of_another_user')]),
  others('a session of an unknown user', 'sessions', ['31,77,2024-03-02T10:00:00,', odd('unknown_user')]),
  others('an assignment of an unknown user', 'experiment_assignments', [
    '77,e4,control,2024-03-01',
    odd('unknown_user'),
  ]),
];

const order: Case[] = [
  events(
    'an event after the day of the upload',
    [event({ event_ts: '2030-01-01' }), bad('event_ts', 'in_the_future')],
    [event({ event_ts: '2024-04-02T00:00:00' }), bad('event_ts', 'in_the_future')],
  ),
  events('an event later on the day of the upload', [event({ event_ts: '2024-04-01T23:59:59' }), taken()]),
  others('an assignment after the day of the upload', 'experiment_assignments', [
    '1,e4,control,2030-01-01',
    odd('in_the_future'),
  ]),
  events('an event before the assignment', [event({ event_ts: '2024-02-20T10:00:00' }), taken()]),
  events('an exposure before the sign-up', [
    event({ event_type: 'view_product', event_ts: '2024-01-15T10:00:00' }),
    odd('exposure_before_signup'),
  ]),
  others('an assignment before the sign-up', 'experiment_assignments', [
    '1,e5,control,2024-01-15',
    odd('before_signup'),
  ]),
  others('a session that ends before it starts', 'sessions', [
    '41,1,2024-03-02T10:00:00,2024-03-02T09:00:00',
    odd('ends_before_start'),
  ]),
  events('an event outside of its session', [
    event({ session_id: '1', event_ts: '2024-03-02T18:00:00' }),
    odd('outside_session'),
  ]),
];

export const lineCases: readonly LineCase[] = [
  ...values.map((one): LineCase => ({ group: 'Values', ...one })),
  ...times.map((one): LineCase => ({ group: 'Times', ...one })),
  ...money.map((one): LineCase => ({ group: 'Money', ...one })),
  ...records.map((one): LineCase => ({ group: 'Records', ...one })),
  ...repeats.map((one): LineCase => ({ group: 'Repeats', ...one })),
  ...references.map((one): LineCase => ({ group: 'References', ...one })),
  ...order.map((one): LineCase => ({ group: 'Order of time', ...one })),
];
