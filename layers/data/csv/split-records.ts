import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { LineWriter } from './line-writer.ts';
import { type RecordEnd, scanLine, scanRecord, type Window } from './scan-record.ts';

/** Records longer than this are rejected. */
export const MAX_RECORD_BYTES = 1_000_000;
const WINDOW_BYTES = 4 * MAX_RECORD_BYTES;
const RAW_BYTES = 10_000;

export interface SplitOptions {
  /** Number of the file's columns. */
  readonly columns: number;
  /** Whether the first record is the header, which is left out. */
  readonly header: boolean;
}

export interface SplitCounts {
  /** Records, the header and blank lines not counted. */
  readonly lines: number;
  readonly rejected: number;
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
  { columns, header }: SplitOptions,
): SplitCounts {
  const source = new FileWindow(input);
  const records = new LineWriter(targets.records);
  const rejects = new LineWriter(targets.rejects);
  const found: RecordEnd = { state: 'complete', end: 0, next: 0, fields: 0, breaks: 0, surplus: false };
  let start = source.skipByteOrderMark();
  let line = 1;
  let headerIsNext = header;
  let insideLongLine = false;
  let lines = 0;
  let rejected = 0;
  let firstAcrossLines: number | null = null;

  try {
    while (start < source.length || !source.endOfFile) {
      if (insideLongLine) scanLine(source, start, MAX_RECORD_BYTES, found);
      else scanRecord(source, start, columns, MAX_RECORD_BYTES, found);
      if (found.state === 'incomplete') {
        source.moveTo(start);
        start = 0;
        continue;
      }
      const isRecord = !insideLongLine && !headerIsNext && found.end > start;
      if (isRecord) {
        lines += 1;
        if (found.breaks > 0 || found.state === 'broken') firstAcrossLines ??= line;
        const fault = faultOf(found, source, start, columns);
        if (fault === undefined) {
          records.writeRecord(line, source.bytes, start, found.end);
        } else {
          const raw = source.bytes.toString('utf8', start, Math.min(found.end, start + RAW_BYTES));
          rejects.writeText([String(line), fault.rule, fault.reason, raw].map(quoted).join(','));
          rejected += 1;
        }
      }
      insideLongLine = found.state === 'too long';
      if (!insideLongLine) {
        headerIsNext = false;
        line += 1 + found.breaks;
      }
      start = found.next;
    }
    return { lines, rejected, firstAcrossLines };
  } finally {
    source.close();
    records.close();
    rejects.close();
  }
}

/** Why a record cannot be read, by the name of the rule. */
export const recordRules = {
  too_few_fields: 'fewer fields than the header has',
  too_many_fields: 'more fields than the header has; one that is empty, from a comma at the end, is none',
  broken_quotes:
    'a quotation mark that is never closed (within 100 lines) or is followed by text; costs its line alone',
  line_too_long: 'more than 1 MB',
  not_utf8: 'bytes that are no UTF-8',
  nul_byte: 'a NUL byte',
} as const;
type RecordRule = keyof typeof recordRules;

function faultOf(
  { state, end, fields, surplus }: RecordEnd,
  { bytes, onlyText }: FileWindow,
  start: number,
  columns: number,
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
  if (fields < columns) return { rule: 'too_few_fields', reason };
  return surplus ? { rule: 'too_many_fields', reason } : undefined;
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

  constructor(path: string) {
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
