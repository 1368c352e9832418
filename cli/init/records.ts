import path from 'node:path';
import { inspectFile } from '../../layers/data/csv/local-file.ts';
import { splitRecords } from '../../layers/data/csv/split-records.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { PipelineError, SchemaError } from '../../layers/platform/errors.ts';
import { literalList } from '../../layers/platform/sql.ts';

/** CSV files with the same columns. */
export interface CsvFiles {
  /** What errors call them. */
  readonly name: string;
  readonly files: readonly string[];
  /** Number of their columns. */
  readonly columns: number;
}

/**
 * Rows of CSV files as a table in SQL, their cells called c0, c1, ...: the files as they are where DuckDB takes them,
 * else split into records first, as a run does.
 * @param folder for what is split
 * @throws SchemaError where nothing helps
 */
export async function openRecords(database: Database, csv: CsvFiles, folder: string): Promise<string> {
  const asTheyAre = tableOf(csv, csv.files, true);
  if (await canRead(database, asTheyAre)) return asTheyAre;
  const records: string[] = [];
  for (const [index, source] of csv.files.entries()) {
    const { file } = await inspectFile(source, folder, path.basename(source));
    const target = path.join(folder, `${csv.name}-${index}.records`);
    splitRecords(
      file,
      { records: target, rejects: path.join(folder, 'rejects.csv') },
      { columns: csv.columns, header: true },
    );
    records.push(target);
  }
  const split = tableOf(csv, records, false);
  if (await canRead(database, split)) return split;
  throw new SchemaError({
    what: 'its rows cannot be read as those of a CSV file',
    where: csv.name,
    remedy: 'Export it again as UTF-8 CSV with commas',
  });
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
function tableOf({ columns }: CsvFiles, files: readonly string[], asItIs: boolean): string {
  const cells = Array.from({ length: columns }, (_, index) => `c${index}`);
  const names = asItIs ? cells : ['_line', ...cells];
  return `read_csv(${literalList(files)}, columns = {${names.map((name) => `${name}: 'VARCHAR'`).join(', ')}},
    header = ${asItIs}, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '',
    ${asItIs ? '' : `new_line = '\\n',`} ignore_errors = true)`;
}
