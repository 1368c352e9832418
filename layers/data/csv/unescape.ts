import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Writes a file anew that puts a backslash before quotation marks and backslashes inside quotation marks, as MySQL and
 * many programs do, with the marks doubled, line by line the same. Returns how many marks those are.
 */
export async function unescapeQuotes(source: string, target: string): Promise<number> {
  let marks = 0;
  let isQuoted = false;
  let isEscaped = false;
  const rewrite = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      const bytes = Buffer.allocUnsafe(2 * piece.length + 1);
      let length = 0;
      const put = (byte: number) => {
        bytes[length] = byte;
        length += 1;
      };
      for (const byte of piece) {
        if (isEscaped) {
          isEscaped = false;
          if (byte === QUOTE) {
            marks += 1;
            put(QUOTE);
          } else if (byte !== BACKSLASH) put(BACKSLASH);
          put(byte);
        } else if (isQuoted && byte === BACKSLASH) isEscaped = true;
        else {
          if (byte === QUOTE) isQuoted = !isQuoted;
          put(byte);
        }
      }
      yield bytes.subarray(0, length);
    }
    if (isEscaped) yield Buffer.of(BACKSLASH);
  };
  await pipeline(createReadStream(source, { highWaterMark: 1 << 20 }), rewrite, createWriteStream(target));
  return marks;
}
