import { existsSync, mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { convertFolder } from '../../../../cli/convert/convert-folder.ts';
import { init } from '../../../../cli/init/init.ts';
import { prepareDrop } from '../../../../cli/pipeline/prepare-drop.ts';
import { validate } from '../../../../cli/validate/validate.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { literal } from '../../../../layers/platform/sql.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'ecom-convert-test-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let database: Database;
beforeAll(async () => {
  database = await Database.open({ memoryMb: 512, folder: root });
});
afterAll(() => database[Symbol.asyncDispose]());

let made = 0;
async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  made += 1;
  const folder = path.join(root, String(made));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}
async function parquet(select: string): Promise<Buffer> {
  const file = path.join(root, 'made.parquet');
  await database.run(`COPY (${select}) TO ${literal(file)} (FORMAT parquet)`);
  return readFile(file);
}
const converted = (folder: string, name: string) =>
  readFile(path.join(folder, 'ecom-converted', name), 'utf8');

describe('JSON lines', () => {
  test('become a column a key, line n as line n + 1, and what is no object a record that a run sets aside', async () => {
    const folder = await folderOf({
      'events.jsonl': [
        '\ufeff{"id": 12345678901234567890, "name": "view, \\"big\\"", "properties": {"order_id": "o1"}}',
        'not json',
        '',
        '{"id": 2, "extra": true, "name": null, "price": 12.50}',
        '[1, 2]',
      ].join('\n'),
    });
    const { sentences } = await convertFolder(folder);
    expect(await converted(folder, 'events.csv')).toBe(
      [
        'id,name,properties,extra,price',
        '12345678901234567890,"view, ""big""","{""order_id"":""o1""}",,',
        'not json,,,,,not a JSON object',
        '',
        '2,,,true,12.5',
        '"[1, 2]",,,,,not a JSON object',
        '',
      ].join('\n'),
    );
    expect(sentences).toEqual([
      'events.jsonl is read as ecom-converted/events.csv, 4 rows; 2 of them are no JSON objects, which a run sets aside',
    ]);
  });

  test('of bytes that are no UTF-8 are set aside, not changed', async () => {
    const folder = await folderOf({ 'users.ndjson': Buffer.from('{"a": 1}\n{"a": "caf\xe9"}\n', 'latin1') });
    await convertFolder(folder);
    expect(await converted(folder, 'users.csv')).toBe('a\n1\n"{""a"": ""café""}",not a JSON object\n');
  });

  test.each([
    ['nothing but an array', 'events.jsonl', '[\n1\n]\n', 'no line is a JSON object'],
    ['broken gzip', 'events.jsonl.gz', '{"a": 1}\n', 'the file is not valid gzip'],
  ])('%s is refused with the file', async (_, name, content, message) => {
    const folder = await folderOf({ [name]: content });
    await expect(convertFolder(folder)).rejects.toMatchObject({
      name: 'SchemaError',
      message: expect.stringContaining(message),
      fault: { where: path.join(folder, name) },
    });
  });
});

