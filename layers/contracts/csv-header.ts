import { SchemaError } from './errors/index.ts';

/** Bytes of a file's beginning that must hold its first line. */
export const headerBytes = 64 * 1024;

const remedies = {
  encoding: 'Save the file as UTF-8 CSV',
  empty: 'Upload the file with a header line, or remove it from the drop',
} as const;

/**
 * Names of a CSV file's columns, in its order, without surrounding blanks. A column without a name is ''.
 * @param bytes the beginning of the file (uncompressed): all of it, or at least `headerBytes`
 * @param file what errors call the file
 * @throws SchemaError where the first line is no header of a comma-separated UTF-8 file
 */
export function parseHeader(bytes: Uint8Array, file: string): string[] {
  checkEncoding(bytes, file);
  const line = firstLine(bytes, file);
  const header = splitRecord(line, file).map((name) => name.trim());
  if (header.every((name) => name === '')) {
    throw new SchemaError({
      what: bytes.length === 0 ? 'the file is empty' : 'the header line is empty',
      where: `${file}:1`,
      remedy: remedies.empty,
    });
  }
  checkDelimiter(header, file);
  checkDuplicates(header, file);
  return header;
}

function checkEncoding(bytes: Uint8Array, file: string): void {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) throw new SchemaError({ what: 'the file is UTF-16', where: file, remedy: remedies.encoding });
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    throw new SchemaError({
      what: `the file has a NUL byte at offset ${zero}: it is binary, compressed or UTF-16`,
      where: file,
      remedy: `${remedies.encoding} (compressed files end in .csv.gz)`,
    });
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new SchemaError({
      what: 'the file is compressed',
      where: file,
      remedy: 'Give it a name that ends in .csv.gz',
    });
  }
}

function firstLine(bytes: Uint8Array, file: string): string {
  const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  if (end < 0 && bytes.length >= headerBytes) {
    throw new SchemaError({
      what: `no line ends in the first ${headerBytes} bytes`,
      where: file,
      remedy: 'Check that it is a CSV file with one record a line',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch (error) {
    throw new SchemaError(
      { what: 'the header is not UTF-8', where: `${file}:1`, remedy: remedies.encoding },
      { cause: error },
    );
  }
}

/** Fields of one CSV record (RFC 4180). */
function splitRecord(line: string, file: string): string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  let more = true;
  while (more) {
    const match = field.exec(line);
    if (match === null) {
      throw new SchemaError({
        what: `the header's quotation marks do not match, at column ${fields.length + 1}`,
        where: `${file}:1`,
        remedy: 'Quote names like "this", without line breaks',
      });
    }
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    more = match[3] === ',';
  }
  return fields;
}

function checkDelimiter(header: readonly string[], file: string): void {
  const [only] = header;
  if (header.length > 1 || only === undefined) return;
  const delimiter = [';', '\t', '|'].find((candidate) => only.includes(candidate));
  if (delimiter === undefined) return;
  throw new SchemaError({
    what: `the columns are separated by ${JSON.stringify(delimiter)}, not by commas`,
    where: `${file}:1`,
    remedy: 'Export the file with commas',
  });
}

function checkDuplicates(header: readonly string[], file: string): void {
  const duplicate = header.find((name, index) => name !== '' && header.indexOf(name) !== index);
  if (duplicate === undefined) return;
  throw new SchemaError({
    what: `the header names the column "${duplicate}" twice`,
    where: `${file}:1`,
    remedy: 'Rename or drop one of them',
  });
}
