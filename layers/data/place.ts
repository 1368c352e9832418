/** A raw file, or a byte range [start, end) of one. */
export interface Piece {
  readonly key: string;
  readonly range: { readonly start: number; readonly end: number } | null;
}

/** What people are told as the file of a chunk: its key, and the byte range where it is a part of a larger file. */
export function chunkName({ key, range }: Piece): string {
  return range === null ? key : `${key}, bytes ${range.start} to ${range.end}`;
}

/** A line of a file, as an editor finds it; lines of a byte range count from its beginning. */
export function placeIn(file: string, line: number | string): string {
  return file.includes(', bytes ') ? `${file}, line ${line}` : `${file}:${line}`;
}

/**
 * How many lines lie before each of the pieces in its file, which are there in the file's order.
 * @param lineFeeds of each piece; undefined where they were not counted, and then what follows it in the file is not known
 */
export function linesBefore(
  pieces: readonly Piece[],
  lineFeeds: readonly (number | undefined)[],
): (number | undefined)[] {
  const soFar = new Map<string, number | undefined>();
  return pieces.map(({ key }, index) => {
    const before = soFar.has(key) ? soFar.get(key) : 0;
    const own = lineFeeds[index];
    soFar.set(key, before === undefined || own === undefined ? undefined : before + own);
    return before;
  });
}
