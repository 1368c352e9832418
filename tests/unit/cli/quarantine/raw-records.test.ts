import { describe, expect, it } from 'vitest';
import { linesOf, pickRecords, type RawRecord } from '../../../../cli/quarantine/raw-records.ts';

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text, 'latin1');
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function all(records: AsyncIterable<RawRecord>): Promise<RawRecord[]> {
  const found: RawRecord[] = [];
  for await (const record of records) found.push(record);
  return found;
}

const pick = async (text: string, wanted: Readonly<Record<number, 'line' | 'record'>>) =>
  (await all(pickRecords(linesOf(inPieces(text, 3), []), ({ line }) => wanted[line]))).map(
    (record) => record.text,
  );

describe.each([1, 2, 3, 100])('lines read in pieces of %i bytes', (size) => {
  it('keep their ends, whichever those are', async () => {
    const lines = await all(linesOf(inPieces('a\r\nb\n\rc\r\r\nd\r\re', size), []));
    expect(lines.map(({ text }) => text)).toEqual(['a\r\n', 'b\n', '\r', 'c\r\r\n', 'd\r', '\r', 'e']);
    expect(lines.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('are counted anew from the first that begins in a chunk', async () => {
    const lines = await all(linesOf(inPieces('h\naa\nbb\ncc\n', size), [3, 8]));
    expect(lines.map(({ text, line }) => [text, line])).toEqual([
      ['h\n', 1],
      ['aa\n', 2],
      ['bb\n', 1],
      ['cc\n', 1],
    ]);
  });
});

it('a record goes on over the line breaks inside its quotation marks', async () => {
  expect(await pick('h\n1,"a\r\nb ""c"""\n2,x\n', { 2: 'record' })).toEqual(['1,"a\r\nb ""c"""\n']);
});

it('a record with broken quotation marks is its first line', async () => {
  expect(await pick('h\n1,"a\n2,x\n', { 2: 'line', 3: 'record' })).toEqual(['1,"a\n', '2,x\n']);
});

it('bytes that are no text come out as they went in', async () => {
  expect(await pick('h\n1,\xff\x00\x1b[2J\n', { 2: 'record' })).toEqual(['1,\xff\x00\x1b[2J\n']);
});
