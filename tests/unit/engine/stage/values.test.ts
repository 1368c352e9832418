import { describe, expect, test } from 'vitest';
import type { ColumnSource } from '../../../../layers/data/column-binding.ts';
import { missingTexts } from '../../../../layers/data/values.ts';
import { ingestText } from './ingest-text.ts';

/** The value of one column of an event with this text in it, or the rule that the text breaks. */
async function judge(column: string, texts: readonly string[], idType: 'bigint' | 'string' = 'bigint') {
  const columns = { event_id: '1', event_name: 'x', event_ts: '2024-01-01', [column]: '' };
  const names = Object.keys(columns);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = texts.map((text) =>
    names.map((name) => quoted(name === column ? text : (columns[name] ?? ''))).join(','),
  );
  const { rows, faults } = await ingestText(`${names.join(',')}\n${lines.join('\n')}\n`, { idType });
  const outcomes = new Map([
    ...rows.map((row): [unknown, unknown] => [row._line, row[column]]),
    ...faults.map((fault): [unknown, unknown] => [fault.line, `! ${fault.rule}`]),
  ]);
  return texts.map((_, index) => outcomes.get(String(index + 2)));
}

async function expectValues(
  column: string,
  cases: readonly (readonly [string, unknown])[],
  idType?: 'bigint' | 'string',
) {
  const found = await judge(
    column,
    cases.map(([text]) => text),
    idType,
  );
  expect(cases.map(([text], index) => [text, found[index]])).toEqual(cases);
}

describe('typed values', () => {
  test('ids are whole numbers; those that pandas wrote as floats are too', async () => {
    await expectValues('user_id', [
      ['1', '1'],
      ['-1', '-1'],
      ['007', '7'],
      ['123.0', '123'],
      ['123.00', '123'],
      [' 5 ', '5'],
      ['', null],
      ['   ', null],
      ['999999999999999999', '999999999999999999'],
      ['1234567890123456789', '! id_not_integer'],
      ['123.5', '! id_not_integer'],
      ['1e3', '! id_not_integer'],
      ['1.00000000000001E+14', '100000000000001'],
      ['1.23456e+05', '123456'],
      ['1.23E+11', '! id_not_integer'],
      ['+1', '! id_not_integer'],
      ['1,000', '! id_not_integer'],
      ...missingTexts.map((text): [string, null] => [text, null]),
      ['nil', '! id_not_integer'],
    ]);
  });

  test('ids are any text where the configuration says so', async () => {
    await expectValues(
      'user_id',
      [
        ['u-1', 'u-1'],
        [' u 2 ', 'u 2'],
        ['123.0', '123'],
        ['007', '007'],
        ['nan', null],
        ['NA', 'NA'],
        ['None', 'None'],
        ['', null],
      ],
      'string',
    );
  });

  test('times are UTC, with or without an offset, a time of day and fractions', async () => {
    await expectValues('event_ts', [
      ['2024-03-01', '2024-03-01 23:59:59.999999'],
      ['2024-03-01 10:20', '2024-03-01 10:20:00'],
      ['2024-03-01T10:20', '2024-03-01 10:20:00'],
      ['2024-03-01 10:20:30', '2024-03-01 10:20:30'],
      ['2024-03-01T10:20:30.123456', '2024-03-01 10:20:30.123456'],
      ['2024-03-01 10:20:30.123456789', '2024-03-01 10:20:30.123456'],
      ['2024-03-01T10:20:30Z', '2024-03-01 10:20:30'],
      ['2024-03-01T10:20Z', '2024-03-01 10:20:00'],
      ['2024-03-01 10:20:30+05:30', '2024-03-01 04:50:30'],
      ['2024-03-01 10:20 -03:00', '2024-03-01 13:20:00'],
      ['2024-03-01 10:20:30 +0000', '2024-03-01 10:20:30'],
      ['2024-03-01 10:20:30+02', '2024-03-01 08:20:30'],
      ['2024-03-01 10:20:30 UTC', '2024-03-01 10:20:30'],
      ['2024-03-01 10:20:30.123 UTC', '2024-03-01 10:20:30.123'],
      ['\t2024-03-01 10:20:30 ', '2024-03-01 10:20:30'],
      ['1970-01-01', '1970-01-01 23:59:59.999999'],
      ['2100-12-31T23:59:59Z', '2100-12-31 23:59:59'],
      ['1969-12-31', '! timestamp_out_of_range'],
      ['2101-01-01', '! timestamp_out_of_range'],
      ['1970-01-01T00:00:00+01:00', '! timestamp_out_of_range'],
      ['2024-03-01 24:00:00', '! not_a_timestamp'],
      ['2024-03-01 10:60', '! not_a_timestamp'],
      ['2024-13-01', '! not_a_timestamp'],
      ['2024-3-1', '! not_a_timestamp'],
      ['01/03/2024', '! not_a_timestamp'],
      ['1709288430', '! epoch_seconds'],
      ['1709288430.25', '! epoch_seconds'],
      ['1709288430000', '! epoch_milliseconds'],
      ['1709288430000000', '! epoch_microseconds'],
      ['20240301', '! not_a_timestamp'],
      ['2024-03-01 10:20:30 CET', '! not_a_timestamp'],
      ['2024-03-01Z', '! not_a_timestamp'],
      ['', '! required'],
    ]);
  });

  test('integers have no fraction', async () => {
    await expectValues('quantity', [
      ['2', '2'],
      ['-2', '-2'],
      ['2.0', '2'],
      ['', null],
      ['2.5', '! not_an_integer'],
      ['1e3', '! not_an_integer'],
      ['1_000', '! not_an_integer'],
      ['two', '! not_an_integer'],
    ]);
  });

  test('money has cents; the noise of floats is no third decimal', async () => {
    await expectValues('revenue', [
      ['59.97', '59.97'],
      ['59.9', '59.90'],
      ['59', '59.00'],
      ['-5.00', '-5.00'],
      ['59.9700', '59.97'],
      ['59.970000000000006', '59.97'],
      ['59.96999999999999', '59.97'],
      ['0.30000000000000004', '0.30'],
      ['.5', '0.50'],
      ['5.', '5.00'],
      ['999999999999999.99', '999999999999999.99'],
      ['', null],
      ['59.975', '59.98'],
      ['59.965', '59.96'],
      ['-59.965', '-59.96'],
      ['59.9650000001', '59.97'],
      ['59.970001', '59.97'],
      ['72.9137186187', '72.91'],
      ['0.001', '0.00'],
      ['0.005', '0.00'],
      ['0.015', '0.02'],
      ['(12.00)', '-12.00'],
      ['12.00-', '-12.00'],
      ['-12.00 ', '-12.00'],
      ['-(12.00)', '! not_money'],
      ['1,234.50', '! thousands_separator'],
      ['1,234', '! thousands_separator'],
      ['1234,50', '! decimal_comma'],
      ['1.234,50', '! decimal_comma'],
      ['€5', '! not_money'],
      ['5 EUR', '! not_money'],
      ['1e3', '! not_money'],
      ['1000000000000000', '! not_money'],
      ['NaN', null],
    ]);
  });

  test('text keeps its inside and loses the blanks around it', async () => {
    await expectValues('event_name', [
      ['view', 'view'],
      [' view  product\t', 'view  product'],
      ['\u00a0caf\u00e9\u00a0', 'caf\u00e9'],
      ['\ufeffview\u200b', 'view'],
      ["it's", "it's"],
      ['none', 'none'],
      ['Null', 'Null'],
      ['NULL', '! required'],
      ['\\N', '! required'],
      ['', '! required'],
    ]);
  });
});

