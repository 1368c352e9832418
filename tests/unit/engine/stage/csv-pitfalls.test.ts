import { describe, expect, test } from 'vitest';
import { SchemaError } from '../../../../layers/platform/errors.ts';
import { ingestText, type Outcome } from './ingest-text.ts';

const header = 'event_id,user_id,event_name,event_ts,quantity,revenue';
const line = (id: number, name = 'purchase') => `${id},7,${name},2024-03-01 10:00:00,1,9.50`;
const file = (...lines: string[]) => `${[header, ...lines].join('\n')}\n`;

const ids = ({ rows }: Outcome) => rows.map(({ event_id, _line }) => [event_id, _line]);
const faults = (outcome: Outcome) =>
  outcome.faults.map(({ line: at, column, rule, raw }) => [at, column, rule, raw]);

function expectToAddUp({ lines, accepted, quarantined, rows, faults: quarantine, rules }: Outcome): void {
  expect(lines).toBe(accepted + quarantined);
  expect(rows).toHaveLength(accepted);
  expect(quarantine).toHaveLength(quarantined);
  expect(rules.reduce((sum, rule) => sum + rule.rows, 0)).toBe(quarantined);
}

async function ingested(content: string | Uint8Array): Promise<Outcome> {
  const outcome = await ingestText(content);
  expectToAddUp(outcome);
  return outcome;
}

