import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forget } from '../../../../cli/forget/forget.ts';
import { generate } from '../../../../cli/generate/generate.ts';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { literal } from '../../../../layers/platform/sql.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-forget-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const now = new Date('2030-01-02T03:04:05Z');
const options = { drop: 'default', yes: true, now };
const receiptFile = 'ecom-report/forgotten-2030-01-02T03-04-05-000Z.json';

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

const text = (name: string) => readFile(path.join(folder, name), 'utf8');

/** All files by path, with their bytes. */
async function snapshot(): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [path.relative(folder, file), await readFile(file, 'latin1')] as const),
    ),
  );
}

/** Users 7 and 77; the file of events has rows that name nobody, in sessions of either. */
const shop = {
  'users.csv': 'user_id,country\r\n77,NL\r\n7,DE\r\n',
  'sessions.csv': 'session_id,user_id,session_start_ts\n1,7,2024-01-01\n2,77,2024-01-01\n3,7.0,2024-01-02\n',
  'experiment_assignments.csv':
    'user_id,experiment_id,variant,assigned_ts\n7,a,control,2024-01-01\n77,a,treatment,2024-01-01',
  'events.csv': [
    'event_id,session_id,user_id,event_name,event_ts,quantity',
    '10,1,7,view,2024-01-01,7',
    '11,1,,view,2024-01-01,1',
    '12,3,,view,2024-01-02,1',
    '13,2,,view,2024-01-02,7',
    '',
    '14,1,77,view,2024-01-02,7',
    '15,,"7",view,not a time,7',
    '7,,77,"a ""view""\nof two lines",2024-01-02,7',
    '',
  ].join('\n'),
};