test('NA is Namibia in countries and kept columns, and missing elsewhere', async () => {
  const { rows } = await ingestText('user_id,country,device,region\n1,NA,NA,NA\n2,N/A,N/A,N/A\n', {
    dataset: 'users',
  });
  expect(rows).toMatchObject([
    { country: 'NA', device: null, region: 'NA' },
    { country: null, device: null, region: null },
  ]);
});

describe('mapping', () => {
  test('values are renamed, and renamed to nothing they are missing', async () => {
    const { rows } = await ingestText(
      'user_id,experiment,arm,at\n1,e,A,2024-01-01\n2,e, B ,2024-01-01\n3,e,other,2024-01-01\n',
      {
        dataset: 'experiment_assignments',
        mapping: {
          experiment_id: 'experiment',
          variant: { column: 'arm', values: { A: 'control', B: 'treatment' } },
          assigned_ts: ['assigned_at', 'at'],
        },
      },
    );
    expect(rows.map(({ variant }) => variant)).toEqual(['control', 'treatment', 'other']);
    const missing = await ingestText('event_id,event_name,event_ts,currency\n1,x,2024-01-01,n/a\n', {
      mapping: { currency: { column: 'currency', values: { 'n/a': '' } } },
    });
    expect(missing.rows[0]?.currency).toBeNull();
  });

  test('a constant stands in for a column and is typed as one', async () => {
    const { rows } = await ingestText('event_id,event_name,event_ts\n1,x,2024-01-01\n', {
      mapping: { currency: { constant: 'EUR' }, quantity: { constant: 1 } },
    });
    expect(rows[0]).toMatchObject({ currency: 'EUR', quantity: '1' });
  });

  test('absent optional columns are typed NULLs, so that every file of a dataset has the same columns', async () => {
    const { rows } = await ingestText('event_id,event_name,event_ts\n1,x,2024-01-01 00:00:00\n');
    expect(rows).toEqual([
      {
        event_id: '1',
        session_id: null,
        user_id: null,
        event_name: 'x',
        event_ts: '2024-01-01 00:00:00',
        product_id: null,
        quantity: null,
        revenue: null,
        order_id: null,
        currency: null,
        _line: '2',
        _notes: null,
      },
    ]);
  });

  test('other columns of users are kept as text, under lower-case names', async () => {
    const { rows } = await ingestText(',user_id,Plan Tier,2nd\n0,1,gold,x\n1,2,,\n', { dataset: 'users' });
    expect(rows.map((row) => [row.user_id, row.plan_tier, row._2nd])).toEqual([
      ['1', 'gold', 'x'],
      ['2', null, null],
    ]);
  });
});