describe('values that DuckDB would change or drop without a word', () => {
  test.each([
    ['not a time', '1,7,purchase,yesterday,1,9.50', 'event_ts', 'not_a_timestamp'],
    ['infinity as a time', '1,7,purchase,infinity,1,9.50', 'event_ts', 'not_a_timestamp'],
    ['a time in the year 20250', '1,7,purchase,20250-01-01,1,9.50', 'event_ts', 'not_a_timestamp'],
    ['a time before 1970', '1,7,purchase,1969-12-31 23:59:59,1,9.50', 'event_ts', 'timestamp_out_of_range'],
    ['a day that no month has', '1,7,purchase,2024-02-30,1,9.50', 'event_ts', 'not_a_timestamp'],
    ['a fraction as an integer', '1,7,purchase,2024-03-01,1.5,9.50', 'quantity', 'not_an_integer'],
    ['an exponent as an integer', '1,7,purchase,2024-03-01,1e3,9.50', 'quantity', 'not_an_integer'],
    ['underscores as an integer', '1,7,purchase,2024-03-01,1_000,9.50', 'quantity', 'not_an_integer'],
    ['an exponent of money', '1,7,purchase,2024-03-01,1,1e3', 'revenue', 'not_money'],
    ['a currency sign', '1,7,purchase,2024-03-01,1,$9.50', 'revenue', 'not_money'],
    ['text as an id', '1,abc,purchase,2024-03-01,1,9.50', 'user_id', 'id_not_integer'],
    ['an empty required value', ',7,purchase,2024-03-01,1,9.50', 'event_id', 'required'],
  ])('%s is quarantined with its line and its rule', async (_, bad, column, rule) => {
    const outcome = await ingested(file(line(1), bad, line(3)));
    expect(ids(outcome)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(faults(outcome)).toEqual([['3', column, rule, bad]]);
  });

  test('a time with an offset becomes UTC', async () => {
    const { rows } = await ingested(file('1,7,purchase,2024-03-01T10:00:00+05:30,1,9.50'));
    expect(rows[0]?.event_ts).toBe('2024-03-01 04:30:00');
  });

  test('an empty and an empty quoted field are both missing', async () => {
    const { rows } = await ingested(file('1,,purchase,2024-03-01,,""'));
    expect(rows[0]).toMatchObject({ user_id: null, quantity: null, revenue: null });
  });
});

describe('headers', () => {
  test('columns are bound by name, whatever their order', async () => {
    const { rows } = await ingested('event_ts,event_name,event_id,user_id\n2024-03-01,purchase,1,7\n');
    expect(rows[0]).toMatchObject({ event_id: '1', user_id: '7', event_name: 'purchase' });
  });

  test.each([
    ['a column named twice', 'event_id,event_id,event_name,event_ts\n1,1,x,2024-03-01\n', /twice/],
    ['no header', '1,7,purchase,2024-03-01 10:00:00,1,9.50\n', /no header.*"1"/],
    ['no byte', '', /is empty/],
    ['an empty first line', `\n${file(line(1))}`, /header line is empty/],
  ])('%s is a SchemaError', async (_, content, message) => {
    const error = await ingestText(content).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SchemaError);
    expect((error as Error).message).toMatch(message);
  });

  test.each([
    ['semicolons', 'event_id;event_name;event_ts\n1;a,b;2024-03-01\n'],
    ['tabs', 'event_id\tevent_name\tevent_ts\n1\ta,b\t2024-03-01\n'],
    ['a tab in quotation marks', 'event_id\tevent_name\tevent_ts\n1\t"a,b"\t2024-03-01\n'],
    ['one name alone with a comma', 'event_id|"event_name"|event_ts|a,b\n1|"a,b"|2024-03-01|x\n'],
    ['UTF-16', Buffer.from('\ufeffevent_id;event_name;event_ts\n1;a,b;2024-03-01\n', 'utf16le')],
  ])('the delimiter is found: %s', async (_, content) => {
    expect((await ingestText(content)).rows).toMatchObject([
      { event_id: '1', event_name: 'a,b', _line: '2' },
    ]);
  });

  test('a later byte range is read with the delimiter of its columns', async () => {
    const content = '7;a,b;2024-03-01\n8;"c;d";2024-03-01\n';
    const { rows } = await ingestText(content, { rangeOf: 'event_id;event_name;event_ts\n' });
    expect(rows).toMatchObject([{ event_name: 'a,b' }, { event_name: 'c;d' }]);
  });

  test('UTF-16 is not read in byte ranges', async () => {
    const whole = Buffer.from(`\ufeff${file(line(1))}`, 'utf16le');
    await expect(ingestText(whole, { firstRange: true })).rejects.toThrow('UTF-16, which cannot be read');
  });

  test('lines keep their numbers below comments, and a footer has its own rule', async () => {
    const { rows, faults: found } = await ingestText(
      `# All users\n# ---\n\n${file(line(1), line(2))}(2 rows)\n`,
    );
    expect(rows.map(({ _line }) => _line)).toEqual(['5', '6']);
    expect(found.map((fault) => [fault.line, fault.rule])).toEqual([['7', 'footer']]);
  });

  test('a file none of whose letters beyond ASCII is UTF-8 is windows-1252, and its rows say so', async () => {
    const { rows } = await ingestText(
      Buffer.from(
        'event_id,event_name,event_ts\n1,caf\xe9 \x80,2024-03-01 10:00\n2,x,2024-03-01 10:00\n',
        'latin1',
      ),
    );
    expect(rows).toMatchObject([
      { event_name: 'caf\u00e9 \u20ac', _notes: 'windows_1252' },
      { event_name: 'x', _notes: null },
    ]);
  });

  test.each([
    ['NUL bytes in the header', Buffer.from('event_id,e\0\0vent\n'), /NUL byte/],
    ['gzip under the name of a CSV', Buffer.from([0x1f, 0x8b, 0x08, 0x0a]), /compressed/],
  ])('%s is a SchemaError', async (_, content, message) => {
    await expect(ingestText(content)).rejects.toThrow(message);
  });

  test('a header alone gives no rows', async () => {
    for (const content of [header, `${header}\n`, `${header}\r\n`]) {
      expect(await ingested(content)).toMatchObject({ lines: 0, accepted: 0, quarantined: 0, rows: [] });
    }
  });
});

