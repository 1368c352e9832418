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