/** Values of a column of events that is mapped so. */
async function read(column: string, source: ColumnSource, texts: readonly string[]): Promise<unknown[]> {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = texts.map((text, index) => `${index},x,2024-01-01,${quoted(text)}`);
  const header = `event_id,event_name,${column === 'event_ts' ? 'day' : 'event_ts'},cell`;
  const { rows, faults } = await ingestText(`${header}\n${lines.join('\n')}\n`, {
    mapping: { [column]: source },
  });
  const outcomes = new Map([
    ...rows.map((row): [unknown, unknown] => [row._line, row[column]]),
    ...faults.map((fault): [unknown, unknown] => [fault.line, `! ${fault.rule}`]),
  ]);
  return texts.map((_, index) => outcomes.get(String(index + 2)));
}

describe('values that the configuration says how to read', () => {
  test('amounts with a decimal comma, groups of three and a currency', async () => {
    const cell = { column: 'cell', decimal: ',' as const, thousands: '.' as const, strip_currency: true };
    expect(
      await read('revenue', cell, [
        '1.234,50',
        '1234,5',
        '12',
        '-3,00',
        '(3,00)',
        '€ 5,00',
        '5,00€',
        'EUR 182,16',
        '19,86 EUR',
        '-€5,00',
        '€-5,00',
        '12,345',
        '12.34',
        '1.23,40',
        'gratis',
        '',
      ]),
    ).toEqual([
      '1234.50',
      '1234.50',
      '12.00',
      '-3.00',
      '-3.00',
      '5.00',
      '5.00',
      '182.16',
      '19.86',
      '-5.00',
      '-5.00',
      '12.34',
      '! not_money',
      '! not_money',
      '! not_money',
      null,
    ]);
    const dollars = { column: 'cell', thousands: ',' as const, strip_currency: true };
    expect(await read('revenue', dollars, ['$1,234.50', 'US$ 3', '($12.00)', 'kr 12.50', '1,23.50'])).toEqual(
      ['1234.50', '3.00', '-12.00', '12.50', '! not_money'],
    );
    const french = { column: 'cell', decimal: ',' as const, thousands: ' ' as const };
    expect(await read('revenue', french, ['1 234,50', '1\u202f234,50', '1\u00a0234,50'])).toEqual([
      '1234.50',
      '1234.50',
      '1234.50',
    ]);
  });

  test('the currency beside an amount is that of the event, where no column is', async () => {
    const rows = async (header: string, cells: string) =>
      (
        await ingestText(`event_id,event_name,event_ts,revenue${header}\n1,x,2024-01-01,${cells}\n`, {
          mapping: { revenue: { column: 'revenue', strip_currency: true } },
        })
      ).rows[0]?.currency;
    expect(await rows('', 'EUR 182.16')).toBe('EUR');
    expect(await rows('', '19.86 eur')).toBe('EUR');
    expect(await rows('', '£5')).toBe('GBP');
    expect(await rows('', '5')).toBeNull();
    expect(await rows(',currency', '€5,CHF')).toBe('CHF');
  });

  test('a rounded amount is noted, the noise of floats is not', async () => {
    const { rows } = await ingestText(
      'event_id,event_name,event_ts,revenue\n1,x,2024-01-01 10:00,72.9137186187\n2,x,2024-01-01 10:00,59.970000000000006\n3,x,2024-01-01 10:00,5.00\n4,x,2024-01-01 10:00,\n',
    );
    expect(rows.map(({ _notes }) => _notes)).toEqual(['revenue rounded', null, null, null]);
  });

  test('local times in a format and a zone; a skipped hour is moved on, a repeated one is the second', async () => {
    const amsterdam = { column: 'cell', format: ['%d/%m/%Y %H:%M', '%d/%m/%Y'], zone: 'Europe/Amsterdam' };
    expect(
      await read('event_ts', amsterdam, [
        '31/12/2024 10:00',
        '01/07/2024',
        '31/03/2024 02:30',
        '27/10/2024 02:30',
        '12/31/2024',
        '2024-03-01',
        '',
      ]),
    ).toEqual([
      '2024-12-31 09:00:00',
      '2024-07-01 21:59:59.999999',
      '2024-03-31 01:30:00',
      '2024-10-27 01:30:00',
      '! not_a_timestamp',
      '! not_a_timestamp',
      '! required',
    ]);
    expect(
      await read('event_ts', { column: 'cell', zone: 'America/New_York' }, [
        '2024-03-01 10:00:00',
        '2024-03-01T10:00:00Z',
        '2024-03-01 10:00:00+02:00',
        '2024-03-10 02:30:00',
        '2024-11-03 01:30:00',
        '2024-07-01',
      ]),
    ).toEqual([
      '2024-03-01 15:00:00',
      '2024-03-01 10:00:00',
      '2024-03-01 08:00:00',
      '2024-03-10 07:30:00',
      '2024-11-03 06:30:00',
      '2024-07-02 03:59:59.999999',
    ]);
  });

  test('counts since 1970 are told apart by their magnitude', async () => {
    expect(
      await read('event_ts', { column: 'cell', format: 'epoch' }, [
        '1709288430',
        '1709288430.25',
        '1709288430500',
        '1709288430500000',
        '1709288430500000000',
        '1709288430.0',
        '2024-03-01',
      ]),
    ).toEqual([
      '2024-03-01 10:20:30',
      '2024-03-01 10:20:30.25',
      '2024-03-01 10:20:30.5',
      '2024-03-01 10:20:30.5',
      '2024-03-01 10:20:30.5',
      '2024-03-01 10:20:30',
      '! not_a_timestamp',
    ]);
  });

  test('a list of missing texts of its own stands in place of the usual one', async () => {
    const missing = { column: 'cell', missing: ['?', 'keine'] };
    expect(await read('order_id', missing, ['?', 'keine', '', 'None', '-', 'o1'])).toEqual([
      null,
      null,
      null,
      'None',
      '-',
      'o1',
    ]);
    expect(await read('order_id', 'cell', ['(not set)', 'undefined', '-', '(none)'])).toEqual([
      null,
      null,
      null,
      '(none)',
    ]);
  });

  test('a value in a column of JSON', async () => {
    const json = { column: 'cell', json: '$.order.id' };
    expect(
      await read('order_id', json, [
        '{"order": {"id": " o1 "}}',
        '{"order": null}',
        '',
        '{"order"',
        '{"order":{"id":7}}',
      ]),
    ).toEqual(['o1', null, null, '! not_json', '7']);
  });
});