describe('shapes of files that are read as they are meant', () => {
  const three = [line(1), line(2), line(3)];
  const expected = [
    ['1', '2'],
    ['2', '3'],
    ['3', '4'],
  ];

  test.each([
    ['LF', file(...three)],
    ['CRLF', file(...three).replaceAll('\n', '\r\n')],
    ['CR', file(...three).replaceAll('\n', '\r')],
    ['CR CR LF', file(...three).replaceAll('\n', '\r\r\n')],
    ['mixed LF and CRLF', `${header}\n${three[0]}\r\n${three[1]}\n${three[2]}\r\n`],
    ['CRLF first, then LF', `${header}\r\n${three[0]}\n${three[1]}\n${three[2]}\n`],
    ['no final line end', file(...three).slice(0, -1)],
    [
      'CRLF without a final one',
      file(...three)
        .slice(0, -1)
        .replaceAll('\n', '\r\n'),
    ],
    ['a byte order mark', `\ufeff${file(...three)}`],
    ['a byte order mark before a quoted header', `\ufeff${file(...three).replace('event_id', '"event_id"')}`],
    ['a delimiter at the end of lines', file(...three.map((text) => `${text},`))],
    ['all fields quoted', file(...three).replaceAll(/[^,\n]+/g, '"$&"')],
    ['blanks around values', file(...three).replaceAll(',', ' ,\t')],
    ['blanks around quotation marks', file(...three.map((text) => text.replace('purchase', ' "purchase" ')))],
  ])('%s', async (_, content) => {
    const outcome = await ingested(content);
    expect(ids(outcome)).toEqual(expected);
    expect(outcome.rows.map((row) => row.event_name)).toEqual(['purchase', 'purchase', 'purchase']);
  });

  test('blank lines are no records, and lines after them keep their number', async () => {
    const outcome = await ingested(`${header}\n\n${line(1)}\n\n\n${line(2)}\n\n`);
    expect(outcome.lines).toBe(2);
    expect(ids(outcome)).toEqual([
      ['1', '3'],
      ['2', '6'],
    ]);
  });

  test('a blank line of a file with one column is no record', async () => {
    const outcome = await ingestText('product_id\n1\n\n2\n', { dataset: 'products' });
    expect(outcome).toMatchObject({ lines: 2, accepted: 2 });
  });

  test('quoted line breaks, commas and quotation marks belong to the value', async () => {
    const outcome = await ingested(file(line(1, '"a,""b""\nc"'), line(2), line(3, '"d\r\ne"'), line(4)));
    expect(outcome.rows.map((row) => [row.event_name, row._line])).toEqual([
      ['a,"b"\nc', '2'],
      ['purchase', '4'],
      ['d\r\ne', '5'],
      ['purchase', '7'],
    ]);
  });

  test('a CR CR LF counts as one line, also inside quotation marks', async () => {
    const outcome = await ingested(file(line(1, '"a\nb"'), line(2), '', line(3)).replaceAll('\n', '\r\r\n'));
    expect(ids(outcome)).toEqual([
      ['1', '2'],
      ['2', '4'],
      ['3', '6'],
    ]);
  });

  test('a line break inside quotation marks does not decide how lines end', async () => {
    const outcome = await ingested(file(line(1, '"a\r\nb"'), line(2)));
    expect(ids(outcome)).toEqual([
      ['1', '2'],
      ['2', '4'],
    ]);
  });

  test('a quotation mark inside an unquoted value is text', async () => {
    expect((await ingested(file(line(1, 'a"b'), line(2)))).rows[0]?.event_name).toBe('a"b');
  });
});

describe('quotation marks that a backslash escapes', () => {
  const escaped = '2,7,"pur\\"cha\\\\se\\n",2024-03-01,1,9.50';

  test('are read so where all of the file is right then, and other backslashes stay', async () => {
    const outcome = await ingested(file(line(1), escaped, line(3)));
    expect(outcome.rows.map(({ event_name }) => event_name)[1]).toBe('pur"cha\\se\\n');
    expect(faults(outcome)).toEqual([]);
  });

  test('are broken ones where a mark stays open in another line', async () => {
    const outcome = await ingested(file(line(1), escaped, '3,7,"purchase,2024-03-01,1,9.50'));
    expect(faults(outcome).map(([at, , rule]) => [at, rule])).toEqual([
      ['3', 'broken_quotes'],
      ['4', 'broken_quotes'],
    ]);
  });
});

