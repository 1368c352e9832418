const LF = 0x0a;

/**
 * Of the bytes of a file from `start` - 1 on (from 0 where `start` is 0), those of the lines whose first byte lies in
 * [start, end): consecutive ranges give every line exactly once. Stops reading where the last of them ends.
 */
export async function* alignLines(
  pieces: AsyncIterable<Uint8Array>,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Uint8Array> {
  let position = Math.max(0, start - 1);
  let started = start === 0;
  for await (const piece of pieces) {
    let from = 0;
    if (!started) {
      const lineFeed = piece.indexOf(LF);
      from = lineFeed < 0 ? piece.length : lineFeed + 1;
      started = lineFeed >= 0;
      if (position + from >= end) return;
    }
    if (started) {
      // The line that the byte before `end` is in is the last one.
      const lastLineFeed = piece.indexOf(LF, Math.max(from, end - 1 - position));
      if (lastLineFeed >= 0) {
        yield piece.subarray(from, lastLineFeed + 1);
        return;
      }
      yield piece.subarray(from);
    }
    position += piece.length;
  }
}
