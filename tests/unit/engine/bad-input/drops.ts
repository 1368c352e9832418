import { gzipSync } from 'node:zlib';
import type { FileCase } from './catalogue.ts';
import { type Drop, filesOf, goodDrop } from './good-drop.ts';
import type { Files } from './run-drop.ts';
import { summaryCases } from './summaries.ts';

const good = filesOf(goodDrop);
const goodEvents = good['events.csv'] ?? '';
const eventLines = goodDrop.events;
const [eventHeader = ''] = eventLines;

type Case = Omit<FileCase, 'group'>;

/** The good drop with other files. */
const withFiles = (files: Files): Files => ({ ...good, ...files });
const without = (...names: string[]): Files =>
  Object.fromEntries(Object.entries(good).filter(([name]) => !names.includes(name)));
const withEvents = (content: string | Uint8Array): Files => withFiles({ 'events.csv': content });
const withDrop = (drop: Partial<Drop>, files: Files = {}): Files => ({
  ...filesOf({ ...goodDrop, ...drop }),
  ...files,
});
const withHeader = (header: string): string => goodEvents.replace(eventHeader, header);
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');

const goesOn = (input: string, files: Files, outcome: FileCase['goesOn'] = {}, note?: string): Case => ({
  input,
  files,
  goesOn: outcome,
  ...(note === undefined ? {} : { note }),
});
const fails = (input: string, files: Files, error: string, message: string): Case => ({
  input,
  files,
  fails: [error, message],
});