describe('records that are not well formed', () => {
  const cases: [string, string | Buffer, string][] = [
    ['too few fields', '2,7,purchase', 'too_few_fields'],
    ['too many fields', `${line(2)},extra`, 'too_many_fields'],
    ['blanks alone', '   ', 'too_few_fields'],
    ['text after a closing quotation mark', '2,7,"pur"chase,2024-03-01,1,9.50', 'broken_quotes'],
    ['a quotation mark that is never closed', '2,7,"purchase,2024-03-01,1,9.50', 'broken_quotes'],
    ['a NUL byte', '2,7,pur\0chase,2024-03-01,1,9.50', 'nul_byte'],
    ['Latin-1', Buffer.from('2,7,caf\xe9,2024-03-01,1,9.50', 'latin1'), 'not_utf8'],
  ];
  test.each(cases)('%s costs its own line and no other', async (_, bad, rule) => {
    const content = Buffer.concat([
      Buffer.from(`${header}\n${line(1)}\n`),
      Buffer.from(bad),
      Buffer.from(`\n${line(3)}\n${line(4, 'caf\u00e9')}\n`),
    ]);
    const outcome = await ingested(content);
    expect(ids(outcome)).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['4', '5'],
    ]);
    const raw = Buffer.from(bad).toString('utf8').replaceAll('\0', '\ufffd');
    expect(faults(outcome)).toEqual([['3', null, rule, raw]]);
  });

  test.each([
    ['plain lines', line(1)],
    ['quoted values', line(1, '"purchase"')],
  ])('a delimiter too many in the middle of a record that ends empty is found: %s', async (_, first) => {
    // A quantity of none, a revenue of 1 and the order 9.50: DuckDB takes the empty field at the end for none.
    const shifted = '2,7,purchase,2024-03-01 10:00:00,,1,9.50,';
    const content = [`${header},order_id`, `${first},o1`, shifted, `${line(3)},`].join('\n');
    const outcome = await ingestText(content);
    expect(ids(outcome)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(outcome.faults.map(({ line: at, rule, reason }) => [at, rule, reason])).toEqual([
      ['3', 'too_many_fields', "the record has 8 fields, most of the file's have 7"],
    ]);
  });

  test('a record without the delimiter that others end with lacks one in its middle, as well as it may', async () => {
    const outcome = await ingested(file(`${line(1)},`, `${line(2)}`, `${line(3)},`));
    expect(outcome.rows.map(({ event_id }) => event_id)).toEqual(['1', '3']);
    expect(faults(outcome)).toEqual([['3', null, 'too_few_fields', line(2)]]);
  });

  test('a line of more than a megabyte is quarantined, cut to what a reader can use', async () => {
    const outcome = await ingested(file(line(1), line(2, 'x'.repeat(9_000_000)), line(3)));
    expect(ids(outcome)).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    expect(outcome.faults[0]).toMatchObject({ line: '3', rule: 'line_too_long' });
    expect(String(outcome.faults[0]?.raw).length).toBeLessThanOrEqual(10_000);
  });

  test('two stray quotation marks far apart do not hide the rows between them', async () => {
    const between = Array.from({ length: 500 }, (_, index) => line(index + 10));
    const stray = '1,7,"purchase,2024-03-01,1,9.50';
    const outcome = await ingested(file(stray, ...between, stray));
    expect(outcome).toMatchObject({ lines: 502, accepted: 500, quarantined: 2 });
  });

  test('the first broken rule names the row, and the reason tells all of them', async () => {
    const { faults: rows } = await ingested(file('x,7,purchase,never,1,free'));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      source_key: 'raw/events.csv',
      source_version: 'v1',
      line: '2',
      dataset: 'events',
      column: 'event_id',
      rule: 'id_not_integer',
      reason:
        'event_id "x" is not a whole number of at most 18 digits; ' +
        'event_ts "never" is not a date or time such as 2024-05-31 or 2024-05-31T23:59:59Z; ' +
        'revenue "free" is not an amount such as 1234.50',
      raw: 'x,7,purchase,never,1,free',
    });
  });

  test('rules are counted with their first examples', async () => {
    const bad = Array.from({ length: 5 }, (_, index) => `${index},x${index},purchase,2024-03-01,1,9.50`);
    const { rules } = await ingested(file(...bad, '1,2'));
    expect(rules).toEqual([
      {
        dataset: 'events',
        column: 'user_id',
        rule: 'id_not_integer',
        rows: 5,
        examples: [
          { file: 'raw/events.csv', line: 2, value: 'x0' },
          { file: 'raw/events.csv', line: 3, value: 'x1' },
          { file: 'raw/events.csv', line: 4, value: 'x2' },
        ],
      },
      {
        dataset: 'events',
        column: null,
        rule: 'too_few_fields',
        rows: 1,
        examples: [{ file: 'raw/events.csv', line: 7, value: '1,2' }],
      },
    ]);
  });
});

test('a line as an id is that of the file, whatever stands between the lines and whichever part of the users it is in', async () => {
  const content = file(
    line(1),
    '',
    '2,7,"a\nb",2024-03-01 10:00:00,1,9.50',
    'x',
    line(3),
    line(3),
  ).replaceAll(/^(\d|event_id),/gm, '');
  const whole = { user_id: { line_number: true }, event_id: { line_number: true } } as const;
  for (const buckets of [1, 2]) {
    const { rows, faults: bad } = await ingestText(content, { mapping: whole, buckets });
    const found = rows.map(({ event_id, user_id, _line }) => [event_id, user_id, _line]);
    expect(found.toSorted()).toEqual([2, 4, 7, 8].map((id) => [String(id), String(id), String(id)]));
    expect(bad.map((row) => row.line)).toEqual(['6']);
  }
});
