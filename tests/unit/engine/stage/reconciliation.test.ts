import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inspector } from '../../../../layers/data/csv/inspect.ts';
import { splitRecords } from '../../../../layers/data/csv/split-records.ts';
import { ingest } from '../../../../layers/engine/stage/ingest.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { DataError } from '../../../../layers/platform/errors.ts';
import { ingestText } from './ingest-text.ts';

const header = 'event_id,event_name,event_ts,revenue';

interface Field {
  readonly text: string;
  /** What a reader of the contract makes of it; undefined: nothing. */
  readonly value: string | null | undefined;
}

const good = (text: string, value: string | null = text): Field => ({ text, value });
const bad = (text: string): Field => ({ text, value: undefined });

const eventId = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 999_999 }).map((id) => good(String(id))) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 99 }).map((id) => good(`${id}.0`, String(id))) },
  { weight: 1, arbitrary: fc.constantFrom(bad(''), bad('x'), bad('1.5'), bad('1e3')) },
);
const eventName = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('view', 'purchase', 'a b', 'café', 'a"b').map((name) => good(name)),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      good('" x "', 'x'),
      good('"a,b"', 'a,b'),
      good('"a""b"', 'a"b'),
      good('"a\nb"', 'a\nb'),
      good('  y', 'y'),
      bad(''),
      bad('""'),
    ),
  },
);
const eventTs = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .integer({ min: 0, max: 4_000_000_000 })
      .map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 19))
      .map((iso) => good(iso, iso.replace('T', ' '))),
  },
  { weight: 1, arbitrary: fc.constantFrom(bad(''), bad('soon'), bad('2024-02-30'), bad('1900-01-01')) },
);
const revenue = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .integer({ min: -99_999, max: 99_999 })
      .map((cents) => good((cents / 100).toFixed(2), (cents / 100).toFixed(2).replace(/^-0\.00$/, '0.00'))),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(good('', null), good('1.999', '2.00'), bad('$5'), bad('"1,000.00"')),
  },
);

interface Line {
  readonly text: string;
  /** The row, null for a record that is not one, undefined for a line that is no record. */
  readonly row: (string | null)[] | null | undefined;
}

const record = fc.tuple(eventId, eventName, eventTs, revenue).map((fields): Line => {
  const values = fields.map(({ value }) => value);
  return {
    text: fields.map(({ text }) => text).join(','),
    row: values.some((value) => value === undefined) ? null : (values as (string | null)[]),
  };
});
const brokenLine = fc
  .constantFrom('1,view', '1,view,2024-01-01,1,1', '   ', '1,"a"b,2024-01-01,1', '1,\0,2024-01-01,1')
  .map((text): Line => ({ text, row: null }));
const line = fc.oneof(
  { weight: 12, arbitrary: record },
  { weight: 1, arbitrary: brokenLine },
  { weight: 1, arbitrary: fc.constant<Line>({ text: '', row: undefined }) },
);
const lineEnds = fc.constantFrom('\n', '\r\n', 'mixed');

test('whatever the dirt, lines = accepted + quarantined, and accepted values are those of a plain reading', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 40 }),
      lineEnds,
      fc.boolean(),
      async (lines, ends, finalEnd) => {
        const endOf = (index: number) => (ends === 'mixed' ? (index % 3 === 0 ? '\r\n' : '\n') : ends);
        const texts = [header, ...lines.map(({ text }) => text)];
        const last = texts.length - 1;
        const content = texts
          .map((text, index) => text + (index < last || finalEnd ? endOf(index) : ''))
          .join('');
        const outcome = await ingestText(content);
        const records = lines.filter(({ row }) => row !== undefined);
        const rows = records.flatMap(({ row }) => (row ? [row] : []));
        expect(outcome.lines).toBe(records.length);
        expect(outcome.lines).toBe(outcome.accepted + outcome.quarantined);
        expect(outcome.faults).toHaveLength(outcome.quarantined);
        expect(outcome.rows.map((row) => [row.event_id, row.event_name, row.event_ts, row.revenue])).toEqual(
          rows,
        );
      },
    ),
    { numRuns: 40, seed: 20240301 },
  );
});

test('any soup of quotation marks, delimiters and line ends adds up', async () => {
  const quoted = fc.constantFrom('"a,b"', '"a\r\nb"', '"a\nb"', '"a""b"', '"a"b', '"');
  const plain = fc.constantFrom('a', '', ' ', '\t', '\\', 'é', 'a"b');
  const delimiter = fc.constantFrom(',', ',', ',', '\n', '\r\n', '\r');
  const soup = fc.array(fc.tuple(fc.oneof(plain, quoted), delimiter), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(soup, async (fields) => {
      const { lines, accepted, quarantined, rows, faults } = await ingestText(
        `product_id,category,other\n${fields.flat().join('')}`,
        { dataset: 'products', idType: 'string' },
      );
      expect(lines).toBe(accepted + quarantined);
      expect([rows.length, faults.length]).toEqual([accepted, quarantined]);
    }),
    { numRuns: 40, seed: 7 },
  );
});

test('quarantined events are counted by their name as it is written; records without one are not', async () => {
  const { quarantined, quarantinedEvents } = await ingestText(
    [
      'event_id,user_id,event_name,event_ts,revenue',
      '1,1,purchase,2024-01-01,1.00',
      '2,1,purchase,2024-01-01,"1,00"',
      '3,1,Kauf,never,',
      '4,1,purchase,never,',
      '5,1,,never,',
      '6,1,view,never',
    ].join('\n'),
  );
  expect(quarantined).toBe(5);
  expect(quarantinedEvents).toEqual([
    { event: 'purchase', rows: 2 },
    { event: 'Kauf', rows: 1 },
  ]);
});