const headers: Case[] = [
  goesOn('columns in another order', withEvents(reordered(goodEvents))),
  goesOn(
    'names in capitals, with blanks',
    withEvents(withHeader(eventHeader.toUpperCase().replaceAll(',', ' , '))),
  ),
  goesOn('names in quotation marks', withEvents(withHeader(eventHeader.replace(/\w+/g, '"$&"')))),
  goesOn('columns that nobody asked for', withEvents(withColumn(goodEvents, 'extra', 'x'))),
  goesOn('the unnamed first column of a pandas index', withEvents(indexed(goodEvents))),
  fails(
    'a column named twice',
    withEvents(withHeader(eventHeader.replace('quantity', 'revenue'))),
    'SchemaError',
    'the header names the column "revenue" twice',
  ),
  fails(
    'two columns that differ in case alone',
    withEvents(withHeader(eventHeader.replace('quantity', 'EVENT_TS').replace('event_ts', 'Event_TS'))),
    'SchemaError',
    'may both be the column "event_ts"',
  ),
  fails(
    'a required column under another name',
    withEvents(withHeader(eventHeader.replace('event_ts', 'timestamp'))),
    'SchemaError',
    'schema: { events: { event_ts: "timestamp" } }',
  ),
  fails(
    'no column that names the users',
    { ...without('sessions.csv'), 'events.csv': withHeader(eventHeader.replace('user_id', 'x')) },
    'SchemaError',
    'events name no users',
  ),
  fails(
    'no header',
    withEvents(goodEvents.slice(eventHeader.length + 1)),
    'SchemaError',
    'the file has no header',
  ),
  fails('an empty first line', withEvents(`\n${goodEvents}`), 'SchemaError', 'the header line is empty'),
  goesOn('semicolons', withEvents(goodEvents.replaceAll(',', ';'))),
  goesOn('tabs', withEvents(goodEvents.replaceAll(',', '\t'))),
  goesOn('vertical bars', withEvents(goodEvents.replaceAll(',', '|'))),
  goesOn(
    'semicolons, with commas in a name and in the values',
    withEvents(
      withColumn(goodEvents, 'net, gross', '1,5')
        .replaceAll(',', ';')
        .replaceAll(/net; gross|1;5/g, (text) => text.replace(';', ',')),
    ),
  ),
  goesOn('the line `sep=;` of a spreadsheet', withEvents(`sep=;\n${goodEvents.replaceAll(',', ';')}`)),
  goesOn(
    'comments (`#`) and a blank line above the header',
    withEvents(`# All users\n# 2024\n\n${goodEvents}`),
  ),
  goesOn(
    'blanks after the commas, and before quotation marks',
    withEvents(goodEvents.replaceAll(',', ', ').replace(' purchase,', ' "purchase",')),
  ),
  goesOn(
    'a comma at the end of the header, and of no line',
    withEvents(goodEvents.replace(eventHeader, `${eventHeader},`)),
  ),
  goesOn(
    'a comma at the end of each line, and not of the header',
    withEvents(goodEvents.replaceAll('\n', ',\n').replace(`${eventHeader},`, eventHeader)),
  ),
  goesOn(
    'a column twice that nobody asked for',
    withEvents(withColumn(withColumn(goodEvents, 'extra', 'x'), 'extra', 'y')),
  ),
  goesOn('the header once more between the lines', withEvents(`${goodEvents}${eventHeader}\n`), {
    quarantined: [['events', null, 'repeated_header', 1]],
  }),
  goesOn(
    'the header once more where every column is a text',
    withFiles({
      'products.csv': 'product_id,category\n1,toys\nproduct_id,category\n2,books\n',
      'experiment.yaml': 'id_type: string\n',
    }),
    { quarantined: [['products', null, 'repeated_header', 1]] },
  ),
  goesOn('the number of rows below: `(5 rows)`', withEvents(`${goodEvents}(5 rows)\n`), {
    quarantined: [['events', null, 'footer', 1]],
  }),
  goesOn('totals below: `Total,,,,,,1,9.99,,`', withEvents(`${goodEvents}Total,,,,,,1,9.99,,\n`), {
    quarantined: [['events', null, 'footer', 1]],
  }),
  goesOn(
    'a quotation mark too many in the header, where one reading alone has the fields of the next line',
    withEvents(withHeader(`"${eventHeader.replace('order_id', '"order_id"')}`)),
  ),
  fails(
    'blanks between the fields',
    withEvents(goodEvents.replaceAll(',', ' ')),
    'SchemaError',
    'the fields seem to be separated by blanks',
  ),
  fails(
    "apostrophes as quotation marks: `'event_id','session_id'`",
    withEvents(goodEvents.replaceAll(/[^,\n]+/g, "'$&'")),
    'SchemaError',
    'the file quotes by apostrophes',
  ),
  fails(
    'a header with a line break in a name',
    withEvents(withHeader(eventHeader.replace('order_id', '"order\nid"'))),
    'SchemaError',
    "the header's quotation marks do not match",
  ),
  fails(
    'a mapping of a column that there is none of',
    withFiles({ 'experiment.yaml': 'schema: { events: { revenu: amount } }\n' }),
    'ConfigError',
    'Did you mean "revenue"?',
  ),
];

/** The good drop with one more purchase, its cell in a column `cell` that the configuration binds to `column`. */
function withCell(column: string, how: string, cell: string): Files {
  const [, ...rows] = eventLines;
  const content = [
    `${eventHeader.replace(column, `old_${column}`)},cell`,
    ...rows.map((row) => `${row},`),
    `90,,1,purchase,2024-03-02T10:05:00,,,,,,"${cell.replaceAll('"', '""')}"`,
  ];
  return withFiles({
    'events.csv': `${content.join('\n')}\n`,
    'experiment.yaml': `schema: { events: { ${column}: { column: cell, ${how} } } }\n`,
  });
}
/** The good drop with the times of its events rewritten. */
const withTimes = (how: string, rewritten: (time: Date) => string): Files =>
  withFiles({
    'events.csv': goodEvents.replace(/2024-03-02T[0-9:]+/g, (time) => rewritten(new Date(`${time}Z`))),
    'experiment.yaml': `schema: { events: { event_ts: { column: event_ts, ${how} } } }\n`,
  });
const timeAs = (input: string, how: string, rewritten: (time: Date) => string): Case =>
  goesOn(`${input}: \`${how}\``, withTimes(how, rewritten), {
    lastEvent: { event_ts: '2024-03-02 12:00:00' },
  });
