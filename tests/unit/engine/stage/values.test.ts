import { describe, expect, test } from 'vitest';
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
        ['123.0', '123.0'],
        ['007', '007'],
        ['nan', null],
        ['NA', null],
        ['', null],
      ],
      'string',
    );
  });

  test('times are UTC, with or without an offset, a time of day and fractions', async () => {
    await expectValues('event_ts', [
      ['2024-03-01', '2024-03-01 00:00:00'],
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
      ['\t2024-03-01 10:20:30 ', '2024-03-01 10:20:30'],
      ['1970-01-01', '1970-01-01 00:00:00'],
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
      ['59.975', '! scale'],
      ['59.970001', '! scale'],
      ['0.001', '! scale'],
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
    const { rows } = await ingestText('event_id,event_name,event_ts\n1,x,2024-01-01\n');
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
