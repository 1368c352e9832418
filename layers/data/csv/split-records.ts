import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { type Delimiter, plainDialect } from './dialect.ts';
import { LineWriter } from './line-writer.ts';
import { type RecordEnd, scanLine, scanRecord, type Window } from './scan-record.ts';

/** Records longer than this are rejected. */
export const MAX_RECORD_BYTES = 1_000_000;
const WINDOW_BYTES = 4 * MAX_RECORD_BYTES;
const RAW_BYTES = 10_000;

export interface SplitOptions {
  /** Number of the file's columns. */
  readonly columns: number;
  /** Number of its columns up to the last one with a name: those after it may be missing. */
  readonly named?: number;
  readonly delimiter?: Delimiter;
  /** Lines before the first record. */
  readonly preamble?: number;
  /** Whether the first record is the header, which is left out. */
  readonly header: boolean;
  /**
   * Fields that each record has, of which those beyond the columns are empty: one with more or fewer has a delimiter too many or too
   * few, and nobody can tell where. Not asked where it is not said.
   */
  readonly width?: number;
}

export interface SplitCounts {
  /** Records, the header and blank lines not counted. */
  readonly lines: number;
  readonly rejected: number;
  /** Those of them whose quotation marks are broken. */
  readonly broken: number;
  /** Records with bytes beyond ASCII that are UTF-8, and such that are not. */
  readonly beyondAscii: number;
  readonly notUtf8: number;
  /**
   * How many of the records that are not rejected have how many fields: as many as the header has columns, or fewer, or more, of
   * which those beyond the columns are empty.
   */
  readonly widths: ReadonlyMap<number, number>;
  /** Line of the first record with a line break inside quotation marks, or with broken ones. */
  readonly firstAcrossLines: number | null;
}

/**
 * Splits a CSV file of any shape into records: mixed line ends (CR CR LF is one), blank lines, line breaks inside quotation marks. A
 * record whose quotation marks are broken is its first line alone; reading goes on with the next line, so that one
 * stray mark costs one line.
 *
 * `records` gets the well-formed records, each with the line it begins on as its first field and LF at its end.
 * `rejects` gets `line,rule,reason,raw` of the others, without a header.
 */
export function splitRecords(
  input: string,
  targets: { readonly records: string; readonly rejects: string },
  { columns, named = columns, header, delimiter = plainDialect.delimiter, preamble = 0, width }: SplitOptions,
): SplitCounts {
  const source = new FileWindow(input, delimiter);
  const records = new LineWriter(targets.records);
  const rejects = new LineWriter(targets.rejects);
  const found: RecordEnd = { state: 'complete', end: 0, next: 0, fields: 0, breaks: 0, surplus: false };
  let start = source.skipByteOrderMark();
  let line = 1;
  let headerIsNext = header;
  let insideLongLine = false;
  let lines = 0;
  let rejected = 0;
  let broken = 0;
  let beyondAscii = 0;
  let notUtf8 = 0;
  let firstAcrossLines: number | null = null;
  let asHeader = 0;
  const widths = new Map<number, number>();

  try {
    while (start < source.length || !source.endOfFile) {
      // The header is one line, whatever its quotation marks.
      if (insideLongLine || headerIsNext || line <= preamble)
        scanLine(source, start, MAX_RECORD_BYTES, found);
      else scanRecord(source, start, columns, MAX_RECORD_BYTES, found);
      if (found.state === 'incomplete') {
        source.moveTo(start);
        start = 0;
        continue;
      }
      const isBefore = line <= preamble;
      const isRecord = !insideLongLine && !isBefore && !headerIsNext && found.end > start;
      if (isRecord) {
        lines += 1;
        if (found.state === 'broken') broken += 1;
        if (found.breaks > 0 || found.state === 'broken') firstAcrossLines ??= line;
        const fault = faultOf(found, source, start, { columns, named, width });
        if (fault === undefined) {
          if (found.fields <= columns) asHeader += 1;
          else widths.set(found.fields, (widths.get(found.fields) ?? 0) + 1);
          records.writeRecord(line, source, start, found.end, Math.max(0, columns - found.fields));
        } else {
          const raw = source.bytes.toString('utf8', start, Math.min(found.end, start + RAW_BYTES));
          rejects.writeText([String(line), fault.rule, fault.reason, raw].map(quoted).join(','));
          rejected += 1;
        }
        if (!source.onlyText && !isAscii(source.bytes.subarray(start, found.end))) {
          if (fault?.rule === 'not_utf8') notUtf8 += 1;
          else beyondAscii += 1;
        }
      }
      insideLongLine = found.state === 'too long';
      if (!insideLongLine) {
        if (!isBefore) headerIsNext = false;
        line += 1 + found.breaks;
      }
      start = found.next;
    }
    if (asHeader > 0) widths.set(columns, asHeader);
    return { lines, rejected, broken, beyondAscii, notUtf8, widths, firstAcrossLines };
  } finally {
    source.close();
    records.close();
    rejects.close();
  }
}