test('dates of no day are missing where a column may be empty, and wrong where it may not', async () => {
  const { rows } = await ingestText(
    'user_id,signup_ts\n1,0000-00-00\n2,0000-00-00 00:00:00\n3,1970-01-01 00:00:00\n4,1970-01-01\n5,1970-01-01 00:00:01\n',
    { dataset: 'users' },
  );
  expect(rows.map(({ signup_ts }) => signup_ts)).toEqual([
    null,
    null,
    null,
    '1970-01-01 00:00:00',
    '1970-01-01 00:00:01',
  ]);
  const { faults } = await ingestText('event_id,event_name,event_ts\n1,x,0000-00-00\n');
  expect(faults.map(({ rule }) => rule)).toEqual(['not_a_timestamp']);
});

test('an id is one however a file writes it', async () => {
  const { rows } = await ingestText(
    [
      'user_id',
      'F47AC10B-58CC-4372-A567-0E02B2C3D479',
      '{f47ac10b-58cc-4372-a567-0e02b2c3d479}',
      'f47ac10b58cc4372a5670e02b2c3d479',
      'f47ac10b-58cc-4372-a567-0e02b2c3d479',
      'Jo@Example.com',
      '1.23456E+05',
      '1.23E+05',
      '1000007919.1709000000',
      '',
    ].join('\n'),
    { dataset: 'users', idType: 'string' },
  );
  const uuid = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';
  expect(rows.map(({ user_id }) => user_id)).toEqual([
    ...[uuid, uuid, uuid, uuid],
    'jo@example.com',
    '123456',
    '1.23E+05',
    '1000007919.1709000000',
  ]);
  expect(rows.map(({ _notes }) => _notes !== null)).toEqual([
    true,
    true,
    true,
    false,
    true,
    true,
    false,
    false,
  ]);
});

test('arms that are called None or NA are arms', async () => {
  const { rows } = await ingestText(
    'user_id,experiment_id,variant,assigned_ts\n1,e,None,2024-01-01\n2,e,NA,2024-01-01\n',
    { dataset: 'experiment_assignments' },
  );
  expect(rows.map(({ variant }) => variant)).toEqual(['None', 'NA']);
});
