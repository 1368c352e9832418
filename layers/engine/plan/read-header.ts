import { buffer } from 'node:stream/consumers';
import { constants, gunzipSync } from 'node:zlib';
import type { KnownDialect } from '../../data/csv/dialect.ts';
import { headerBytes, parseHeader } from '../../data/csv-header.ts';
import { SchemaError } from '../../platform/errors.ts';
import type { ObjectStore } from '../../platform/object-store.ts';
import type { RawInput } from '../../runs/documents.ts';
import { isGzip } from './chunks.ts';

export interface FileHeader {
  readonly header: string[];
  readonly hasLineFeeds: boolean;
}

/** Reads the first line of a data file, and no more of it than its first 64 kB. */
export async function readHeader(
  raw: ObjectStore,
  input: RawInput,
  known?: KnownDialect,
): Promise<FileHeader> {
  const { key, versionId, size } = input;
  const range = { start: 0, end: Math.min(size, headerBytes) };
  const bytes = size === 0 ? Buffer.alloc(0) : await buffer(await raw.stream({ key, versionId, range }));
  return headerOf(isGzip(input) && size > 0 ? unpack(bytes, key) : bytes, key, known);
}

/** The header of a file that begins with `bytes`. */
export function headerOf(bytes: Uint8Array, key: string, known?: KnownDialect): FileHeader {
  const header = parseHeader(bytes, key, known);
  const lineEnd = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  return { header, hasLineFeeds: bytes[lineEnd] === 0x0a || bytes[lineEnd + 1] === 0x0a };
}

/** The beginning of a gzip file, from its own beginning. */
export function unpack(bytes: Uint8Array, key: string): Uint8Array {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, headerBytes);
  } catch (error) {
    throw new SchemaError(
      { what: 'the file is not valid gzip', where: key, remedy: 'Compress it again, or upload it as .csv' },
      { cause: error },
    );
  }
}
