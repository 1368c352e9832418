import { createHmac } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { generate } from '../../../cli/generate/generate.ts';
import { analyzeFolder } from '../../../cli/pipeline/analyze-folder.ts';
import { Database } from '../../../layers/platform/duckdb.ts';
import { literal } from '../../../layers/platform/sql.ts';

const key = 'a key of a test, long enough to be one';
const marks = 'pii: { users: { email: hash, full_name: drop }, events: { ip: drop } }\n';

/** A shop whose users have an e-mail and a name and whose events have an address, with bad rows of every kind. */
let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-pii-'));
  data = path.join(folder, 'raw');
  await mkdir(data);
  await generate({ directory: data, users: 300, dirty: 0.02, seed: 5 });
  await addColumns('users.csv', ['email', 'full_name'], (line) => [
    `clear${line}@example.com`,
    `Clear Name ${line}`,
  ]);
  await addColumns('events.csv', ['ip'], (line) => [`clear-10.0.${line}`]);
  const users = path.join(data, 'users.csv');
  // An id that is none, and a record of too many fields: both end in quarantine.
  const columns = (await readFile(users, 'utf8')).split('\n')[0]?.split(',').length ?? 0;
  const blanks = ','.repeat(columns - 3);
  await writeFile(
    users,
    `no-id${blanks},clear-bad@example.com,Clear Bad\n999999${blanks},clear-more@example.com,Clear More,more,and more\n`,
    { flag: 'a' },
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function addColumns(name: string, columns: readonly string[], values: (line: number) => string[]) {
  const file = path.join(data, name);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const added = lines.map((line, index) => [line, ...(index === 0 ? columns : values(index))].join(','));
  await writeFile(file, `${added.join('\n')}\n`);
}

/** All that every file below `root` holds, Parquet as its rows. */
async function textsBelow(root: string): Promise<{ file: string; text: string }[]> {
  await using database = await Database.open({ memoryMb: 512, folder: os.tmpdir() });
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const texts: { file: string; text: string }[] = [];
  for (const file of files) {
    const text = file.endsWith('.parquet')
      ? JSON.stringify(await database.query(`FROM read_parquet(${literal(file)})`))
      : await readFile(file, 'latin1');
    texts.push({ file, text });
  }
  return texts;
}

/** Values of marked columns all begin so. */
const clear = /clear-?\d|clear-|Clear (Name|Bad|More)/;

const analyze = async (config: string) => {
  await writeFile(path.join(data, 'experiment.yaml'), config);
  return analyzeFolder(data);
};

describe('a run over marked columns', () => {
  it('leaves their values in no file: staged, quarantine, marts, documents, report', async () => {
    vi.stubEnv('ECOM_PII_KEY', key);
    await analyze(marks);
    const texts = await textsBelow(path.join(data, 'ecom-report'));
    const quarantined = texts.filter(({ file }) => file.includes('/quarantine/'));
    expect(texts.filter(({ file }) => file.endsWith('.parquet')).length).toBeGreaterThan(5);
    expect(texts.filter(({ text }) => clear.test(text)).map(({ file }) => file)).toEqual([]);
    expect(texts.filter(({ text }) => text.includes(key)).map(({ file }) => file)).toEqual([]);
    expect(quarantined.some(({ text }) => text.includes('no-id') && text.includes('***'))).toBe(true);
    const hash = createHmac('sha256', key).update('clear1@example.com').digest('hex');
    expect(texts.some(({ file, text }) => file.includes('/users/') && text.includes(hash))).toBe(true);
  });

  it('takes over no hashes that were made with another key', async () => {
    const other = `${key}, and another one`;
    vi.stubEnv('ECOM_PII_KEY', other);
    await analyze(`${marks}as_of: 2030-01-02\n`);
    const texts = await textsBelow(path.join(data, 'ecom-report'));
    const hashed = (secret: string) =>
      createHmac('sha256', secret).update('clear1@example.com').digest('hex');
    expect(texts.some(({ text }) => text.includes(hashed(other)))).toBe(true);
    expect(texts.some(({ text }) => text.includes(hashed(key)))).toBe(false);
  });

  it('fails without a key, and says what to do', async () => {
    vi.stubEnv('ECOM_PII_KEY', '');
    await expect(analyze(`${marks}as_of: 2030-01-01\n`)).rejects.toMatchObject({
      name: 'ConfigError',
      fault: { where: 'ECOM_PII_KEY', remedy: expect.stringContaining('drop, which needs no key') },
    });
  });

  it('needs no key to drop', async () => {
    vi.stubEnv('ECOM_PII_KEY', '');
    await analyze('pii: { users: { email: drop, full_name: drop }, events: { ip: drop } }\n');
    const texts = await textsBelow(path.join(data, 'ecom-report'));
    expect(texts.filter(({ text }) => clear.test(text)).map(({ file }) => file)).toEqual([]);
  });

  it('is the only one that is free of them: without marks they are kept, and the scan finds them', async () => {
    await analyze('{}\n');
    const texts = await textsBelow(path.join(data, 'ecom-report'));
    expect(texts.filter(({ text }) => clear.test(text)).length).toBeGreaterThan(1);
  });
});