const anHourAhead = (time: Date) => new Date(time.getTime() + 3_600_000).toISOString();

const readAs = (input: string, column: string, how: string, cell: string, value: string | null): Case =>
  goesOn(
    `${input}: \`${cell}\` with \`${how}\``,
    withCell(column, how, cell),
    { accepted: { events: eventLines.length }, lastEvent: { [column]: value } },
    `\`${column}\` ${value === null ? 'is missing' : `\`${value}\``}`,
  );

const writings: Case[] = [
  readAs(
    'a decimal comma and groups of three',
    'revenue',
    'decimal: ",", thousands: "."',
    '1.234,50',
    '1234.50',
  ),
  readAs('a currency before the amount', 'revenue', 'strip_currency: true', 'EUR 182.16', '182.16'),
  readAs('a currency behind it', 'revenue', 'strip_currency: true, decimal: ","', '19,86 €', '19.86'),
  readAs('a missing text of its own', 'order_id', 'missing: ["?"]', '?', null),
  goesOn(
    'a missing text in all columns: `missing: ["?", "(unknown)"]`, which is none of an id or an arm',
    withFiles({
      'events.csv': `${goodEvents}90,,1,purchase,2024-03-02T10:05:00,?,?,?,?,?\n`,
      'experiment.yaml': 'missing: ["?", "(unknown)"]\n',
      'users.csv': `${good['users.csv']}5,?,(unknown),NULL\n`,
    }),
    { accepted: { users: 5 }, quarantined: [['events', 'product_id', 'id_not_integer', 1]] },
  ),
  goesOn(
    'amounts, times and missing texts of one file: `files: { events: { decimal: ",", zone: Europe/Amsterdam, missing: ["?"] } }`',
    withFiles({
      'events.csv': `${goodEvents}90,,1,purchase,2024-03-02T13:00:00,,?,"9,99",o9,\n`,
      'experiment.yaml':
        'files: { events: { decimal: ",", zone: Europe/Amsterdam, missing: ["?", ""] } }\nschema: { events: { revenue: { column: revenue, decimal: "," } } }\n',
    }),
    {
      accepted: { events: 6 },
      warned: [
        ['events', 'amount_not_read', 1],
        ['events', 'outside_session', 3],
      ],
      lastEvent: { event_ts: '2024-03-02 12:00:00', revenue: '9.99', quantity: null },
    },
  ),
  goesOn(
    'a delimiter, an encoding and lines above the header of one part: `files: { "events/old*": { delimiter: ";", encoding: utf-16le, skip_lines: 2 } }`',
    {
      ...without('events.csv'),
      'events/new.csv': goodEvents,
      'events/old 1.csv': Buffer.from(
        `Export, of all, events\n\n${eventHeader.replaceAll(',', ';')}\n90;;3;search;2024-03-02T13:00:00;;;;;\n`,
        'utf16le',
      ),
      'experiment.yaml': 'files: { "events/old*": { delimiter: ";", encoding: utf-16le, skip_lines: 2 } }\n',
    },
    { accepted: { events: 6 } },
  ),
  fails(
    'a file that there is none of: `files: { event: ... }`',
    withFiles({ 'experiment.yaml': 'files: { event: { decimal: "," } }\n' }),
    'ConfigError',
    'no file of the drop is called "event"',
  ),
  readAs('a value in JSON', 'order_id', 'json: $.order.id', '{"order": {"id": "o9"}}', 'o9'),
  timeAs(
    'days in the order of a country, in local time',
    'format: "%d/%m/%Y %H:%M", zone: Europe/Amsterdam',
    (time) => anHourAhead(time).replace(/(\d+)-(\d+)-(\d+)T(.....).*/, '$3/$2/$1 $4'),
  ),
  timeAs('local times', 'zone: Europe/Amsterdam', (time) => anHourAhead(time).slice(0, 19)),
  goesOn(
    'days alone, in the order of a country: `format: "%d.%m.%Y"`',
    withTimes('format: "%d.%m.%Y"', (time) => time.toISOString().replace(/(\d+)-(\d+)-(\d+)T.*/, '$3.$2.$1')),
    { warned: [['events', 'date_alone', 5]], lastEvent: { event_ts: '2024-03-02 23:59:59.999999' } },
  ),
  timeAs('seconds since 1970', 'format: epoch', (time) => String(time.getTime() / 1000)),
  timeAs('microseconds since 1970', 'format: epoch', (time) => `${time.getTime()}000`),
];

const encodings: Case[] = [
  goesOn('a byte order mark', withEvents(`\ufeff${goodEvents}`)),
  goesOn('CR LF at the ends of lines', withEvents(goodEvents.replaceAll('\n', '\r\n'))),
  goesOn('CR at the ends of lines', withEvents(goodEvents.replaceAll('\n', '\r'))),
  goesOn('LF and CR LF, mixed', withEvents(goodEvents.replace('\n', '\r\n'))),
  goesOn('no line end at the end', withEvents(goodEvents.slice(0, -1))),
  goesOn('blank lines', withEvents(goodEvents.replaceAll('\n', '\n\n'))),
  goesOn(
    'a backslash before quotation marks inside quotation marks: `"{\\"a\\": \\"b, c\\"}"`',
    {
      ...withEvents(withColumn(goodEvents, 'props', String.raw`"{\"order\": \"say \\\"o,9\\\"\"}"`)),
      'experiment.yaml': 'schema: { events: { order_id: { column: props, json: $.order } } }\n',
    },
    { lastEvent: { order_id: 'say "o,9"' } },
  ),
  goesOn(
    'a stray quotation mark where a backslash ends quoted texts: `"C:\\",`',
    withEvents(
      `${withColumn(goodEvents, 'path', String.raw`"C:\"`)}90,,1,search,2024-03-02T13:00:00,,,,,,"5\\" pipe"\n`,
    ),
    { quarantined: [['events', null, 'broken_quotes', 1]] },
  ),
  goesOn('UTF-16 with a byte order mark', withEvents(Buffer.from(`\ufeff${goodEvents}`, 'utf16le'))),
  goesOn('UTF-16 without one', withEvents(Buffer.from(goodEvents, 'utf16le'))),
  goesOn(
    'UTF-16 of the other byte order',
    withEvents(Buffer.from(`\ufeff${goodEvents}`, 'utf16le').swap16()),
  ),
  goesOn(
    'windows-1252, as Excel writes it in Europe',
    withEvents(Buffer.from(withColumn(goodEvents, 'ville', 'Orl\xe9ans'), 'latin1')),
    { warned: [['events', 'windows_1252', 5]] },
  ),
  goesOn(
    'windows-1252 in the header alone',
    withEvents(Buffer.from(withColumn(goodEvents, 'caf\xe9', 'x'), 'latin1')),
  ),
];