describe('Parquet', () => {
  test('becomes the same rows in their order, times in UTC, nested values as JSON', async () => {
    const folder = await folderOf({
      'events.parquet': await parquet(`
        SELECT * FROM (VALUES
          (9007199254740993::BIGINT, 'view', TIMESTAMP '2024-03-01 10:00:00', TIMESTAMPTZ '2024-03-01 10:00:00+02', NULL::DECIMAL(10, 2), {'order': 'o,1'}, [1, 2]),
          (2, 'a "b"', NULL, NULL, 12.5, NULL, NULL)
        ) AS t(id, name, ts, zoned, amount, properties, items)`),
    });
    expect((await convertFolder(folder)).sentences).toEqual([
      'events.parquet is read as ecom-converted/events.csv, 2 rows',
    ]);
    expect(await converted(folder, 'events.csv')).toBe(
      [
        'id,name,ts,zoned,amount,properties,items',
        '9007199254740993,view,2024-03-01 10:00:00,2024-03-01 08:00:00+00,,"{""order"":""o,1""}","[1,2]"',
        '2,"a ""b""",,,12.50,,',
        '',
      ].join('\n'),
    );
  });

  test('of Spark: a folder called as a file, with partitions and what it leaves beside them', async () => {
    const folder = await folderOf({
      'events.parquet/_SUCCESS': '',
      'events.parquet/dt=2024-03-01/part-0.snappy.parquet': await parquet('SELECT 1 AS event_id'),
      'events.parquet/dt=2024-03-02/part-0.snappy.parquet': await parquet('SELECT 2 AS event_id'),
      'experiment_assignments.csv': 'user_id,experiment_id,variant,assigned_ts\n',
    });
    const { files } = await prepareDrop({ folder, drop: 'default' });
    expect(files.map(({ kind, key }) => [kind, key])).toEqual([
      ['experiment_assignments', 'raw/experiment_assignments.csv'],
      ['events', 'raw/events/dt-2024-03-01-part-0.snappy.csv'],
      ['events', 'raw/events/dt-2024-03-02-part-0.snappy.csv'],
    ]);
    expect(await readFile(files[2]?.file ?? '', 'utf8')).toBe('event_id\n2\n');
  });

  test('that is none is refused with the file', async () => {
    const folder = await folderOf({ 'events.parquet': 'user_id\n1\n' });
    await expect(convertFolder(folder)).rejects.toThrow(/cannot be read as Parquet/);
  });
});

describe('zip', () => {
  // Made by Python's zipfile.
  const one =
    'UEsDBBQAAAgIAAAAYVhvQLUpGQAAABwAAAAaAAAAZXhwb3J0L2V2ZW50cyBvZiBNw6Ryei5jc3YrLU4tis9M0UktS80r4TLUKctMLecyglAAUEsBAhQDFAAACAgAAABhWG9AtSkZAAAAHAAAABoAAAAAAAAAAAAAAIABAAAAAGV4cG9ydC9ldmVudHMgb2YgTcOkcnouY3N2UEsFBgAAAAABAAEASAAAAFEAAAAAAA==';
  const several =
    'UEsDBBQAAAAAAAAAYViDFtyMAQAAAAEAAAAUAAAAX19NQUNPU1gvLl91c2Vycy5jc3Z4UEsDBBQAAAAAAAAAYVhXEpkvCgAAAAoAAAAJAAAAdXNlcnMuY3N2dXNlcl9pZAoxClBLAwQUAAAAAAAAAGFYa6fdRw8AAAAPAAAADAAAAGV2ZW50cy5qc29ubHsidXNlcl9pZCI6IDF9ClBLAwQUAAAAAAAAAGFYgxbcjAEAAAABAAAACQAAAG5vdGVzLnR4dHhQSwECFAMUAAAAAAAAAGFYgxbcjAEAAAABAAAAFAAAAAAAAAAAAAAAgAEAAAAAX19NQUNPU1gvLl91c2Vycy5jc3ZQSwECFAMUAAAAAAAAAGFYVxKZLwoAAAAKAAAACQAAAAAAAAAAAAAAgAEzAAAAdXNlcnMuY3N2UEsBAhQDFAAAAAAAAABhWGun3UcPAAAADwAAAAwAAAAAAAAAAAAAAIABZAAAAGV2ZW50cy5qc29ubFBLAQIUAxQAAAAAAAAAYViDFtyMAQAAAAEAAAAJAAAAAAAAAAAAAACAAZ0AAABub3Rlcy50eHRQSwUGAAAAAAQABADqAAAAxQAAAA4AbWFkZSBieSBhIHRvb2w=';

  test('of one file is that file under its own name', async () => {
    const folder = await folderOf({ 'events.zip': Buffer.from(one, 'base64') });
    expect((await convertFolder(folder)).sentences).toEqual([
      'events.zip is read as ecom-converted/events.csv',
    ]);
    expect(await converted(folder, 'events.csv')).toBe('user_id,event\n1,view\n2,view\n');
  });

  test('of several files is as if they lay beside it, but for those that do', async () => {
    const archive = Buffer.from(several, 'base64');
    const folder = await folderOf({ 'export.zip': archive });
    await convertFolder(folder);
    expect(await converted(folder, 'users.csv')).toBe('user_id\n1\n');
    expect(await converted(folder, 'events.csv')).toBe('user_id\n1\n');
    const other = await folderOf({ 'export.zip': archive, 'users.csv': 'user_id\n7\n' });
    await convertFolder(other);
    expect(existsSync(path.join(other, 'ecom-converted', 'users.csv'))).toBe(false);
  });

  test.each([
    [
      'a damaged one',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 62), Buffer.of(0xff), bytes.subarray(63)]),
    ],
    ['one that ends too early', (bytes: Buffer) => bytes.subarray(0, 80)],
  ])('%s is refused', async (_, spoil) => {
    const folder = await folderOf({ 'events.zip': spoil(Buffer.from(one, 'base64')) });
    await expect(convertFolder(folder)).rejects.toMatchObject({ name: 'SchemaError' });
    expect(existsSync(path.join(folder, 'ecom-converted', 'events.csv'))).toBe(false);
  });
});