describe('ecom forget of a folder', () => {
  it('takes out the rows that name the user, and those of the sessions that name nobody; others stay byte for byte', async () => {
    await put(shop);
    const { files, proof } = await forget('7', folder, options);
    expect(await text('users.csv')).toBe('user_id,country\r\n77,NL\r\n');
    expect(await text('sessions.csv')).toBe('session_id,user_id,session_start_ts\n2,77,2024-01-01\n');
    expect(await text('experiment_assignments.csv')).toBe(
      'user_id,experiment_id,variant,assigned_ts\n77,a,treatment,2024-01-01',
    );
    expect(await text('events.csv')).toBe(
      [
        'event_id,session_id,user_id,event_name,event_ts,quantity',
        '13,2,,view,2024-01-02,7',
        '',
        '14,1,77,view,2024-01-02,7',
        '7,,77,"a ""view""\nof two lines",2024-01-02,7',
        '',
      ].join('\n'),
    );
    const names = ['sessions.csv', 'users.csv', 'experiment_assignments.csv', 'events.csv'] as const;
    const rows = { 'sessions.csv': 2, 'users.csv': 1, 'experiment_assignments.csv': 1, 'events.csv': 4 };
    expect(files).toEqual(
      await Promise.all(
        names.map(async (file) => ({
          file,
          rows: rows[file],
          before: sha256(shop[file]),
          after: sha256(await text(file)),
        })),
      ),
    );
    expect(proof).toEqual(names.toSorted().map((file) => ({ file, searched: ['columns'], found: 0 })));
  });

  it('writes a receipt that names the user by a hash alone', async () => {
    await put(shop);
    const receipt = await forget('7', folder, options);
    expect(JSON.parse(await text(receiptFile))).toEqual(receipt);
    expect(receipt).toMatchObject({
      drop: 'default',
      user: sha256('default\n7'),
      at: '2030-01-02T03:04:05.000Z',
      erased: true,
      receipt: path.join(folder, receiptFile),
    });
  });

  it('changes nothing without --yes, and tells the rows', async () => {
    await put({ ...shop, 'ecom-report/.runs/x.json': '{}', 'ecom-report/report.json': '{}' });
    const before = await snapshot();
    const { erased, files, removed, proof } = await forget('7', folder, { ...options, yes: false });
    expect({ erased, proof, removed }).toEqual({
      erased: false,
      proof: null,
      removed: ['ecom-report/.runs', 'ecom-report/report.json'],
    });
    expect(files.map(({ file, rows, after }) => [file, rows, after])).toEqual([
      ['sessions.csv', 2, null],
      ['users.csv', 1, null],
      ['experiment_assignments.csv', 1, null],
      ['events.csv', 4, null],
    ]);
    expect(await snapshot()).toEqual(before);
  });

  it('reads columns as the configuration binds them, parts, compressed files, and lists of users to leave out', async () => {
    const { 'events.csv': _, ...rest } = shop;
    await put({
      ...rest,
      'experiment.yaml': 'schema: { events: { user_id: who }, users: { user_id: { column: customer } } }\n',
      'users.csv': 'country;customer\nNL;77\nDE;0007\n',
      'events/a.csv.gz': gzipSync(
        'who,event_id,event_name,event_ts\n7,1,view,2024-01-01\n77,2,view,2024-01-01\n',
      ),
      'events/b.csv': 'event_id,event_name,event_ts,who\n7,view,2024-01-01,77\n',
      'excluded_users.csv': '5\n7\n6\n',
    });
    const untouched = await text('events/b.csv');
    await forget('7', folder, options);
    expect(await text('users.csv')).toBe('country;customer\nNL;77\n');
    expect(gunzipSync(await readFile(path.join(folder, 'events/a.csv.gz'))).toString()).toBe(
      'who,event_id,event_name,event_ts\n77,2,view,2024-01-01\n',
    );
    expect(await text('events/b.csv')).toBe(untouched);
    expect(await text('excluded_users.csv')).toBe('5\n6\n');
  });

  it('leaves an empty list of users to leave out where the user was its only one', async () => {
    await put({ ...shop, 'excluded_users.csv': '7\n' });
    const { files } = await forget('7', folder, options);
    expect(files.find(({ file }) => file === 'excluded_users.csv')?.rows).toBe(1);
    expect(await text('excluded_users.csv')).toBe('');
  });

  it('changes nothing where another form of file is there, and names it', async () => {
    await put({ ...shop, 'old.parquet': 'PAR1', 'more/events.jsonl': '{}' });
    const before = await snapshot();
    await expect(forget('7', folder, options)).rejects.toMatchObject({
      name: 'UsageError',
      fault: { what: expect.stringContaining('more/events.jsonl, old.parquet; nothing was changed') },
    });
    expect(await snapshot()).toEqual(before);
  });

  it('changes nothing where a record that cannot be read has the id as a cell, and names its line', async () => {
    await put({ ...shop, 'users.csv': 'user_id,country\n77,NL\n7\n7,DE\n' });
    const before = await snapshot();
    await expect(forget('7', folder, options)).rejects.toMatchObject({
      name: 'UsageError',
      fault: { where: expect.stringMatching(/users\.csv:3$/) },
    });
    expect(await snapshot()).toEqual(before);
  });

  it('changes nothing in UTF-16', async () => {
    await put({ ...shop, 'users.csv': Buffer.from(`\ufeff${shop['users.csv']}`, 'utf16le') });
    const before = await snapshot();
    await expect(forget('7', folder, options)).rejects.toMatchObject({
      fault: { what: expect.stringContaining('UTF-16') },
    });
    expect(await snapshot()).toEqual(before);
  });

  it('refuses a line number, for which another user would stand afterwards', async () => {
    await put({ ...shop, 'experiment.yaml': 'schema: { events: { user_id: { line_number: true } } }\n' });
    const before = await snapshot();
    await expect(forget('7', folder, options)).rejects.toThrow(/nothing tells whose a line is/);
    expect(await snapshot()).toEqual(before);
  });

  it('refuses a text that is no id', async () => {
    await put(shop);
    await expect(forget('seven', folder, options)).rejects.toMatchObject({
      name: 'UsageError',
      fault: { what: '"seven" is no id of a user (id_type: bigint)' },
    });
  });
});

