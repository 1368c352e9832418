import { z } from 'zod';
import { ConfigError, SchemaError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import type { DatasetContract } from './datasets/index.ts';
import { suggestColumn } from './suggest-column.ts';

const name = z.string().min(1);

/** Where the configuration finds a column: its name in the file, the first of several names, a constant, other values. */
export const columnSource = z.union([
  name,
  z.array(name).min(1),
  z
    .strictObject({
      column: name.optional().describe('Column of the file.'),
      constant: z
        .union([z.string(), z.number(), z.boolean()])
        .optional()
        .describe('Value of a column that the file lacks.'),
      values: z.record(z.string(), z.string()).optional().describe('Other names for values of the file.'),
    })
    .refine((source) => (source.column === undefined) !== (source.constant === undefined), {
      message: 'needs either column or constant',
    }),
]);
export type ColumnSource = z.infer<typeof columnSource>;

/** How a canonical column comes from a file. */
export const columnBinding = z.strictObject({
  /** Canonical column. */
  column: z.string(),
  /** Header of the file's column, or null for a constant. */
  source: z.string().nullable(),
  constant: z.string().nullable(),
  values: z.record(z.string(), z.string()),
});
export type ColumnBinding = z.infer<typeof columnBinding>;

export interface BoundColumns {
  /** Columns that the file (or a constant) provides, in the order of the contract. */
  readonly bindings: ColumnBinding[];
  /** Header names that the contract does not know and that are kept as text, in the file's order. */
  readonly otherColumns: string[];
}

interface Source {
  readonly candidates: readonly string[];
  readonly constant: string | null;
  readonly values: Record<string, string>;
}

/** Columns that staged files have beside those of the contract. */
const reserved = ['_line'];

/**
 * Finds a column of the file for each column of the contract.
 * @param mapping the configuration's `schema` for the dataset; a column it does not name is called as in the contract.
 *   Where the contract keeps other columns, the mapping may name those too.
 * @param file what errors call the file
 * @throws SchemaError where a required column is missing, or the choice is ambiguous
 * @throws ConfigError where the mapping names a column that the contract does not have
 */
export function bindColumns(
  contract: DatasetContract,
  header: readonly string[],
  mapping: Readonly<Record<string, ColumnSource>>,
  file: string,
): BoundColumns {
  const canonical = contract.columns.map(({ name }) => name);
  const added = Object.keys(mapping).filter((name) => !canonical.includes(name));
  if (!contract.keepsOtherColumns) checkMapping(contract, added);

  const bindings: ColumnBinding[] = [];
  const missing: MissingColumn[] = [];
  for (const column of [...canonical, ...added]) {
    const { candidates, constant, values } = sourceOf(column, mapping[column]);
    const source = candidates.map((name) => find(name, header, file)).find((found) => found !== undefined);
    if (source !== undefined || constant !== null) {
      bindings.push({ column, source: source ?? null, constant, values });
    } else if (contract.columns.some(({ name, presence }) => name === column && presence === 'required')) {
      missing.push({ column, candidates });
    }
  }
  if (missing.length > 0) throw missingColumns(contract, missing, header, file);
  return {
    bindings,
    otherColumns: contract.keepsOtherColumns ? others(header, bindings, canonical, file) : [],
  };
}

/** Name of a kept column in staged files: lower case, as configurations name segments. */
export function columnName(header: string): string {
  const name = header
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
  return /^[a-z_]/.test(name) ? name : `_${name}`;
}

function sourceOf(column: string, source: ColumnSource | undefined): Source {
  if (source === undefined) return { candidates: [column], constant: null, values: {} };
  if (typeof source === 'string') return { candidates: [source], constant: null, values: {} };
  if (Array.isArray(source)) return { candidates: source, constant: null, values: {} };
  return {
    candidates: source.column === undefined ? [] : [source.column],
    constant: source.constant === undefined ? null : String(source.constant),
    values: source.values ?? {},
  };
}

/** The header's own spelling of `name`: exactly so, else the only one that differs in case and blanks alone. */
function find(name: string, header: readonly string[], file: string): string | undefined {
  if (header.includes(name)) return name;
  const plain = (text: string) => text.trim().toLowerCase();
  const [found, second] = header.filter((candidate) => plain(candidate) === plain(name));
  if (second === undefined) return found;
  throw new SchemaError({
    what: `"${found}" and "${second}" may both be the column "${name}"`,
    where: `${file}:1`,
    remedy: 'Rename one of them, or name the right one in experiment.yaml, spelled as in the file',
  });
}

function others(
  header: readonly string[],
  bindings: readonly ColumnBinding[],
  canonical: readonly string[],
  file: string,
): string[] {
  const used = new Set(bindings.map(({ source }) => source));
  const taken = new Set([...reserved, ...canonical, ...bindings.map(({ column }) => column)]);
  const kept = header.filter((name) => name !== '' && !used.has(name) && !taken.has(columnName(name)));
  const clash = kept.find(
    (name, index) => kept.findIndex((o) => columnName(o) === columnName(name)) !== index,
  );
  if (clash === undefined) return kept;
  throw new SchemaError({
    what: `two columns would be called "${columnName(clash)}" once staged, one of them "${clash}"`,
    where: `${file}:1`,
    remedy: 'Rename one of them',
  });
}

function checkMapping(contract: DatasetContract, unknown: readonly string[]): void {
  const [column] = unknown;
  if (column === undefined) return;
  const names = contract.columns.map(({ name }) => name);
  const near = nearest(column, names);
  throw new ConfigError({
    what: `${contract.dataset} has no column "${column}"`,
    where: `schema.${contract.dataset}`,
    remedy: near === undefined ? `Its columns are ${names.join(', ')}` : `Did you mean "${near}"?`,
  });
}

interface MissingColumn {
  readonly column: string;
  readonly candidates: readonly string[];
}

function missingColumns(
  contract: DatasetContract,
  missing: readonly MissingColumn[],
  header: readonly string[],
  file: string,
): SchemaError {
  const named = header.filter((name) => name !== '');
  const sought = missing.map(({ column, candidates }) =>
    candidates.length === 1 && candidates[0] === column
      ? `"${column}"`
      : `"${column}", which should come from ${candidates.map((name) => `"${name}"`).join(' or ')},`,
  );
  const what =
    sought.length === 1
      ? `the required column ${sought[0]} is missing`
      : `the required columns ${sought.join(' and ')} are missing`;
  const lines = missing.map(({ column }) => {
    const near = suggestColumn(contract, column, header);
    return `${column}: ${near === undefined ? '<its name in the file>' : JSON.stringify(near)}`;
  });
  return new SchemaError({
    what: `${what}; the file has ${named.join(', ')}`,
    where: `${file}:1`,
    remedy: `Put this into experiment.yaml (npx ecom init writes one for a folder): schema: { ${contract.dataset}: { ${lines.join(', ')} } }`,
  });
}
