import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { SchemaError } from '../../layers/platform/errors.ts';

/** A file in a zip archive, as its directory tells. */
export interface ZipEntry {
  /** With `/` between folders. */
  readonly name: string;
  readonly size: number;
  readonly packed: number;
  readonly crc: number;
  readonly method: number;
  /** Where its local header begins. */
  readonly offset: number;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const BEYOND_32_BITS = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x1;
const UTF8 = 0x800;

/**
 * The files of a zip archive (PKWARE's APPNOTE 6.3), without folders and what macOS puts beside them.
 * @param where what errors call the archive
 * @throws SchemaError where it is none, or is one that cannot be read here: encrypted, or larger than 4 GB
 */
export async function zipEntries(file: string, where: string): Promise<ZipEntry[]> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const read = async (start: number, length: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
      return buffer.subarray(0, bytesRead);
    };
    const tail = await read(Math.max(0, size - END_BYTES - LONGEST_COMMENT), END_BYTES + LONGEST_COMMENT);
    const end = endOf(tail);
    if (end < 0) throw unreadable(where, 'the file is no zip archive, or ends too early');
    const directory = await read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    const entries: ZipEntry[] = [];
    for (let at = 0, left = tail.readUInt16LE(end + 10); left > 0; left -= 1) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== DIRECTORY)
        throw unreadable(where, 'the directory of the zip archive is broken');
      const [nameLength, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
      const flags = directory.readUInt16LE(at + 8);
      const name = directory.toString(
        (flags & UTF8) === 0 ? 'latin1' : 'utf8',
        at + 46,
        at + 46 + (nameLength ?? 0),
      );
      const entry: ZipEntry = {
        name,
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        packed: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      };
      at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
      if (name.endsWith('/') || /(^|\/)(__MACOSX\/|\.)/.test(name)) continue;
      if ((flags & ENCRYPTED) !== 0) throw unreadable(where, `"${name}" in the zip archive is encrypted`);
      if ([entry.size, entry.packed, entry.offset].includes(BEYOND_32_BITS))
        throw unreadable(where, `"${name}" in the zip archive is larger than 4 GB`);
      if (![STORED, DEFLATED].includes(entry.method))
        throw unreadable(where, `"${name}" in the zip archive is packed in a way that is not known here`);
      entries.push(entry);
    }
    return entries;
  } finally {
    await handle.close();
  }
}

/**
 * Unpacks one file of an archive.
 * @throws SchemaError where its length or its check sum is not the one that the archive tells
 */
export async function unpackEntry(
  archive: string,
  entry: ZipEntry,
  target: string,
  where: string,
): Promise<void> {
  const start = await dataOffset(archive, entry, where);
  let length = 0;
  let crc = 0;
  const check = new Transform({
    transform(piece: Buffer, _encoding, done) {
      length += piece.length;
      crc = crc32(piece, crc);
      if (length > entry.size) done(damaged(where, entry));
      else done(null, piece);
    },
  });
  const packed =
    entry.packed === 0 ? [] : createReadStream(archive, { start, end: start + entry.packed - 1 });
  const output = createWriteStream(target);
  try {
    if (entry.method === STORED) await pipeline(packed, check, output);
    else await pipeline(packed, createInflateRaw(), check, output);
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw damaged(where, entry, error);
  }
  if (length !== entry.size || crc !== entry.crc) throw damaged(where, entry);
}

/** Where a file's bytes begin: the local header may be longer than the directory says. */
async function dataOffset(archive: string, { offset, name }: ZipEntry, where: string): Promise<number> {
  const handle = await open(archive);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(30), 0, 30, offset);
    if (bytesRead < 30 || buffer.readUInt32LE(0) !== LOCAL)
      throw unreadable(where, `"${name}" is not where the zip archive says`);
    return offset + 30 + buffer.readUInt16LE(26) + buffer.readUInt16LE(28);
  } finally {
    await handle.close();
  }
}

function endOf(tail: Buffer): number {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) if (tail.readUInt32LE(at) === END) return at;
  return -1;
}

function damaged(where: string, { name }: ZipEntry, cause?: unknown): SchemaError {
  return unreadable(where, `"${name}" in the zip archive is damaged`, cause);
}

function unreadable(where: string, what: string, cause?: unknown): SchemaError {
  return new SchemaError(
    { what, where, remedy: 'Unpack it yourself and put the CSVs into the folder, or pack it again' },
    { cause },
  );
}