describe('the proof', () => {
  const id = 'Ann@example.com';
  const { 'users.csv': _users, 'sessions.csv': _sessions, ...needed } = shop;
  const mails = {
    ...Object.fromEntries(
      Object.entries(needed).map(([name, content]) => [
        name,
        content.replace('\n7,,', '\n17,,').replaceAll(/(?<=^|,)7(?=,)/gm, id),
      ]),
    ),
    'experiment.yaml': 'id_type: string\n',
  };

  it.each([
    ['a text that names the user', 'notes.txt', 'asked by ann@example.com.\n'],
    ['a compressed text', 'notes.txt.gz', gzipSync(`<${id}>`)],
    ['another CSV, in a column of ids of users', 'old/clients.csv', `user_id\n${id}\n`],
    ['another column', 'old/friends.csv', `name,friend_of\nx,${id}\n`],
  ])('fails, and says where, after %s', async (_what, name, content) => {
    await put({ ...mails, [name]: content });
    await expect(forget(id, folder, options)).rejects.toMatchObject({
      name: 'ErasureError',
      fault: { what: `the id is still in ${name}; the user's rows of the drop are erased` },
    });
    const { proof } = JSON.parse(await text(receiptFile));
    expect(proof.find(({ file }: { file: string }) => file === name)).toMatchObject({ found: 1 });
  });

  it('fails where a file cannot be searched, and names it', async () => {
    await put({ ...mails, 'notes.txt.gz': 'no gzip' });
    await expect(forget(id, folder, options)).rejects.toMatchObject({
      name: 'ErasureError',
      fault: { where: path.join(folder, 'notes.txt.gz') },
    });
    expect(existsSync(path.join(folder, receiptFile))).toBe(false);
  });

  it('takes no longer id for one that it begins or ends with', async () => {
    await put({ ...mails, 'notes.txt': 'mann@example.com, ann@example.com.au, x-ann@example.com\n' });
    const { proof } = await forget(id, folder, options);
    expect(proof?.filter(({ found }) => found > 0)).toEqual([]);
    expect(proof?.find(({ file }) => file === 'notes.txt')?.searched).toEqual(['text']);
  });

  it('finds a small id in a column of users of a CSV and of Parquet, and in no other', async () => {
    const place = path.join(folder, 'ecom-old');
    await put({ ...shop, 'old.csv': 'client_id,quantity\n8,7\n', 'ecom-old/x.txt': '7' });
    await using db = await Database.open({ memoryMb: 512, folder: os.tmpdir() });
    await db.run(`COPY (SELECT 7 AS user_id) TO ${literal(path.join(place, 'users.parquet'))}`);
    await db.run(`COPY (SELECT 7 AS quantity) TO ${literal(path.join(place, 'other.parquet'))}`);
    await expect(forget('7', folder, options)).rejects.toMatchObject({
      fault: { what: expect.stringContaining('still in ecom-old/users.parquet;') },
    });
  });
});

describe('a folder that was analysed', () => {
  it('keeps nothing that the analysis left, and is analysed again without the user', async () => {
    await generate({ directory: folder, users: 300, dirty: 0.02, seed: 5 });
    await analyzeFolder(folder);
    const assignments = await text('experiment_assignments.csv');
    const user = assignments.trimEnd().split('\n').at(-1)?.split(',')[0] ?? '';
    await forget(user, folder, options);
    expect(existsSync(path.join(folder, 'ecom-report/.runs'))).toBe(false);
    expect(await readdir(path.join(folder, 'ecom-report'))).toEqual([path.basename(receiptFile)]);
    await analyzeFolder(folder);
    const again = await forget(user, folder, { ...options, yes: false });
    expect(again.files.map(({ rows }) => rows)).toEqual(again.files.map(() => 0));
  });
});

describe('whatever rows there are', () => {
  const other = fc.constantFrom('8', '77', '70', '');
  const word = fc.constantFrom('7', 'x', '"7"', '"a, 7"', '"two\n7\nlines"', '"""7"""', '5" 7', '', ' 7 ');
  const end = fc.constantFrom('\n', '\r\n', '\n\n');
  const row = fc.record({ user: fc.oneof(other, fc.constantFrom('7', '"7"', ' 7', '7.0')), word, end });

  it('those of others stay byte for byte, and none of the user does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
        const lines = rows.map(({ user, word: name, end: lineEnd }, index) => {
          const own = /^\s*"?7(\.0)?"?$/.test(user);
          const record = `${index + 100},${user},${name},2024-01-01`;
          return { own, record, lineEnd };
        });
        const header = 'event_id,user_id,event_name,event_ts\n';
        await put({
          'experiment_assignments.csv': needed('x'),
          'events.csv': header + lines.map(({ record, lineEnd }) => record + lineEnd).join(''),
        });
        await rm(path.join(folder, 'ecom-report'), { recursive: true, force: true });
        await forget('7', folder, options);
        const kept = lines.map(({ own, record, lineEnd }) =>
          own ? lineEnd.replace(/^\r?\n/, '') : record + lineEnd,
        );
        expect(await text('events.csv')).toBe(header + kept.join(''));
      }),
      { numRuns: 12 },
    );
  });

  const needed = (arm: string) => `user_id,experiment_id,variant,assigned_ts\n8,a,${arm},2024-01-01\n`;
});
