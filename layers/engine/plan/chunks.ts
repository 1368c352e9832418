import { isLineNumber } from '../../data/column-binding.ts';
import type { KnownDialect } from '../../data/csv/dialect.ts';
import type { MarkedColumns } from '../../data/pii.ts';
import type { Chunk, RawInput } from '../../runs/documents.ts';

/** Files up to this size are one chunk: 4 s of reading at the 60 MB/s a function gets from S3. */
export const CHUNK_BYTES = 256 * 1024 ** 2;

/** Bytes of events per user bucket: about 16 million rows, whose marts fit the memory of one function. */
export const BUCKET_BYTES = 1_200_000_000;

/** As long as they are few, buckets are smaller, of 1.5 GB of memory at most: what each of them costs in objects is little then. */
const SMALL = { buckets: 8, bytes: 400_000_000 };

/** What gzip makes of such files, to estimate their size from. */
const GZIP_RATIO = 5;

/** A data file with what its header says. */
export interface PlannedFile {
  readonly input: RawInput & { readonly kind: Chunk['dataset'] };
  readonly header: readonly string[];
  readonly columns: MarkedColumns;
  /** What the configuration says of how it is cut into fields. */
  readonly dialect?: KnownDialect | undefined;
  /** Whether its lines end in LF, which byte ranges are cut at. */
  readonly hasLineFeeds: boolean;
}

export const isGzip = ({ key }: Pick<RawInput, 'key'>) => key.endsWith('.gz');

/** One chunk per file, and several byte ranges of a large one that is not compressed and whose lines number nothing. */
export function chunksOf(files: readonly PlannedFile[], chunkBytes = CHUNK_BYTES): Chunk[] {
  const parts = new Map<Chunk['dataset'], number>();
  const chunks: Chunk[] = [];
  for (const { input, header, columns, hasLineFeeds, dialect } of files) {
    const { kind: dataset, key, versionId, etag, size } = input;
    const gzip = isGzip(input);
    const isWhole = gzip || !hasLineFeeds || columns.bindings.some(isLineNumber);
    for (const range of isWhole ? [null] : rangesOf(size, chunkBytes)) {
      const part = parts.get(dataset) ?? 0;
      parts.set(dataset, part + 1);
      chunks.push({
        index: chunks.length,
        dataset,
        part,
        key,
        versionId,
        etag,
        size,
        gzip,
        range,
        header: [...header],
        ...columns,
        ...(dialect === undefined ? {} : { dialect }),
      });
    }
  }
  return chunks;
}

function rangesOf(size: number, chunkBytes: number): Chunk['range'][] {
  if (size <= chunkBytes) return [null];
  const count = Math.ceil(size / chunkBytes);
  const cut = (index: number) => Math.floor((size * index) / count);
  return Array.from({ length: count }, (_, index) => ({ start: cut(index), end: cut(index + 1) }));
}

/** Number of user buckets for these files. */
export function bucketsFor(files: readonly Pick<PlannedFile, 'input'>[]): number {
  return bucketsOf(
    files
      .filter(({ input }) => input.kind === 'events')
      .reduce((sum, { input }) => sum + input.size * (isGzip(input) ? GZIP_RATIO : 1), 0),
  );
}

/** Number of user buckets for so many bytes of events. */
export function bucketsOf(bytes: number): number {
  const small = Math.min(SMALL.buckets, Math.ceil(bytes / SMALL.bytes));
  return Math.max(1, small, Math.ceil(bytes / BUCKET_BYTES));
}