const packed = gzipSync(
  goodEvents + lines(20_000, (index) => `${index + 100},,1,search,2024-03-02T13:00:00,,,,,`),
);
const files: Case[] = [
  goesOn('a file compressed by gzip', { ...without('events.csv'), 'events.csv.gz': gzipSync(goodEvents) }),
  goesOn('gzip in several pieces, as parallel tools write it', {
    ...without('events.csv'),
    'events.csv.gz': Buffer.concat([gzipSync(goodEvents.slice(0, 150)), gzipSync(goodEvents.slice(150))]),
  }),
  fails(
    'gzip that ends too early',
    { ...without('events.csv'), 'events.csv.gz': packed.subarray(0, packed.length - 1000) },
    'SchemaError',
    'the file is not valid gzip, or ends too early',
  ),
  fails(
    'a plain file under the name of a compressed one',
    { ...without('events.csv'), 'events.csv.gz': goodEvents },
    'SchemaError',
    'the file is not valid gzip',
  ),
  fails(
    'a compressed file under the name of a plain one',
    withEvents(gzipSync(goodEvents)),
    'SchemaError',
    'the file is compressed',
  ),
  fails('an empty file of a required dataset', withEvents(''), 'SchemaError', 'events is empty'),
  goesOn(
    'an empty file of an optional dataset',
    withFiles({ 'products.csv': '' }),
    { accepted: { products: 0 } },
    'as if it were not there',
  ),
  goesOn('an empty part beside full ones', {
    ...without('events.csv'),
    'events/part-1.csv': '',
    'events/part-2.csv': goodEvents,
  }),
  fails(
    'a required dataset of a header alone',
    withEvents(`${eventHeader}\n`),
    'DataError',
    'events has a header, and no rows',
  ),
  goesOn(
    'an optional dataset of a header alone',
    withFiles({ 'sessions.csv': `${goodDrop.sessions[0]}\n` }),
    {
      accepted: { sessions: 0 },
      warned: [['events', 'unknown_session', 3]],
    },
  ),
  goesOn(
    'a zero date as an optional time',
    withDrop({ users: goodDrop.users.map((line) => line.replace('2024-02-02', '0000-00-00 00:00:00')) }),
  ),
  goesOn('parts with blanks and letters of all languages in their names', {
    ...without('events.csv'),
    'events/März 1 [neu].csv': goodEvents,
    'events/三月.csv': `${eventHeader}\n`,
  }),
  fails('no events', without('events.csv'), 'SchemaError', 'the drop has no events'),
  goesOn(
    'no users, products and sessions',
    without('users.csv', 'products.csv', 'sessions.csv'),
    {
      accepted: { users: 0, products: 0, sessions: 0 },
    },
    'checks, metrics and segments that need them are unavailable, by name',
  ),
  goesOn(
    'a line that is in two parts',
    {
      ...without('events.csv'),
      'events/part-1.csv': goodEvents,
      'events/part-2.csv': `${eventHeader}\n${eventLines[1]}\n`,
    },
    { duplicates: { events: 1 } },
  ),
  goesOn(
    'lines of one event id in two parts that differ',
    {
      ...without('events.csv'),
      'events/part-1.csv': `${goodEvents}90,,3,search,2024-03-02T13:00:00,,1,,,\n`,
      'events/part-2.csv': `${eventHeader}\n90,,3,search,2024-03-02T13:00:00,,2,,,\n`,
    },
    { quarantined: [['events', null, 'conflict', 2]] },
  ),
  goesOn(
    'parts with other columns, in another order',
    {
      ...without('events.csv'),
      'events/part-1.csv': goodEvents,
      'events/part-2.csv': 'event_ts,event_id,event_type,user_id\n2024-03-02T13:00:00,90,search,1\n',
    },
    { accepted: { events: 6 } },
  ),
];

