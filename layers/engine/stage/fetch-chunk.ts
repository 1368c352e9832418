import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Inspection, Inspector } from '../../data/csv/inspect.ts';
import { DataError, SchemaError, TransientError } from '../../platform/errors.ts';
import type { ObjectStore } from '../../platform/object-store.ts';
import type { Chunk } from '../../runs/documents.ts';
import { alignLines } from './align-lines.ts';

/** Downloads a chunk, uncompressed and cut at its lines, and inspects it on the way. */
export async function fetchChunk(raw: ObjectStore, chunk: Chunk, file: string): Promise<Inspection> {
  const { key, versionId, range, size } = chunk;
  const bytes = range === null ? {} : { range: { start: Math.max(0, range.start - 1), end: size } };
  const body = await raw.stream({ key, versionId, ...bytes });
  const inspector = new Inspector();
  const inspect = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      inspector.update(piece);
      yield piece;
    }
  };
  try {
    const target = createWriteStream(file);
    if (chunk.gzip) await pipeline(body, createGunzip(), inspect, target);
    else await pipeline(range === null ? body : linesOf(body, range), inspect, target);
  } catch (error) {
    throw translated(error, key);
  }
  return inspector.finish();
}

async function* linesOf(body: Readable, range: { start: number; end: number }) {
  try {
    yield* alignLines(body, range);
  } finally {
    body.destroy();
  }
}

function translated(error: unknown, where: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_')) {
    return new SchemaError(
      {
        what: 'the file is not valid gzip, or ends too early',
        where,
        remedy: 'Compress and upload it again',
      },
      { cause: error },
    );
  }
  if (code === 'ENOSPC') {
    return new DataError(
      {
        what: "the uncompressed file does not fit the function's storage",
        where,
        remedy: 'Upload it in smaller parts',
      },
      { cause: error },
    );
  }
  return new TransientError({ what: `the download broke off: ${message}`, where }, { cause: error });
}
