import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Conversions } from '../../../../cli/ui/conversions.ts';

describe('Conversions', () => {
  const conversions = new Conversions();
  afterEach(() => conversions.close());

  async function opened(paths: readonly string[], contents: Readonly<Record<string, string>>) {
    const { id } = await conversions.open(paths);
    if (id === null) throw new Error('nothing is to be converted');
    for (const [file, content] of Object.entries(contents)) {
      await conversions.receive(id, file, Readable.from([Buffer.from(content)]), Buffer.byteLength(content));
    }
    return id;
  }

  it('asks for the files that a command would convert, and for no others', async () => {
    const paths = [
      'events/dt=2024-01-01/part-0.jsonl',
      'events/deeper/part-1.jsonl',
      'node_modules/x.zip',
      'users.csv',
      'users.parquet',
      'orders.zip',
    ];
    expect(await conversions.open(paths)).toEqual({
      id: expect.any(String),
      files: ['events/dt=2024-01-01/part-0.jsonl', 'orders.zip'],
    });
    expect(await conversions.open(['users.csv', 'users.parquet'])).toEqual({ id: null, files: [] });
  });

  it('writes the CSVs of a command, once, and removes them with the rest', async () => {
    const id = await opened(['events/part-0.jsonl'], { 'events/part-0.jsonl': '{"a":1}\n{"a":2}\n' });
    const [first, second] = await Promise.all([conversions.convert(id), conversions.convert(id)]);
    expect(second).toBe(first);
    expect(first).toEqual({
      sentences: ['events/part-0.jsonl is read as ecom-converted/events/part-0.csv, 2 rows'],
      files: [{ path: 'ecom-converted/events/part-0.csv', size: 6 }],
    });
    const { place } = await conversions.place(id, 'ecom-converted/events/part-0.csv');
    expect(await readFile(place, 'utf8')).toBe('a\n1\n2\n');
    await conversions.remove(id);
    expect(existsSync(path.resolve(place, '../../..'))).toBe(false);
    await expect(conversions.convert(id)).rejects.toMatchObject({
      fault: { remedy: 'Choose the folder again' },
    });
  });

  it('converts nothing while a file has not come in whole', async () => {
    const id = await opened(['events.jsonl', 'users.jsonl'], { 'events.jsonl': '{"a":1}\n' });
    await expect(
      conversions.receive(id, 'users.jsonl', Readable.from([Buffer.from('{')]), 8),
    ).rejects.toThrow('the file changed while it was read');
    await expect(conversions.convert(id)).rejects.toMatchObject({ fault: { where: 'users.jsonl' } });
  });

  it('hands out and takes in no other file of this machine', async () => {
    await expect(conversions.open(['../events.jsonl'])).rejects.toThrow(/no path within the folder/);
    await expect(conversions.open(['/etc/events.jsonl'])).rejects.toThrow(/no path within the folder/);
    const id = await opened(['events.jsonl'], { 'events.jsonl': '{"a":1}\n' });
    await expect(conversions.receive(id, '../x.jsonl', Readable.from([]), 0)).rejects.toThrow(/waited for/);
    await expect(conversions.place(id, 'ecom-converted/../events.jsonl')).rejects.toThrow(
      /not converted|no file/,
    );
    await expect(conversions.place(id, 'ecom-converted/index.json')).rejects.toThrow(/no file/);
  });
});
