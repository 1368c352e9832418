import { linesBefore, placeIn } from '../../layers/data/place.ts';
import type { RunPlan } from '../../layers/runs/documents.ts';
import type { RunStore } from '../../layers/runs/store.ts';

/** A row's line in the chunk that it was read with, where that is known. */
export interface RowOfChunk {
  readonly file: string;
  readonly chunk: number | null;
  readonly line: number;
}

/** The first line of each chunk in its file, less one; undefined where a chunk before it left no count. */
export type LineOffsets = ReadonlyMap<number, number | undefined>;

/** Reads how many lines lie before each byte range of a large file. */
export async function readLineOffsets(
  store: RunStore,
  { runId, chunks }: Pick<RunPlan, 'runId' | 'chunks'>,
): Promise<LineOffsets> {
  const lineFeeds = await Promise.all(
    chunks.map(async ({ index, range }) => {
      if (range === null) return undefined;
      const marker = await store.read('marker', runId, 'stage', index);
      return marker?.stage === 'stage' ? marker.result.lineFeeds : undefined;
    }),
  );
  const before = linesBefore(chunks, lineFeeds);
  return new Map(chunks.map(({ index }, at) => [index, before[at]]));
}

/** `file:line` as an editor finds it, as far as it is known. */
export function placeOf(
  { file, chunk, line }: RowOfChunk,
  { chunks }: Pick<RunPlan, 'chunks'>,
  offsets: LineOffsets,
): string {
  const ofFile = chunks.filter(({ key }) => key === file);
  if (ofFile.length <= 1) return placeIn(file, line);
  const own = ofFile.find(({ index }) => index === chunk);
  if (own === undefined) return file;
  const offset = offsets.get(own.index);
  return offset === undefined
    ? `${file}, line ${line} after byte ${own.range?.start ?? 0}`
    : placeIn(file, line + offset);
}