/** Why a record cannot be read, by the name of the rule. */
export const recordRules = {
  too_few_fields: 'fewer fields than the header has, or than most records with a comma at the end',
  too_many_fields:
    'more fields than the header has; one that is empty, from a comma at the end, is none where most records of the file have it',
  broken_quotes:
    'a quotation mark that is never closed (within 100 lines) or is followed by text; costs its line alone',
  line_too_long: 'more than 1 MB',
  not_utf8: 'bytes that are no UTF-8, in a file that has others beyond ASCII that are',
  nul_byte: 'a NUL byte',
  footer: 'the number of rows or their total, as databases and spreadsheets write below a table',
  repeated_header: 'the names of the columns once more',
} as const;
type RecordRule = keyof typeof recordRules;

function faultOf(
  { state, end, fields, surplus }: RecordEnd,
  { bytes, onlyText }: FileWindow,
  start: number,
  {
    columns,
    named,
    width,
  }: { readonly columns: number; readonly named: number; readonly width: number | undefined },
): { rule: RecordRule; reason: string } | undefined {
  if (state === 'too long') {
    return { rule: 'line_too_long', reason: `the record is longer than ${MAX_RECORD_BYTES} bytes` };
  }
  if (state === 'broken') {
    return {
      rule: 'broken_quotes',
      reason: 'a quotation mark is never closed, or text follows the closing one',
    };
  }
  if (!onlyText) {
    const record = bytes.subarray(start, end);
    if (!isUtf8(record)) return { rule: 'not_utf8', reason: 'the record is not UTF-8' };
    if (record.includes(0)) return { rule: 'nul_byte', reason: 'the record has a NUL byte' };
  }
  const reason = `the record has ${fields} fields, the header ${columns}`;
  if (fields < named && isFooter(bytes.toString('utf8', start, Math.min(end, start + 100)))) {
    return { rule: 'footer', reason: 'the line is no row, but says something of all of them' };
  }
  if (fields < named) return { rule: 'too_few_fields', reason };
  if (surplus) return { rule: 'too_many_fields', reason };
  if (width === undefined || fields === width || (fields <= columns && width === columns)) return undefined;
  const rule = fields < width ? 'too_few_fields' : 'too_many_fields';
  return { rule, reason: `the record has ${fields} fields, most of the file's have ${width}` };
}

/** Words that a line of totals begins with. */
export const footerPattern = '(grand )?totals?:?|sum:?|summe:?|gesamt:?|insgesamt:?|somme:?|suma:?';

function isFooter(text: string): boolean {
  return (
    /^\(?\d+ (rows?|row\(s\))( selected| affected)?\.?\)?\s*$/i.test(text) ||
    new RegExp(`^"?(${footerPattern})"?\\s*([,;|\t]|$)`, 'i').test(text)
  );
}

function quoted(text: string): string {
  return `"${text.replaceAll('\0', '\ufffd').replaceAll('"', '""')}"`;
}

/** A window that moves over a file. */
class FileWindow implements Window {
  readonly bytes = Buffer.allocUnsafe(WINDOW_BYTES);
  length = 0;
  endOfFile = false;
  /** Whether all bytes at hand are ASCII and none is NUL. */
  onlyText = true;
  readonly #file: number;

  readonly delimiter: number;

  constructor(path: string, delimiter: Delimiter) {
    this.delimiter = delimiter.charCodeAt(0);
    this.#file = openSync(path, 'r');
    this.moveTo(0);
  }

  /** Drops what lies before `start` and fills up. */
  moveTo(start: number): void {
    this.bytes.copyWithin(0, start, this.length);
    this.length -= start;
    while (this.length < WINDOW_BYTES && !this.endOfFile) {
      const read = readSync(this.#file, this.bytes, this.length, WINDOW_BYTES - this.length, null);
      this.endOfFile = read === 0;
      this.length += read;
    }
    const filled = this.bytes.subarray(0, this.length);
    this.onlyText = isAscii(filled) && !filled.includes(0);
  }

  /** Position of the first byte after a UTF-8 byte order mark. */
  skipByteOrderMark(): number {
    return this.length >= 3 && this.bytes.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0;
  }

  close(): void {
    closeSync(this.#file);
  }
}
