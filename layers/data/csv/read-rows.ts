import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataError, SchemaError } from '../../platform/errors.ts';
import { parseHeader } from '../csv-header.ts';
import type { KnownDialect } from './dialect.ts';
import { beginningOf, inspectFile, readDialect } from './local-file.ts';
import { recode } from './recode.ts';
import { splitFile } from './split-file.ts';

export interface FileRows {
  readonly header: readonly string[];
  /** Each with the line that it begins on, and as many fields as the header has. */
  readonly rows: readonly { readonly line: number; readonly fields: readonly string[] }[];
}

/**
 * All rows of a small CSV file, compressed or not, of any shape that a run reads.
 * @param folder for what lies between
 * @param name what errors call the file
 * @throws SchemaError where it has no header, DataError at the first line that is no row
 */
export async function readRows(
  source: string,
  folder: string,
  name: string,
  known?: KnownDialect,
): Promise<FileRows> {
  const { file } = await inspectFile(source, folder, name);
  const header = parseHeader(await beginningOf(file, name), name, known);
  const { encoding, delimiter, preamble } = await readDialect(file, name, known);
  let utf8 = file;
  if (encoding !== 'utf-8') {
    utf8 = path.join(folder, 'utf8.csv');
    await recode(file, encoding, utf8);
  }
  const named = header.findLastIndex((column) => column !== '') + 1;
  const split = await splitFile(
    utf8,
    { folder, name: 'rows' },
    { columns: header.length, named, header: true, delimiter, preamble },
  );
  if (split.rejected > 0) {
    const [first] = recordsOf(await readFile(split.rejects, 'utf8'), ',');
    const [line, , reason] = first ?? [];
    throw new DataError({
      what: reason ?? 'a line cannot be read',
      where: `${name}:${line}`,
      remedy: 'Correct the line, or take it out',
    });
  }
  const records = recordsOf(await readFile(split.records, 'utf8'), delimiter);
  if (records.length === 0) {
    throw new SchemaError({
      what: 'the file has a header, and no rows',
      where: name,
      remedy: 'Export it again',
    });
  }
  return {
    header,
    rows: records.map(([line, ...fields]) => ({
      line: Number(line),
      fields: fields.slice(0, header.length),
    })),
  };
}

/** Fields of well-formed records, each with LF at its end. */
export function recordsOf(text: string, delimiter: string): string[][] {
  const records: string[][] = [];
  let fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    const blanks = /^ *"/.exec(text.slice(at, at + 100));
    let field: string;
    if (blanks === null) {
      const end = endOfField(text, at, delimiter);
      field = text.slice(at, end);
      at = end;
    } else {
      let close = text.indexOf('"', at + blanks[0].length);
      while (text[close + 1] === '"') close = text.indexOf('"', close + 2);
      if (close < 0) close = text.length;
      field = text.slice(at + blanks[0].length, close).replaceAll('""', '"');
      at = endOfField(text, close + 1, delimiter);
    }
    fields.push(field);
    const isLast = text[at] !== delimiter;
    at += 1;
    if (isLast) {
      records.push(fields);
      fields = [];
    }
  }
  return records;
}

function endOfField(text: string, from: number, delimiter: string): number {
  let end = from;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end += 1;
  return end;
}
