import { isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SchemaError } from '../../layers/platform/errors.ts';

export interface ConvertedRows {
  readonly rows: number;
  /** Rows that a run sets aside, since they are no JSON objects. */
  readonly unreadable: number;
}

const LF = 0x0a;
const notAnObject = 'not a JSON object';

/**
 * Writes a file of JSON lines as CSV: a column for each key of any line, in the order in which they come first, and line n
 * as line n + 1 (unless a text has line breaks). What is in a key's object or list stays JSON. A line that is no object
 * becomes a record of a field too many, which a run sets aside with the line's text.
 * @param where what errors call the file
 * @throws SchemaError where no line is an object, or where it is no valid gzip
 */
export async function convertJsonLines(
  source: string,
  target: string,
  where: string,
): Promise<ConvertedRows> {
  const columns = new Set<string>();
  let rows = 0;
  let unreadable = 0;
  await overLines(source, where, (line) => {
    const object = objectOf(line);
    if (object === 'blank') return;
    rows += 1;
    if (object === undefined) unreadable += 1;
    else for (const key of Object.keys(object)) columns.add(key);
  });
  const names = [...columns];
  if (names.length === 0) {
    throw new SchemaError({
      what: 'no line is a JSON object',
      where,
      remedy:
        'Write one object a line ({"user_id": 1, ...}), without brackets around them and commas between them',
    });
  }
  const record = (line: Buffer): string => {
    const object = objectOf(line);
    if (object === 'blank') return '';
    if (object === undefined)
      return `${quoted(line.toString(isUtf8(line) ? 'utf8' : 'latin1'))}${','.repeat(names.length)}${notAnObject}`;
    const cells = names.map((name) => (Object.hasOwn(object, name) ? cellOf(object[name]) : ''));
    // A line of its own without a word in it would be none.
    return cells.length === 1 && cells[0] === '' ? '""' : cells.join(',');
  };
  const csv = async function* () {
    yield `${names.map((name) => quoted(name)).join(',')}\n`;
    for await (const lines of linesOf(source)) yield lines.map((line) => `${record(line)}\n`).join('');
  };
  await pipeline(Readable.from(csv()), createWriteStream(target));
  return { rows, unreadable };
}

/** The lines of a file, as many at once as come at once. */
async function* linesOf(source: string): AsyncGenerator<Buffer[]> {
  const file = createReadStream(source, { highWaterMark: 1 << 20 });
  const bytes = source.toLowerCase().endsWith('.gz') ? file.pipe(createGunzip()) : file;
  if (bytes !== file) file.on('error', (error) => bytes.destroy(error));
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    const all = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = all.indexOf(LF); end >= 0; end = all.indexOf(LF, start)) {
      lines.push(all.subarray(start, end));
      start = end + 1;
    }
    rest = all.subarray(start);
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) yield [rest];
}

async function overLines(source: string, where: string, each: (line: Buffer) => void): Promise<void> {
  try {
    for await (const lines of linesOf(source)) for (const line of lines) each(line);
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new SchemaError(
      { what: 'the file is not valid gzip, or ends too early', where, remedy: 'Compress it again' },
      { cause: error },
    );
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function objectOf(line: Buffer): JsonObject | 'blank' | undefined {
  if (!isUtf8(line)) return undefined;
  const text = line.toString('utf8').replace(/^\ufeff/, '');
  if (text.trim() === '') return 'blank';
  try {
    const value: unknown = JSON.parse(/\d{16}/.test(text) ? withLongNumbersAsTexts(text) : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Ids of more digits than a binary number holds keep them all. */
function withLongNumbersAsTexts(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') || token.length < 16 ? token : `"${token}"`,
  );
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return quoted(JSON.stringify(value));
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return /[",\r\n;\t|]|^[\s#]|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
