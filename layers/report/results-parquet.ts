import { readFile } from 'node:fs/promises';
import parquet from 'parquetjs-lite';
import type { ResultRow } from './results-table.ts';

const text = { type: 'UTF8', compression: 'SNAPPY' } as const;
const optionalText = { ...text, optional: true } as const;
const number = { type: 'DOUBLE', compression: 'SNAPPY' } as const;
const optionalNumber = { ...number, optional: true } as const;

const columns: Record<keyof ResultRow, object> = {
  run_id: text,
  drop_name: text,
  experiment_id: text,
  segment: optionalText,
  segment_level: optionalText,
  metric: text,
  role: text,
  kind: text,
  unit: text,
  variant: text,
  users: { type: 'INT64', compression: 'SNAPPY' },
  sum: number,
  denominator: optionalNumber,
  mean: optionalNumber,
  is_control: { type: 'BOOLEAN', compression: 'SNAPPY' },
  absolute: optionalNumber,
  absolute_ci_lower: optionalNumber,
  absolute_ci_upper: optionalNumber,
  relative: optionalNumber,
  relative_ci_lower: optionalNumber,
  relative_ci_upper: optionalNumber,
  test: optionalText,
  statistic: optionalNumber,
  df: optionalNumber,
  p: optionalNumber,
  p_adjusted: optionalNumber,
  absolute_adjusted_ci_lower: optionalNumber,
  absolute_adjusted_ci_upper: optionalNumber,
  relative_adjusted_ci_lower: optionalNumber,
  relative_adjusted_ci_upper: optionalNumber,
  p_sequential: optionalNumber,
  alpha_sequential: optionalNumber,
  cuped_absolute: optionalNumber,
  cuped_absolute_ci_lower: optionalNumber,
  cuped_absolute_ci_upper: optionalNumber,
  cuped_p: optionalNumber,
  cuped_variance_reduction: optionalNumber,
  cap: optionalNumber,
  capped_absolute: optionalNumber,
  capped_absolute_ci_lower: optionalNumber,
  capped_absolute_ci_upper: optionalNumber,
  capped_p: optionalNumber,
  chance_to_win: optionalNumber,
  non_inferiority: optionalText,
  non_inferiority_p: optionalNumber,
  verdict: optionalText,
  reason: optionalText,
  decision: text,
  srm_p: optionalNumber,
};

/** Columns in the order of the files. */
export const resultColumns = Object.keys(columns) as (keyof ResultRow)[];

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
