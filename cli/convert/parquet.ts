import type { Database } from '../../layers/platform/duckdb.ts';
import { PipelineError, SchemaError } from '../../layers/platform/errors.ts';
import { identifier, literal } from '../../layers/platform/sql.ts';
import type { ConvertedRows } from './json-lines.ts';

/**
 * Writes a Parquet file as CSV, in its order: row n is line n + 1 (unless a text has line breaks). Times are UTC, what is
 * nested becomes JSON.
 * @param where what errors call the file
 * @throws SchemaError where it cannot be read
 */
export async function convertParquet(
  database: Database,
  source: string,
  target: string,
  where: string,
): Promise<ConvertedRows> {
  // A path is a pattern to DuckDB.
  const file = literal(source.replaceAll(/[*?[\]]/g, '[$&]'));
  const table = `read_parquet(${file}, hive_partitioning = false, binary_as_string = true)`;
  try {
    const columns = await database.query<{ column_name: string; column_type: string }>(
      `DESCRIBE SELECT * FROM ${table}`,
    );
    const texts = columns.map(({ column_name: name, column_type: type }) => {
      const column = identifier(name);
      const text = /^(STRUCT|MAP|UNION)\(|\[\d*\]$|^JSON$/.test(type)
        ? `to_json(${column})::VARCHAR`
        : `${column}::VARCHAR`;
      return `${text} AS ${column}`;
    });
    // A row of one column without a value would be a blank line, which is no row.
    const missing = columns.length === 1 ? 'NULL' : '';
    const { Count } = await database.row<{ Count: string }>(
      `COPY (SELECT ${texts.join(', ')} FROM ${table}) TO ${literal(target)} (FORMAT csv, HEADER true, NULLSTR ${literal(missing)})`,
    );
    return { rows: Number(Count), unreadable: 0 };
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    const [reason = ''] = (error as Error).message.split('\n');
    throw new SchemaError(
      {
        what: `the file cannot be read as Parquet: ${reason}`,
        where,
        remedy: 'Write it again, or export it as CSV',
      },
      { cause: error },
    );
  }
}
