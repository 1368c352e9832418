import { readFile } from 'node:fs/promises';
import parquet from 'parquetjs-lite';
import { type ResultRow, resultColumns } from './results.ts';

const types = { text: 'UTF8', number: 'DOUBLE', integer: 'INT64', boolean: 'BOOLEAN' } as const;

const columns = Object.fromEntries(
  Object.entries(resultColumns).map(([name, { type, isOptional }]) => [
    name,
    { type: types[type], compression: 'SNAPPY', ...(isOptional ? { optional: true } : {}) },
  ]),
);

/** Writes `rows` as Parquet to a temporary `file` and returns the bytes. */
export async function resultsParquet(rows: readonly ResultRow[], file: string): Promise<Uint8Array> {
  try {
    const writer = await parquet.ParquetWriter.openFile(new parquet.ParquetSchema(columns), file);
    for (const row of rows) await writer.appendRow(present(row));
    await writer.close();
  } catch (error) {
    // parquetjs-lite throws strings.
    throw new Error(
      `results.parquet could not be written: ${error instanceof Error ? error.message : error}`,
      {
        cause: error,
      },
    );
  }
  return readFile(file);
}

/** parquetjs-lite takes an absent property for null. */
function present(row: ResultRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
