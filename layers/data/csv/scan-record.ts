const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;

/** Line breaks that a quoted field may hold before its opening quotation mark counts as a stray one. */
export const MAX_LINE_BREAKS = 100;

/** Where a record ends. One object is filled again and again: this runs once a record. */
export interface RecordEnd {
  state: 'complete' | 'incomplete' | 'broken' | 'too long';
  /** First byte after the record, without its line end. */
  end: number;
  /** First byte of what follows. */
  next: number;
  fields: number;
  /** Line breaks inside quotation marks. */
  breaks: number;
  /** Whether a field beyond the last column has content. */
  surplus: boolean;
}

/** The bytes at hand: [start, length) of `bytes`, the last ones of the file or not. */
export interface Window {
  readonly bytes: Uint8Array;
  length: number;
  endOfFile: boolean;
  /** Byte between fields. */
  readonly delimiter: number;
}

/**
 * Finds the end of the record that begins at `start`, reading as DuckDB does: a quotation mark opens a field only at
 * its beginning (blanks aside), and only blanks may follow the closing one. A mark inside of a bare field is a part of it, but for one
 * that a mark at the end of a later bare field closes: there a delimiter is missing, and those within the marks are none.
 * - `incomplete`: the window ends before the record does.
 * - `too long`: no end within `limit` bytes; `next` is where they end.
 * - `broken`: a quoted field that is never closed or that text follows; the record is its first line alone.
 */
export function scanRecord(
  window: Window,
  start: number,
  columns: number,
  limit: number,
  found: RecordEnd,
): void {
  const { bytes, length, endOfFile, delimiter } = window;
  const bound = Math.min(length, start + limit);
  let i = start;
  let fields = 0;
  let breaks = 0;
  let surplus = false;
  // Whether a bare field has had a mark in it that none of its own closes.
  let isOpen = false;

  for (;;) {
    const fieldStart = i;
    fields += 1;
    while (i < bound && bytes[i] === SPACE) i += 1;
    if (i < bound && bytes[i] === QUOTE) {
      do {
        i += 1;
        while (i < bound && bytes[i] !== QUOTE) {
          if (bytes[i] === LF || (bytes[i] === CR && !isBeforeLineFeed(bytes, i))) breaks += 1;
          i += 1;
        }
        if (i >= bound || breaks > MAX_LINE_BREAKS) {
          const cut = i >= length && !endOfFile && breaks <= MAX_LINE_BREAKS;
          if (cut) found.state = 'incomplete';
          else breakOff(window, start, limit, found);
          return;
        }
        i += 1;
      } while (i < bound && bytes[i] === QUOTE);
      while (i < bound && bytes[i] === SPACE) i += 1;
      if (i < bound && bytes[i] !== delimiter && bytes[i] !== LF && bytes[i] !== CR) {
        breakOff(window, start, limit, found);
        return;
      }
    } else {
      let isOdd = false;
      while (i < bound && bytes[i] !== delimiter && bytes[i] !== LF && bytes[i] !== CR) {
        if (bytes[i] === QUOTE) isOdd = !isOdd;
        i += 1;
      }
      if (isOdd) {
        const isLast = bytes[i - 1] === QUOTE;
        if (isLast && isOpen) {
          breakOff(window, start, limit, found);
          return;
        }
        isOpen = !isLast;
      }
    }
    if (fields > columns && i > fieldStart) surplus = true;
    if (i >= bound || bytes[i] !== delimiter) break;
    i += 1;
  }
  endAt(window, i, bound, found);
  found.fields = fields;
  found.breaks = breaks;
  found.surplus = surplus;
}

/** Finds the end of the line that `start` is in, whatever is in it. */
export function scanLine(window: Window, start: number, limit: number, found: RecordEnd): void {
  const { bytes, length } = window;
  const bound = Math.min(length, start + limit);
  let i = start;
  while (i < bound && bytes[i] !== LF && bytes[i] !== CR) i += 1;
  endAt(window, i, bound, found);
  found.fields = 0;
  found.breaks = 0;
  found.surplus = false;
}

function breakOff(window: Window, start: number, limit: number, found: RecordEnd): void {
  scanLine(window, start, limit, found);
  if (found.state === 'complete') found.state = 'broken';
}

function endAt({ bytes, length, endOfFile }: Window, end: number, bound: number, found: RecordEnd): void {
  found.end = end;
  found.next = end;
  if (end >= bound) {
    found.state = bound < length ? 'too long' : endOfFile ? 'complete' : 'incomplete';
    return;
  }
  let last = end;
  while (last < end + 2 && last < length && bytes[last] === CR) last += 1;
  if (last >= length && !endOfFile) {
    found.state = 'incomplete';
    return;
  }
  found.state = 'complete';
  found.next = last < length && bytes[last] === LF ? last + 1 : end + 1;
}

/** Whether the CR belongs to a line feed: CR LF or, as from a CR LF that was translated once more, CR CR LF. */
function isBeforeLineFeed(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === LF || (bytes[at + 1] === CR && bytes[at + 2] === LF);
}