const drops: Case[] = [
  fails(
    'rows of which all are bad',
    withEvents(`${eventHeader}\n${lines(50, () => 'x,,1,search,2024-03-02T13:00:00,,,,,')}`),
    'DataError',
    'too many bad rows: 50 of 50, where 5 % are tolerated; event_id id_not_integer 50 (line 2: "x")',
  ),
  fails(
    'more bad rows than the dataset tolerates, of several kinds',
    withEvents(
      goodEvents +
        lines(300, (index) => `${index + 100},,1,search,2024-03-02T13:00:00,,,,,`) +
        lines(20, (index) => `${index + 500},,1,search,1709288430,,,,,`) +
        lines(5, (index) => `${index + 600},,1,search,2024-03-02T13:00:00,,two,,,`),
    ),
    'DataError',
    'too many bad rows: 25 of 330, where 5 % are tolerated; event_ts epoch_seconds 20 (line 307: "1709288430"), quantity not_an_integer 5 (line 327: "two")',
  ),
  goesOn(
    'a few bad rows of a small file, though more than 5 %',
    withEvents(`${goodEvents}${lines(2, () => 'x,,1,search,2024-03-02T13:00:00,,,,,')}`),
    { quarantined: [['events', 'event_id', 'id_not_integer', 2]] },
    'fewer than 20 are always tolerated, unless all are bad',
  ),
  fails(
    'events of users who are not in the users file, more than 5 %',
    withEvents(goodEvents + lines(30, (index) => `${index + 100},,77,search,2024-03-02T13:00:00,,,,,`)),
    'DataError',
    'too many bad rows: 30 of 35, where 5 % are tolerated; user_id unknown_user 30 (raw/events.csv:7: "77")',
  ),
  fails(
    'events of unknown users in a part, told with the part',
    {
      ...without('events.csv'),
      'events/part-1.csv': goodEvents,
      'events/part-2.csv': `${eventHeader}\n${lines(30, (index) => `${index + 100},,77,search,2024-03-02T13:00:00,,,,,`)}`,
    },
    'DataError',
    'user_id unknown_user 30 (raw/events/part-2.csv:2: "77")',
  ),
  goesOn(
    'users to leave out, in a column of a compressed file',
    withFiles({ 'excluded_users.csv.gz': gzipSync('why,user_id\nstaff,1\n') }),
    {},
    'the user is left out, and counted in the population',
  ),
  fails(
    'a user to leave out who is no id',
    withFiles({ 'excluded_users.csv': 'user_id\n1\nstaff\n' }),
    'DataError',
    '"staff" is no id of a user (id_type: bigint) (excluded_users.csv:3)',
  ),
  fails(
    'two currencies',
    withEvents(`${goodEvents}90,,3,purchase,2024-03-02T13:00:00,,1,5.00,,USD\n`),
    'DataError',
    'EUR, USD',
  ),
  goesOn(
    'one currency in two writings',
    withEvents(`${goodEvents}90,,3,purchase,2024-03-02T13:00:00,,1,5.00,,eur\n`),
    {
      accepted: { events: 6 },
      lastEvent: { currency: 'eur' },
    },
  ),
  fails(
    'a currency that is no code of three letters',
    withEvents(`${goodEvents}90,,3,purchase,2024-03-02T13:00:00,,1,5.00,,Euro\n`),
    'DataError',
    'currency not a currency: "Euro" (raw/events.csv:7)',
  ),
  goesOn(
    'ids that are texts and look like numbers, with `id_type: string`',
    withDrop(
      {
        events: [
          ...eventLines,
          '007,,1,search,2024-03-02T13:00:00,,,,,',
          '7,,1,search,2024-03-02T13:00:00,,,,,',
        ],
      },
      { 'experiment.yaml': 'id_type: string\n' },
    ),
    { accepted: { events: 7 }, lastEvent: { event_id: '7' } },
    '`007` and `7` are two ids',
  ),
  goesOn(
    'ids of which some are texts, and numbers with zeros before them, with `id_type: auto`',
    withDrop(
      {
        users: [...goodDrop.users.map((line) => line.replace(/^(\d),/, '000$1,')), 'A5,2024-02-05,mobile,DE'],
        events: [
          ...eventLines,
          '90,,A5,search,2024-03-02T13:00:00,,,,,',
          '91,,002,search,2024-03-02T13:00:00,,,,,',
        ],
      },
      { 'experiment.yaml': 'id_type: auto\n' },
    ),
    {
      accepted: { users: 5, events: 7 },
      lastEvent: { user_id: '2' },
      warned: [
        ['users', 'id_respelled', 4],
        ['events', 'id_respelled', 1],
      ],
    },
    '`002` and `2` are one user',
  ),
  goesOn(
    'events without an id, with `event_id: { column: user_id, with: [event_ts, event_type] }`',
    withDrop(
      { events: [...eventLines, eventLines[1] ?? ''].map((line) => line.replace(/^[^,]*,/, '')) },
      {
        'experiment.yaml':
          'id_type: string\nschema: { events: { event_id: { column: user_id, with: [event_ts, event_type] } } }\n',
      },
    ),
    { duplicates: { events: 1 }, lastEvent: { event_id: '1-2024-03-02T10:01:00-view_product' } },
  ),
  goesOn(
    'rows without an id, with `event_id: { line_number: true }`',
    withDrop(
      {
        events: [...eventLines, '', eventLines[1] ?? '', '9,,x,search,2024-03-02T13:00:00,,,,,'].map((line) =>
          line.replace(/^[^,]*,/, ''),
        ),
      },
      { 'experiment.yaml': 'schema: { events: { event_id: { line_number: true } } }\n' },
    ),
    {
      accepted: { events: 6 },
      quarantined: [['events', 'user_id', 'id_not_integer', 1]],
      lastEvent: { event_id: '8' },
    },
    'an id is the line in the file, and a row that is there twice counts twice',
  ),
  fails(
    'lines as the users of one file, and ids as those of another',
    withFiles({
      'experiment.yaml': 'schema: { experiment_assignments: { user_id: { line_number: true } } }\n',
    }),
    'SchemaError',
    'experiment_assignments.user_id is the line in its file, and users.user_id of',
  ),
  fails(
    'lines as ids of rows in several files',
    {
      ...without('events.csv'),
      'events/part-1.csv': goodEvents,
      'events/part-2.csv': goodEvents.replaceAll('view_product', 'search'),
      'experiment.yaml': 'schema: { events: { event_id: { line_number: true } } }\n',
    },
    'SchemaError',
    'is the line in another one',
  ),
  fails(
    'a column to join that there is none of',
    withDrop(
      {},
      { 'experiment.yaml': 'schema: { events: { event_id: { column: event_id, with: [nr] } } }\n' },
    ),
    'SchemaError',
    'there is no column "nr" to join to "event_id"',
  ),
  fails(
    'sessions in place of the users of assignments alone',
    withDrop(
      {
        experiment_assignments: goodDrop.experiment_assignments.map((line) =>
          line.replace('user_id', 'session_id'),
        ),
      },
      { 'experiment.yaml': 'schema: { experiment_assignments: { user_id: session_id } }\n' },
    ),
    'SchemaError',
    'ids of sessions and of users would be taken for one another',
  ),
  fails(
    'ids that are texts, without `id_type: string`',
    withEvents(`${eventHeader}\n${lines(50, (index) => `e-${index},,1,search,2024-03-02T13:00:00,,,,,`)}`),
    'DataError',
    'If ids are texts, say so in experiment.yaml: id_type: string',
  ),
  goesOn(
    'a variant that the weights do not name',
    withDrop(
      { experiment_assignments: [...goodDrop.experiment_assignments.slice(0, 4), '4,e,gold,2024-03-01'] },
      {
        'experiment.yaml': 'experiments: { e: { weights: { control: 0.5, treatment: 0.5 } } }\n',
      },
    ),
    {},
    'the user is left out, and counted in the population',
  ),
];

export const fileCases: readonly FileCase[] = [
  ...headers.map((one): FileCase => ({ group: 'Headers', ...one })),
  ...writings.map((one): FileCase => ({ group: 'Writings that the configuration names', ...one })),
  ...encodings.map((one): FileCase => ({ group: 'Encodings and line ends', ...one })),
  ...files.map((one): FileCase => ({ group: 'Files', ...one })),
  ...drops.map((one): FileCase => ({ group: 'Whole drops', ...one })),
  ...summaryCases,
];

/** The columns of a file without quotation marks, the last one first. */
function reordered(content: string): string {
  return content
    .split('\n')
    .map((line) => line.split(',').toReversed().join(','))
    .join('\n');
}

function indexed(content: string): string {
  return content
    .split('\n')
    .map((line, index) => (line === '' ? '' : `${index === 0 ? '' : index - 1},${line}`))
    .join('\n');
}

function withColumn(content: string, name: string, value: string): string {
  return content
    .split('\n')
    .map((line, index) => (line === '' ? '' : `${line},${index === 0 ? name : value}`))
    .join('\n');
}
