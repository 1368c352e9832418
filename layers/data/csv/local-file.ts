import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { SchemaError } from '../../platform/errors.ts';
import { parseHeader } from '../csv-header.ts';
import { type Dialect, headerBytes, type KnownDialect, readBeginning } from './dialect.ts';
import { type Inspection, Inspector } from './inspect.ts';

/** A CSV file that was looked through. */
export interface InspectedFile {
  /** Uncompressed. */
  readonly file: string;
  readonly inspection: Inspection;
}

/**
 * Looks through a CSV file once, with a header or without; a compressed one is unpacked into `folder`.
 * @param name what errors call the file
 * @throws SchemaError where it is no valid gzip
 */
export async function inspectFile(source: string, folder: string, name: string): Promise<InspectedFile> {
  const inspector = new Inspector();
  const inspect = new Transform({
    transform(piece: Buffer, _encoding, done) {
      inspector.update(piece);
      done(null, piece);
    },
  });
  const input = createReadStream(source, { highWaterMark: 1 << 20 });
  if (!source.endsWith('.gz')) {
    await pipeline(input, inspect, async (pieces: AsyncIterable<Buffer>) => {
      for await (const _piece of pieces);
    });
    return { file: source, inspection: inspector.finish() };
  }
  const file = path.join(folder, 'unpacked.csv');
  try {
    await pipeline(input, createGunzip(), inspect, createWriteStream(file));
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw notGzip(name, error);
  }
  return { file, inspection: inspector.finish() };
}

/**
 * The header of a CSV file, compressed or not, from no more than its beginning.
 * @throws SchemaError where it has none
 */
export async function readHeader(file: string, name: string): Promise<string[]> {
  return parseHeader(await beginningOf(file, name), name);
}

/**
 * How a CSV file, compressed or not, is written, from no more than its beginning.
 * @throws SchemaError where it has no header
 */
export async function readDialect(file: string, name: string, known?: KnownDialect): Promise<Dialect> {
  return readBeginning(await beginningOf(file, name), name, known).dialect;
}

/** The first bytes of a file, uncompressed. */
export async function beginningOf(file: string, name: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    const beginning = buffer.subarray(0, bytesRead);
    return file.endsWith('.gz') ? unpacked(beginning, name) : beginning;
  } finally {
    await handle.close();
  }
}

function unpacked(beginning: Buffer, name: string): Buffer {
  try {
    return gunzipSync(beginning, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, headerBytes);
  } catch (error) {
    throw notGzip(name, error);
  }
}

function notGzip(name: string, cause: unknown): SchemaError {
  return new SchemaError(
    { what: 'the file is not valid gzip', where: name, remedy: 'Compress it again' },
    { cause },
  );
}