test('a file is converted again when it changes, and what came of it goes with it', async () => {
  const folder = await folderOf({ 'users.jsonl': '{"user_id": 1}\n' });
  await convertFolder(folder);
  await writeFile(path.join(folder, 'ecom-converted', 'users.csv'), 'kept\n');
  await convertFolder(folder);
  expect(await converted(folder, 'users.csv')).toBe('kept\n');
  await writeFile(path.join(folder, 'users.jsonl'), '{"user_id": 2}\n');
  await utimes(path.join(folder, 'users.jsonl'), 1, 1);
  await convertFolder(folder);
  expect(await converted(folder, 'users.csv')).toBe('user_id\n2\n');
  await rm(path.join(folder, 'users.jsonl'));
  expect(await convertFolder(folder)).toEqual({ sentences: [], sources: new Set() });
  expect(existsSync(path.join(folder, 'ecom-converted'))).toBe(false);
});

test('a file that is there as CSV is taken as it is', async () => {
  const folder = await folderOf({
    'users.jsonl': '{"user_id": 1}\n',
    'users.csv.gz': gzipSync('user_id\n9\n'),
  });
  expect((await convertFolder(folder)).sentences).toEqual([]);
});

test('init and validate read a folder of three forms as the same folder of CSVs', async () => {
  const users = Array.from({ length: 60 }, (_, index) => index + 1);
  const folder = await folderOf({
    'experiment_assignments.parquet': await parquet(
      `SELECT i AS user_id, 'e' AS experiment_id, CASE WHEN i % 2 = 0 THEN 'control' ELSE 'treatment' END AS variant, TIMESTAMP '2024-03-01' AS assigned_ts FROM range(1, 61) AS t(i)`,
    ),
    'events.jsonl.gz': gzipSync(
      users
        .map(
          (user) =>
            `${JSON.stringify({ event_id: user, user_id: user, event_name: 'view_product', event_ts: '2024-03-02T10:00:00Z' })}\n`,
        )
        .join(''),
    ),
  });
  const { text, remarks } = await init(folder);
  expect(remarks).toContain('events.jsonl.gz is read as ecom-converted/events.csv, 60 rows.');
  await writeFile(path.join(folder, 'experiment.yaml'), text);
  const report = await validate({ folder });
  expect([report.status === 'fail', report.quarantined, report.unused]).toEqual([
    false,
    0,
    [
      'events.jsonl.gz is read as ecom-converted/events.csv, 60 rows',
      'experiment_assignments.parquet is read as ecom-converted/experiment_assignments.csv, 60 rows',
    ],
  ]);
  expect(report.checks.find(({ check }) => check === 'exposure')?.finding).toContain('60 of 60');
});
