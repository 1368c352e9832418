import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { linesOf } from '../quarantine/raw-records.ts';

/** Lines of a file, counted from 1. */
export interface LineRange {
  readonly from: number;
  /** First line that is no part of it; null: it goes to the file's end. */
  readonly to: number | null;
}

/**
 * Writes a file anew without some of its lines, all others byte for byte. A compressed one (`.gz`) is compressed again.
 * Blank lines that end a range are no part of the record before them, and stay.
 * @param ranges ascending, none overlapping another
 */
export async function copyWithout(
  source: string,
  target: string,
  ranges: readonly LineRange[],
  mode: number,
): Promise<void> {
  const input = createReadStream(source, { highWaterMark: 1 << 20 });
  const kept = (pieces: AsyncIterable<Uint8Array>) => linesWithout(pieces, ranges);
  const output = createWriteStream(target, { mode, flags: 'wx', flush: true });
  if (source.endsWith('.gz')) await pipeline(input, createGunzip(), kept, createGzip(), output);
  else await pipeline(input, kept, output);
}

const pieceLength = 1 << 16;

async function* linesWithout(
  pieces: AsyncIterable<Uint8Array>,
  ranges: readonly LineRange[],
): AsyncGenerator<Buffer> {
  let next = 0;
  let end: number | null = 0;
  let blanks = '';
  let kept = '';
  for await (const { line, text } of linesOf(pieces, [])) {
    const range = ranges[next];
    const begins = range !== undefined && line === range.from;
    if (begins) {
      kept += blanks;
      blanks = '';
      end = range.to;
      next += 1;
    } else if (end === null || line < end) {
      blanks = /^[\r\n]*$/.test(text) ? blanks + text : '';
    } else {
      kept += blanks + text;
      blanks = '';
    }
    if (kept.length >= pieceLength) {
      yield Buffer.from(kept, 'latin1');
      kept = '';
    }
  }
  yield Buffer.from(kept + blanks, 'latin1');
}
