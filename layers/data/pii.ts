import { z } from 'zod';
import { ConfigError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { type BoundColumns, columnName } from './column-binding.ts';
import type { DatasetContract } from './datasets/index.ts';

/** What becomes of the values of a column that holds personal data. */
export const piiTreatment = z.enum(['hash', 'drop']);

/** A column of a file whose values are in no artefact of a run. */
export const piiColumn = z.strictObject({
  /** Header of the file's column. */
  source: z.string(),
  treatment: piiTreatment,
});
export type PiiColumn = z.infer<typeof piiColumn>;

export interface MarkedColumns extends BoundColumns {
  /** Columns whose values no artefact shows. */
  readonly pii?: PiiColumn[];
}

type PiiMarks = Readonly<Record<string, z.infer<typeof piiTreatment>>>;

/** Stands for a value in records that are shown as they came. */
export const mask = '***';

/**
 * The columns of a file without those to drop, and what is to be hashed or masked.
 * @param marks the configuration's `pii` for the dataset; a column that this file lacks is another file's
 * @throws ConfigError where the pipeline computes with a marked column
 */
export function withPii(
  columns: BoundColumns,
  contract: DatasetContract,
  header: readonly string[],
  marks: PiiMarks,
): MarkedColumns {
  const pii = Object.entries(marks).flatMap(([name, treatment]) =>
    sourcesOf(name, header, columns).map((source): PiiColumn => ({ source, treatment })),
  );
  if (pii.length === 0) return columns;
  for (const { source } of pii) refuseComputed(source, columns, contract);
  const isDropped = (source: string | null) =>
    pii.some((column) => column.treatment === 'drop' && column.source === source);
  return {
    bindings: columns.bindings.filter(({ source }) => !isDropped(source)),
    otherColumns: columns.otherColumns.filter((source) => !isDropped(source)),
    pii,
  };
}

/**
 * @param files headers and columns of the dataset's files
 * @throws ConfigError where no file of the dataset has a marked column: whoever marks it believes it to be kept out
 */
export function requirePiiColumns(
  dataset: DatasetContract['dataset'],
  files: readonly { readonly header: readonly string[]; readonly columns: BoundColumns }[],
  marks: PiiMarks,
): void {
  if (files.length === 0) return;
  const unknown = Object.keys(marks).find((name) =>
    files.every(({ header, columns }) => sourcesOf(name, header, columns).length === 0),
  );
  if (unknown === undefined) return;
  const names = [...new Set(files.flatMap(({ header }) => header))].filter((name) => name !== '');
  const near = nearest(unknown, names);
  throw new ConfigError({
    what: `no file of ${dataset} has the column "${unknown}" that is marked as personal`,
    where: `pii.${dataset}.${unknown}`,
    remedy: near === undefined ? `The columns are ${names.join(', ')}` : `Did you mean "${near}"?`,
  });
}

/** All headers that the name may mean: rather one too many is kept out than one too few. */
function sourcesOf(name: string, header: readonly string[], { bindings }: BoundColumns): string[] {
  const plain = (text: string) => text.trim().toLowerCase();
  const staged = (text: string) => columnName(text).replace(/^_+$/, '');
  const asWritten = header.filter((column) => plain(column) === plain(name));
  if (asWritten.length > 0) return asWritten;
  const bound = bindings.flatMap(({ column, source }) =>
    column === name && source !== null ? [source] : [],
  );
  if (bound.length > 0) return bound;
  return header.filter((column) => staged(column) !== '' && staged(column) === staged(name));
}

function refuseComputed(source: string, { bindings }: BoundColumns, contract: DatasetContract): void {
  const computed = bindings.find(
    (binding) =>
      contract.columns.some(({ name }) => name === binding.column) &&
      (binding.source === source || binding.reading?.with?.includes(source)),
  );
  if (computed === undefined) return;
  const isId = contract.columns.some(({ name, type }) => name === computed.column && type === 'id');
  throw new ConfigError({
    what: `"${source}" is the ${computed.column} of ${contract.dataset}, which results are computed from`,
    where: `pii.${contract.dataset}.${source}`,
    remedy: isId
      ? 'Export a pseudonym in its place, the same one in every file; only columns beyond the data contract can be marked'
      : `Only columns beyond the data contract can be marked: leave ${computed.column} out of the export, or keep it`,
  });
}
