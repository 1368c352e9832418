import { z } from 'zod';
import {
  type BoundColumns,
  type ColumnBinding,
  type ColumnReading,
  columnName,
  readingShape,
} from './column-binding.ts';
import { type Delimiter, delimiters, encodings, type KnownDialect } from './csv/dialect.ts';
import type { ColumnContract, DatasetContract } from './datasets/index.ts';
import { missingTexts } from './values.ts';

const { missing, decimal, thousands, strip_currency, format, zone } = readingShape;

/** How a file is cut into fields, where its beginning does not show it. */
export const dialectSettings = z.strictObject({
  delimiter: z
    .enum(delimiters as unknown as [Delimiter, ...Delimiter[]])
    .optional()
    .describe('Character between fields.'),
  encoding: z.enum(encodings).optional().describe('How its letters are written.'),
  skip_lines: z.number().int().min(0).max(1000).optional().describe('Lines above the header.'),
});

/** How one file is written; what a column says of itself goes before it. */
export const fileWriting = z.strictObject({
  ...dialectSettings.shape,
  missing,
  decimal,
  thousands,
  strip_currency,
  format,
  zone,
});
export type FileWriting = z.infer<typeof fileWriting>;

/** The file's part of the settings that says how it is cut into fields. */
export function dialectOfFile({ delimiter, encoding, skip_lines }: FileWriting): KnownDialect {
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(skip_lines === undefined ? {} : { skip_lines }),
  };
}

/**
 * The columns of a file with what is said of all its columns: amounts and times as the file writes them, and the texts of
 * missing values, which hold for no id and for no arm unless their column names them itself.
 * @param missingOfAll the configuration's list for all files
 */
export function withWriting(
  { bindings, otherColumns }: BoundColumns,
  contract: DatasetContract,
  writing: FileWriting,
  missingOfAll: readonly string[],
): BoundColumns {
  const isUsual = [...missingOfAll].sort().join('\n') === [...missingTexts].sort().join('\n');
  const texts = writing.missing ?? (isUsual ? undefined : missingOfAll);
  const contractOf = (name: string): Pick<ColumnContract, 'name' | 'type' | 'keeps'> =>
    contract.columns.find((column) => column.name === name) ?? { name, type: 'text', keeps: ['NA'] };
  const others = otherColumns.map(
    (source): ColumnBinding => ({ column: columnName(source), source, constant: null, values: {} }),
  );
  const written = (binding: ColumnBinding): ColumnBinding => {
    const { name, type, keeps = [] } = contractOf(binding.column);
    const mayBeMissing = type !== 'id' && name !== 'variant' && binding.constant === null;
    const reading: ColumnReading = {
      ...(texts !== undefined && mayBeMissing
        ? { missing: texts.filter((text) => !(keeps as readonly string[]).includes(text)) }
        : {}),
      ...(type === 'money'
        ? given({
            decimal: writing.decimal,
            thousands: writing.thousands,
            strip_currency: writing.strip_currency,
          })
        : {}),
      ...(type === 'timestamp' && binding.constant === null
        ? given({ format: writing.format, zone: writing.zone })
        : {}),
      ...binding.reading,
    };
    return Object.keys(reading).length === 0 ? binding : { ...binding, reading };
  };
  return texts === undefined
    ? { bindings: bindings.map(written), otherColumns }
    : { bindings: [...bindings, ...others].map(written), otherColumns: [] };
}

/** Without what is not said. */
function given(reading: ColumnReading): ColumnReading {
  return Object.fromEntries(Object.entries(reading).filter(([, value]) => value !== undefined));
}