test('records are the same wherever the window over the file ends', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'split-test-'));
  try {
    const input = path.join(folder, 'in.csv');
    const targets = { records: path.join(folder, 'records.csv'), rejects: path.join(folder, 'rejects.csv') };
    // Records of 61 bytes with CRLF, quotes and a line break, over three windows of 4 MB.
    const count = 200_000;
    const text = (index: number) => `${String(index).padStart(9, '0')},"a\r\nb""c",${'x'.repeat(38)}\r\n`;
    await writeFile(input, `i,q,x\r\n${Array.from({ length: count }, (_, index) => text(index)).join('')}`);
    expect(splitRecords(input, targets, { columns: 3, header: true })).toEqual({
      lines: count,
      rejected: 0,
      widths: new Map([[3, count]]),
      broken: 0,
      beyondAscii: 0,
      notUtf8: 0,
      firstAcrossLines: 2,
    });
    const expected = Array.from(
      { length: count },
      (_, index) => `${2 + 2 * index},${text(index).slice(0, -2)}\n`,
    );
    expect((await readFile(targets.records, 'utf8')) === expected.join('')).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('larger files', () => {
  const rows = 400_000;
  const many = (rowOf: (index: number) => string) =>
    `event_id,user_id,event_name,event_ts\n${Array.from({ length: rows }, (_, index) => rowOf(index)).join('\n')}\n`;
  const plainRow = (index: number) => `${index},${index % 1000},view,2024-01-01 00:00:00`;

  test('rows keep the order and the lines of the file over many threads and row groups', async () => {
    const { rows: read } = await ingestText(many(plainRow));
    const inOrder = read.every(
      (row, index) => row.event_id === String(index) && row._line === String(index + 2),
    );
    expect(inOrder).toBe(true);
  });

  test.each([
    ['values', (index: number) => `x${index},${index % 1000},view,2024-01-01 00:00:00`, 'id_not_integer'],
    ['too few fields', (index: number) => `${index},1`, 'too_few_fields'],
  ])('none of whose rows is good (%s) lose none of them', async (_, rowOf, rule) => {
    const { lines, accepted, quarantined, rules, faults } = await ingestText(many(rowOf));
    expect({ lines, accepted, quarantined }).toEqual({ lines: rows, accepted: 0, quarantined: rows });
    expect(rules.map((found) => [found.rule, found.rows])).toEqual([[rule, rows]]);
    expect(new Set(faults.map(({ line }) => line)).size).toBe(rows);
  });

  test('two runs give the same bytes', async () => {
    const content = Buffer.from(
      many((index) =>
        index % 100 === 0 ? 'short' : index % 100 === 1 ? `x,${plainRow(index).slice(2)}` : plainRow(index),
      ),
    );
    const digests = await Promise.all([digestsOf(content), digestsOf(content)]);
    expect(digests[0]).toEqual(digests[1]);
  });

  test('buckets split the users, each with all of their rows in file order', async () => {
    const { parts, partRows, accepted } = await ingestText(
      many((index) => (index % 50 === 0 ? `${index},,view,2024-01-01` : plainRow(index))),
      { buckets: 3 },
    );
    expect(parts.map(({ bucket }) => bucket)).toEqual([0, 1, 2]);
    expect(accepted).toBe(rows);
    expect(partRows.map((part, index) => part.length === parts[index]?.rows)).not.toContain(false);
    const users = partRows.map((part) => new Set(part.map(({ user_id }) => user_id)));
    // What is nobody's lies where its id says.
    expect(users.map((bucket) => bucket.delete(null))).toEqual([true, true, true]);
    const seen = users.flatMap((bucket) => [...bucket]);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(1000 - 20);
    for (const part of partRows) {
      const lines = part.map(({ _line }) => Number(_line));
      expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    }
  });
});

describe('byte ranges', () => {
  const options = { rangeOf: `${header}\n` };

  test('a later range has no header, and its lines count from its beginning', async () => {
    const { rows } = await ingestText('1,view,2024-01-01,1.00\n2,"view",2024-01-01,2.00\n', options);
    expect(rows.map(({ event_id, _line }) => [event_id, _line])).toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
  });

  test('a range without any line gives no rows', async () => {
    expect(await ingestText('', options)).toMatchObject({ lines: 0, accepted: 0, rows: [] });
  });

  test('a line break inside quotation marks is refused: a range may begin in the middle of such a value', async () => {
    const error = await ingestText('1,"a\nb",2024-01-01,1.00\n', options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(/raw\/events.csv, line 1.*\.csv\.gz/);
  });
});

async function digestsOf(content: Buffer): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'digest-test-'));
  try {
    const file = path.join(folder, 'in.csv');
    await writeFile(file, content);
    const inspector = new Inspector();
    inspector.update(content);
    const names = ['event_id', 'user_id', 'event_name', 'event_ts'];
    const bindings = names.map((column) => ({ column, source: column, constant: null, values: {} }));
    const columns = { header: names, bindings, otherColumns: [] };
    await using database = await Database.open({ memoryMb: 1024, folder, threads: 2 });
    const { parts, quarantine } = await ingest(
      database,
      {
        dataset: 'events',
        file,
        inspection: inspector.finish(),
        columns,
        allColumns: [columns],
        idType: 'bigint',
        hasHeader: true,
        isRange: false,
        name: 'events.csv',
      },
      { folder, sourceKey: 'events.csv', sourceVersion: null, buckets: 1, hasSessions: false },
    );
    const files = [...parts.map((part) => part.file), quarantine ?? ''];
    return await Promise.all(
      files.map(async (one) =>
        createHash('sha256')
          .update(await readFile(one))
          .digest('hex'),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
