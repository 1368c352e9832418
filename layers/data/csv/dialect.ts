import { isUtf8 } from 'node:buffer';
import { SchemaError } from '../../platform/errors.ts';

export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type Encoding = (typeof encodings)[number];
export const delimiters = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof delimiters)[number];

/** How a CSV file is written, as far as its beginning shows. */
export interface Dialect {
  readonly encoding: Encoding;
  readonly delimiter: Delimiter;
  /** Lines before the header: comments (`#`), blank lines after them, the `sep=` of spreadsheets, or a title (see `isTitle`). */
  readonly preamble: number;
}

export const plainDialect: Dialect = { encoding: 'utf-8', delimiter: ',', preamble: 0 };

/** What is known of a file's dialect beforehand; the rest is read out of its beginning. */
export interface KnownDialect {
  readonly delimiter?: Delimiter | undefined;
  readonly encoding?: Encoding | undefined;
  /** Lines above the header. */
  readonly skip_lines?: number | undefined;
}

/** The header of a file, in its order, without surrounding blanks. */
export interface Beginning {
  readonly header: readonly string[];
  readonly dialect: Dialect;
}

/** Bytes of a file's beginning that must hold its header. */
export const headerBytes = 64 * 1024;

/**
 * Reads how a file is written out of its beginning.
 * @param bytes all of the file, or at least `headerBytes` of it
 * @param file what errors call the file
 * @throws SchemaError where there is no header line
 */
export function readBeginning(bytes: Uint8Array, file: string, known: KnownDialect = {}): Beginning {
  const encoding = known.encoding ?? encodingOf(bytes, file);
  const lines = linesOf(bytes, encoding);
  const { preamble, separator } =
    known.skip_lines === undefined
      ? readPreamble(lines)
      : { preamble: known.skip_lines, separator: undefined };
  const line = lines[preamble] ?? '';
  if (bytes.length >= headerBytes && lines.length <= preamble + 1) {
    throw new SchemaError({
      what: `no line ends in the first ${headerBytes} bytes`,
      where: file,
      remedy: 'Check that it is a CSV file with one record a line',
    });
  }
  const next = lines.slice(preamble + 1).find((candidate) => candidate !== '');
  const delimiter = known.delimiter ?? separator ?? delimiterOf(line, next);
  const where = `${file}:${preamble + 1}`;
  const fields = next === undefined ? undefined : splitRecord(next, delimiter)?.length;
  const header = headerOf(line, delimiter, fields);
  if (header === undefined) {
    throw new SchemaError({
      what: "the header's quotation marks do not match",
      where,
      remedy: 'Quote names like "this", without line breaks',
    });
  }
  if (known.delimiter === undefined) checkDelimiter(line, next, header, where);
  const names = header.map((name) => name.trim());
  const apostrophes = names.find((name) => /^'.+'$/.test(name));
  if (apostrophes !== undefined) {
    throw new SchemaError({
      what: `the file quotes by apostrophes (${apostrophes}), which are letters of texts as well`,
      where,
      remedy: 'Export it with quotation marks like "this"',
    });
  }
  return { header: names, dialect: { encoding, delimiter, preamble } };
}

/**
 * The names of the header; undefined where its quotation marks do not match. One mark too many is left out where that
 * can be done in one way only, and gives as many names as the next line has fields: no name has a quotation mark.
 */
