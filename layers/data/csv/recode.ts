import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Encoding } from './dialect.ts';
import { type Inspection, Inspector } from './inspect.ts';

/** Writes a file anew as UTF-8, line by line the same, and looks it through. */
export async function recode(source: string, encoding: Encoding, target: string): Promise<Inspection> {
  const decoder = new TextDecoder(encoding);
  const inspector = new Inspector();
  const decode = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      const text = Buffer.from(decoder.decode(piece, { stream: true }));
      inspector.update(text);
      yield text;
    }
    const rest = Buffer.from(decoder.decode());
    inspector.update(rest);
    yield rest;
  };
  await pipeline(createReadStream(source, { highWaterMark: 1 << 20 }), decode, createWriteStream(target));
  return inspector.finish();
}
