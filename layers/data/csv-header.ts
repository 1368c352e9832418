import { SchemaError } from '../platform/errors.ts';
import { type KnownDialect, readBeginning } from './csv/dialect.ts';

export { headerBytes } from './csv/dialect.ts';

/**
 * Names of a CSV file's columns, in its order, without surrounding blanks. A column without a name is ''.
 * @param bytes the beginning of the file (uncompressed): all of it, or at least `headerBytes`
 * @param file what errors call the file
 * @throws SchemaError where the file has no header
 */
export function parseHeader(bytes: Uint8Array, file: string, known?: KnownDialect): string[] {
  const { header, dialect } = readBeginning(bytes, file, known);
  const where = `${file}:${dialect.preamble + 1}`;
  if (header.every((name) => name === '')) {
    throw new SchemaError({
      what: bytes.length === 0 ? 'the file is empty' : 'the header line is empty',
      where,
      remedy: 'Upload the file with a header line, or remove it from the drop',
    });
  }
  checkNoData(header, where);
  return [...header];
}

/** No name of a column is a number or a date. */
function checkNoData(header: readonly string[], where: string): void {
  const value = header.find((name) => /^-?\d+([.,]\d+)?$|^\d{4}-\d{2}-\d{2}/.test(name));
  if (value === undefined) return;
  throw new SchemaError({
    what: `the file has no header: its first line holds data ("${value}")`,
    where,
    remedy: 'Put a line with the names of the columns first',
  });
}