function headerOf(
  line: string,
  delimiter: Delimiter,
  fields: number | undefined,
): readonly string[] | undefined {
  const header = splitRecord(line, delimiter);
  if (header !== undefined || fields === undefined) return header;
  const marks = [...line.matchAll(/"/g)].map(({ index }) => index);
  const mended = marks
    .map((mark) => splitRecord(line.slice(0, mark) + line.slice(mark + 1), delimiter) ?? [])
    .filter((names) => names.length === fields && !names.some((name) => name.includes('"')));
  const [first, ...others] = new Map(mended.map((names) => [JSON.stringify(names), names])).values();
  return others.length === 0 ? first : undefined;
}

/** No delimiter is in a header of one name; where that and the next line are several words, blanks are between the fields. */
function checkDelimiter(
  line: string,
  next: string | undefined,
  header: readonly string[],
  where: string,
): void {
  const words = (text: string) => text.match(/"[^"]*"|[^ ]+/g)?.length ?? 0;
  if (header.length > 1 || words(line) < 2 || words(next ?? '') < 2) return;
  throw new SchemaError({
    what: 'the fields seem to be separated by blanks, which are letters of texts as well',
    where,
    remedy: 'Export it with commas; where it is one column, put its name into quotation marks',
  });
}

/** The only delimiter by which the line has so many fields; a comma where it says nothing. */
export function delimiterOfFields(line: string, fields: number): Delimiter {
  return delimiters.find((delimiter) => splitRecord(line, delimiter)?.length === fields) ?? ',';
}

/** UTF-16 by its byte order mark or by every other byte of its Latin letters; else UTF-8, unless the header is none. */
function encodingOf(bytes: Uint8Array, file: string): Encoding {
  const starts = (...mark: number[]) => mark.every((byte, index) => bytes[index] === byte);
  if (starts(0x1f, 0x8b)) {
    throw new SchemaError({
      what: 'the file is compressed',
      where: file,
      remedy: 'Give it a name that ends in .csv.gz',
    });
  }
  if (starts(0xff, 0xfe)) return 'utf-16le';
  if (starts(0xfe, 0xff)) return 'utf-16be';
  const lineEnd = bytes.subarray(0, 64).findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const first = bytes.subarray(0, lineEnd < 0 ? 64 : lineEnd);
  const zeros = [0, 1].map((side) => first.filter((byte, index) => index % 2 === side && byte === 0).length);
  const [even = 0, odd = 0] = zeros;
  if (even + odd === 0) return isUtf8(headerLines(bytes)) ? 'utf-8' : 'windows-1252';
  if (even === 0 && odd > first.length / 4) return 'utf-16le';
  if (odd === 0 && even > first.length / 4) return 'utf-16be';
  throw new SchemaError({
    what: 'the header has a NUL byte: the file is no text',
    where: file,
    remedy: 'Save the file as UTF-8 CSV',
  });
}

/** The first line, and those after lines that are comments. */
function headerLines(bytes: Uint8Array): Uint8Array {
  const isLineEnd = (byte: number) => byte === 0x0a || byte === 0x0d;
  let start = 0;
  for (;;) {
    const length = bytes.subarray(start).findIndex(isLineEnd);
    const end = length < 0 ? bytes.length : start + length;
    if (length < 0 || !(bytes[start] === 0x23 || end === start)) return bytes.subarray(0, end);
    start = end + 1;
  }
}

function linesOf(bytes: Uint8Array, encoding: Encoding): string[] {
  const lines = new TextDecoder(encoding).decode(bytes).split(/\r\n|\n|\r/);
  return lines;
}

function readPreamble(lines: readonly string[]): { preamble: number; separator: Delimiter | undefined } {
  const [first = ''] = lines;
  const named = /^"?sep=(.)"?$/i.exec(first)?.[1];
  const separator = delimiters.find((delimiter) => delimiter === named);
  if (separator !== undefined) return { preamble: 1, separator };
  let preamble = 0;
  while (lines[preamble]?.startsWith('#')) preamble += 1;
  while (preamble > 0 && preamble < lines.length && /^\s*$/.test(lines[preamble] ?? '')) preamble += 1;
  return preamble === 0 && isTitle(lines)
    ? { preamble: 2, separator: undefined }
    : { preamble, separator: undefined };
}

/**
 * Whether a spreadsheet's title stands above the header: one text in the first of several columns, a line without any,
 * and a line that names as many columns.
 */
function isTitle([title = '', empty = '', header = '']: readonly string[]): boolean {
  const delimiter = /^([,;\t|])\1+$/.exec(empty)?.[1] as Delimiter | undefined;
  if (delimiter === undefined || title === empty || !title.endsWith(empty)) return false;
  const text = title.slice(0, -empty.length);
  const names = splitRecord(header, delimiter) ?? [];
  return (
    splitRecord(text, delimiter)?.length === 1 &&
    names.length === empty.length + 1 &&
    names.every((name) => name.trim() !== '')
  );
}

/** The delimiter by which header and next line have the same number of fields, the most fields, a comma before others. */
function delimiterOf(line: string, next: string | undefined): Delimiter {
  const candidates = delimiters
    .map((delimiter) => {
      const fields = splitRecord(line, delimiter)?.length ?? 0;
      const agrees = next === undefined || splitRecord(next, delimiter)?.length === fields;
      return { delimiter, fields, agrees };
    })
    .filter(({ fields }) => fields > 1)
    .toSorted((a, b) => Number(b.agrees) - Number(a.agrees) || b.fields - a.fields);
  return candidates[0]?.delimiter ?? ',';
}

/** Fields of one CSV record (RFC 4180, blanks around quotation marks allowed); undefined where its marks do not match. */
function splitRecord(line: string, delimiter: Delimiter): string[] | undefined {
  const other = delimiter === '|' ? '\\|' : delimiter;
  const field = new RegExp(`(?: *"((?:[^"]|"")*)" *|([^"${other}][^${other}]*)?)(${other}|$)`, 'y');
  const fields: string[] = [];
  let more = true;
  while (more) {
    const match = field.exec(line);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    more = match[3] === delimiter;
  }
  return fields;
}
