import { SchemaError } from '../platform/errors.ts';

/** Bytes of a file's beginning that must hold its first line. */
export const headerBytes = 64 * 1024;

const asUtf8 = 'Save the file as UTF-8 CSV';

/**
 * Names of a CSV file's columns, in its order, without surrounding blanks. A column without a name is ''.
 * @param bytes the beginning of the file (uncompressed): all of it, or at least `headerBytes`
 * @param file what errors call the file
 * @throws SchemaError where the first line is no header of a comma-separated UTF-8 file
 */
export function parseHeader(bytes: Uint8Array, file: string): string[] {
  const header = splitRecord(firstLine(bytes, file), file).map((name) => name.trim());
  if (header.every((name) => name === '')) {
    throw new SchemaError({
      what: bytes.length === 0 ? 'the file is empty' : 'the header line is empty',
      where: `${file}:1`,
      remedy: 'Upload the file with a header line, or remove it from the drop',
    });
  }
  checkDelimiter(header, file);
  checkNoData(header, file);
  checkDuplicates(header, file);
  return header;
}

function firstLine(bytes: Uint8Array, file: string): string {
  const end = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  checkEncoding(line, file);
  if (line.length >= headerBytes) {
    throw new SchemaError({
      what: `no line ends in the first ${headerBytes} bytes`,
      where: file,
      remedy: 'Check that it is a CSV file with one record a line',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch (error) {
    throw new SchemaError(
      { what: 'the header is not UTF-8', where: `${file}:1`, remedy: asUtf8 },
      { cause: error },
    );
  }
}

function checkEncoding(line: Uint8Array, file: string): void {
  const starts = (...bytes: number[]) => bytes.every((byte, index) => line[index] === byte);
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) {
    throw new SchemaError({ what: 'the file is UTF-16', where: file, remedy: asUtf8 });
  }
  if (starts(0x1f, 0x8b)) {
    throw new SchemaError({
      what: 'the file is compressed',
      where: file,
      remedy: 'Give it a name that ends in .csv.gz',
    });
  }
  if (line.includes(0)) {
    throw new SchemaError({
      what: 'the header has a NUL byte: the file is UTF-16 or no text',
      where: file,
      remedy: asUtf8,
    });
  }
}

/** Fields of one CSV record (RFC 4180). */
function splitRecord(line: string, file: string): string[] {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",][^,]*)?)(,|$)/y;
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
    remedy: `Export it with commas (LibreOffice: "Save as" with "Edit filter settings"), or convert it: ${conversion(delimiter)}`,
  });
}

/** A command that turns any delimiter into commas, and quotes what has some. */
function conversion(delimiter: string): string {
  const from = JSON.stringify(delimiter).replaceAll('"', "'");
  return `python3 -c "import csv, sys; csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter=${from}))" < old.csv > new.csv`;
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

/** No name of a column is a number or a date. */
function checkNoData(header: readonly string[], file: string): void {
  const value = header.find((name) => /^-?\d+([.,]\d+)?$|^\d{4}-\d{2}-\d{2}/.test(name));
  if (value === undefined) return;
  throw new SchemaError({
    what: `the file has no header: its first line holds data ("${value}")`,
    where: `${file}:1`,
    remedy: 'Put a line with the names of the columns first',
  });
}
