/** The bytes of a file, one character each (latin1), so that any text comes out as it went in. */
type Text = string;

/** A record of a raw file, with its line end. */
export interface RawRecord {
  readonly text: Text;
  /** Line that the record begins on, counted from 1 in its chunk. */
  readonly line: number;
  /** Position of its first byte in the file. */
  readonly position: number;
}

/** Line breaks that a record may span before its quotation marks count as broken, as when it was read. */
const mostBreaks = 100;

/**
 * Lines with their ends (LF, CR LF, CR CR LF or CR). `starts` are the positions, in ascending order, at which the count of lines
 * begins anew: at the first line whose first byte is there or behind.
 */
export async function* linesOf(
  pieces: AsyncIterable<Uint8Array>,
  starts: readonly number[],
): AsyncGenerator<RawRecord> {
  let position = 0;
  let line = 0;
  let next = 0;
  let rest = '';
  const record = (text: string): RawRecord => {
    line += 1;
    if (next < starts.length && position >= (starts[next] ?? 0)) {
      while (next < starts.length && position >= (starts[next] ?? 0)) next += 1;
      line = 1;
    }
    const found = { text, line, position };
    position += text.length;
    return found;
  };
  for await (const piece of pieces) {
    const text = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
    let from = 0;
    // CRs that end the piece may have their LF in the next one.
    for (const { index, 0: end } of text.matchAll(/\r?\r?\n|\r(?!\r?$)/g)) {
      yield record(text.slice(from, index + end.length));
      from = index + end.length;
    }
    rest = text.slice(from);
  }
  if (rest !== '') yield record(rest);
}

/**
 * The records that begin on a wanted line. One whose quotation marks are open at the end of the line goes on in the next.
 * @param wanted 'line': the line alone, 'record': all of the record, undefined: nothing
 */
export async function* pickRecords(
  lines: AsyncIterable<RawRecord>,
  wanted: (line: RawRecord) => 'line' | 'record' | undefined,
): AsyncGenerator<RawRecord> {
  let open: { record: RawRecord; breaks: number } | undefined;
  for await (const line of lines) {
    if (open !== undefined) {
      open = {
        record: { ...open.record, text: open.record.text + line.text },
        breaks: open.breaks + 1,
      };
    } else {
      const extent = wanted(line);
      if (extent === 'line') yield line;
      if (extent !== 'record') continue;
      open = { record: line, breaks: 0 };
    }
    if (isClosed(open.record.text) || open.breaks >= mostBreaks) {
      yield open.record;
      open = undefined;
    }
  }
  if (open !== undefined) yield open.record;
}

function isClosed(text: Text): boolean {
  return (text.split('"').length - 1) % 2 === 0;
}
