import path from 'node:path';
import { type Delimiter, type KnownDialect, plainDialect } from '../../layers/data/csv/dialect.ts';
import { beginningOf, inspectFile, readDialect } from '../../layers/data/csv/local-file.ts';
import { recode } from '../../layers/data/csv/recode.ts';
import { splitFile } from '../../layers/data/csv/split-file.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { PipelineError, SchemaError } from '../../layers/platform/errors.ts';
import { literal, literalList } from '../../layers/platform/sql.ts';

/** CSV files with the same columns. */
export interface CsvFiles {
  /** What errors call them. */
  readonly name: string;
  readonly files: readonly string[];
  /** Number of their columns. */
  readonly columns: number;
  /** What the configuration says of how they are cut into fields. */
  readonly dialect?: KnownDialect | undefined;
}

/**
 * Rows of CSV files as a table in SQL, their cells called c0, c1, ...: the files as they are where DuckDB takes them,
 * else split into records first, as a run does.
 * @param folder for what is split
 * @throws SchemaError where nothing helps
 */
export async function openRecords(database: Database, csv: CsvFiles, folder: string): Promise<string> {
  const dialects = await Promise.all(csv.files.map((file) => readDialect(file, csv.name, csv.dialect)));
  const { delimiter } = dialects[0] ?? plainDialect;
  const beginnings = await Promise.all(csv.files.map((file) => beginningOf(file, csv.name)));
  const isPlain =
    !beginnings.some((bytes) => bytes.includes('\\"') || hasOpenQuote(bytes)) &&
    !csv.files.some((file) => /[*?[\]]/.test(file));
  const areAlike = dialects.every(
    (dialect) => dialect.encoding === 'utf-8' && dialect.preamble === 0 && dialect.delimiter === delimiter,
  );
  const asTheyAre = tableOf(csv, csv.files, delimiter, true);
  if (areAlike && isPlain && (await canRead(database, asTheyAre))) return asTheyAre;
  const tables: string[] = [];
  for (const [index, source] of csv.files.entries()) {
    const dialect = dialects[index] ?? plainDialect;
    const { file } = await inspectFile(source, folder, path.basename(source));
    // A path is a pattern to DuckDB.
    const name = `${csv.name.replaceAll(/[*?[\]]/g, '_')}-${index}`;
    const place = (kind: string) => path.join(folder, `${name}.${kind}`);
    let utf8 = file;
    if (dialect.encoding !== 'utf-8') {
      utf8 = place('utf8');
      await recode(file, dialect.encoding, utf8);
    }
    const { records } = await splitFile(
      utf8,
      { folder, name },
      { columns: csv.columns, header: true, delimiter: dialect.delimiter, preamble: dialect.preamble },
    );
    tables.push(tableOf(csv, [records], dialect.delimiter, false));
  }
  const split =
    tables.length === 1
      ? (tables[0] ?? '')
      : `(${tables.map((table) => `FROM ${table}`).join(' UNION ALL ')})`;
  if (await canRead(database, split)) return split;
  throw new SchemaError({
    what: 'its rows cannot be read as those of a CSV file',
    where: csv.name,
    remedy: 'Export it again as UTF-8 CSV with commas',
  });
}

/** Whether the header has a quotation mark too many, which names its columns all the same. */
function hasOpenQuote(bytes: Buffer): boolean {
  const [line = ''] = bytes.toString('latin1').split(/[\r\n]/, 1);
  return line.split('"').length % 2 === 0;
}

async function canRead(database: Database, table: string): Promise<boolean> {
  try {
    await database.run(`SELECT count(*) FROM ${table}`);
    return true;
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    return false;
  }
}

/** A file as it is has a header; one that was split has each record's line before its cells. */
function tableOf(
  { columns }: CsvFiles,
  files: readonly string[],
  delimiter: Delimiter,
  asItIs: boolean,
): string {
  const cells = Array.from({ length: columns }, (_, index) => `c${index}`);
  const names = asItIs ? cells : ['_line', ...cells];
  return `read_csv(${literalList(files)}, columns = {${names.map((name) => `${name}: 'VARCHAR'`).join(', ')}},
    header = ${asItIs}, auto_detect = false, delim = ${literal(delimiter)}, quote = '"', escape = '"', nullstr = '',
    ${asItIs ? '' : `new_line = '\\n',`} ignore_errors = true)`;
}
