import { z } from 'zod';
import { ConfigError, SchemaError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { isNameOf } from './column-words.ts';
import type { DatasetContract } from './datasets/index.ts';
import { suggestColumn } from './suggest-column.ts';

const name = z.string().min(1);

/** How the values of a column are written, where it is not as the contract has them. */
export const readingShape = {
  json: z
    .string()
    .regex(/^\$([.[].+)$/, 'must be a path such as $.order_id')
    .optional()
    .describe('Path of the value in a column of JSON.'),
  with: z
    .array(name)
    .min(1)
    .optional()
    .describe('Further columns whose texts follow, joined by "-": an id where the file has none.'),
  missing: z.array(z.string()).optional().describe('Texts that mean no value, in place of the usual ones.'),
  decimal: z.enum(['.', ',']).optional().describe('Character before the decimals of amounts.'),
  thousands: z
    .enum([',', '.', ' ', "'"])
    .optional()
    .describe('Character between groups of three digits of amounts.'),
  strip_currency: z
    .boolean()
    .optional()
    .describe("Whether a currency stands beside amounts; it is the event's where no column is."),
  format: z
    .union([name, z.array(name).min(1)])
    .optional()
    .describe('How times are written: `epoch`, or patterns as of strptime.'),
  zone: z
    .string()
    .refine(isZone, 'must be a time zone such as Europe/Amsterdam')
    .optional()
    .describe('Zone of times without an offset; UTC by default.'),
};

function isZone(zone: string): boolean {
  try {
    return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** Where the configuration finds a column: its name in the file, the first of several names, a constant, the line, other values. */
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
      line_number: z
        .literal(true)
        .optional()
        .describe('The line on which the row begins: an id where the file has none.'),
      values: z.record(z.string(), z.string()).optional().describe('Other names for values of the file.'),
      ...readingShape,
    })
    .refine(
      ({ column, constant, line_number }) =>
        [column, constant, line_number].filter((said) => said !== undefined).length === 1,
      { message: 'needs one of column, constant and line_number' },
    )
    .refine(({ decimal = '.', thousands }) => decimal !== thousands, {
      message: 'decimal and thousands must differ',
      path: ['thousands'],
    }),
]);
export type ColumnSource = z.infer<typeof columnSource>;

/** Whether the configuration takes the line of a row for the column. */
export function isLineOfRow(source: ColumnSource | undefined): boolean {
  return typeof source === 'object' && 'line_number' in source;
}

export const columnReading = z.strictObject({
  ...readingShape,
  /** Whether the value is the currency beside the amount in the column. */
  currency_of_amount: z.boolean().optional(),
  /** Whether the value is the line on which the row begins. */
  line_number: z.literal(true).optional(),
});
export type ColumnReading = z.infer<typeof columnReading>;

/** How a canonical column comes from a file. */
export const columnBinding = z.strictObject({
  /** Canonical column. */
  column: z.string(),
  /** Header of the file's column, or null for a constant and for the line. */
  source: z.string().nullable(),
  constant: z.string().nullable(),
  values: z.record(z.string(), z.string()),
  /** Where the values are not written as the contract has them. */
  reading: columnReading.optional(),
});
export type ColumnBinding = z.infer<typeof columnBinding>;

/** Whether the column is the line of the row, which only a file that is read as a whole tells. */
export function isLineNumber({ reading }: Pick<ColumnBinding, 'reading'>): boolean {
  return reading?.line_number === true;
}

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
  readonly reading?: ColumnReading;
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
    const { candidates, constant, values, ...how } = joined(sourceOf(column, mapping[column]), header, file);
    const source = candidates.map((name) => find(name, header, file)).find((found) => found !== undefined);
    if (source !== undefined || constant !== null || isLineNumber(how)) {
      bindings.push({ column, source: source ?? null, constant, values, ...how });
    } else if (contract.columns.some(({ name, presence }) => name === column && presence === 'required')) {
      missing.push({ column, candidates });
    }
  }
  if (missing.length > 0) throw missingColumns(contract, missing, header, file);
  bindings.push(...currencyOf(canonical, bindings));
  return {
    bindings,
    otherColumns: contract.keepsOtherColumns ? others(header, bindings, canonical) : [],
  };
}

/** The currency that stands beside the amounts, where it has no column. */
function currencyOf(canonical: readonly string[], bindings: readonly ColumnBinding[]): ColumnBinding[] {
  if (!canonical.includes('currency') || bindings.some(({ column }) => column === 'currency')) return [];
  const amount = bindings.find(
    ({ column, reading }) => column === 'revenue' && reading?.strip_currency === true,
  );
  if (amount === undefined) return [];
  return [{ ...amount, column: 'currency', values: {}, reading: { currency_of_amount: true } }];
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
  const { column: name, constant, values = {}, ...reading } = source;
  return {
    candidates: name === undefined ? [] : [name],
    constant: constant === undefined ? null : String(constant),
    values,
    ...(Object.keys(reading).length === 0 ? {} : { reading }),
  };
}

/** The source with the header's own spelling of the columns that are joined to it. */
function joined(source: Source, header: readonly string[], file: string): Source {
  if (source.reading?.with === undefined) return source;
  const columns = source.reading.with.map((name) => {
    const found = find(name, header, file);
    if (found !== undefined) return found;
    throw new SchemaError({
      what: `there is no column "${name}" to join to "${source.candidates[0]}"; the file has ${header.join(', ')}`,
      where: `${file}:1`,
      remedy: 'Correct the list `with` in experiment.yaml',
    });
  });
  return { ...source, reading: { ...source.reading, with: columns } };
}

/** The header's own spelling of `name`: exactly so, else the only one that differs in case and blanks alone. */
function find(name: string, header: readonly string[], file: string): string | undefined {
  if (header.indexOf(name) !== header.lastIndexOf(name)) {
    throw new SchemaError({
      what: `the header names the column "${name}" twice`,
      where: `${file}:1`,
      remedy: 'Rename or drop one of them',
    });
  }
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

/** Columns whose names once staged would be those of others are left aside: it is not clear which one is meant. */
function others(
  header: readonly string[],
  bindings: readonly ColumnBinding[],
  canonical: readonly string[],
): string[] {
  const used = new Set(bindings.map(({ source }) => source));
  const taken = new Set([...reserved, ...canonical, ...bindings.map(({ column }) => column)]);
  // The index that pandas wrote beside the columns is none of them.
  const isColumn = (name: string) => name !== '' && !/^Unnamed: \d+$/.test(name) && !used.has(name);
  const kept = header.filter((name) => isColumn(name) && !taken.has(columnName(name)));
  return kept.filter((name) => kept.filter((other) => columnName(other) === columnName(name)).length === 1);
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
  const bySession =
    contract.dataset === 'experiment_assignments' &&
    missing.some(({ column }) => column === 'user_id') &&
    header.some((column) => isNameOf('session_id', column));
  return new SchemaError({
    what: `${what}; the file has ${named.join(', ')}`,
    where: `${file}:1`,
    remedy: bySession
      ? 'The assignments are by session, and a session is no user. Where sessions are the unit, docs/own-data.md#recipes-sessions says how; else add the user to the assignments'
      : `Put this into experiment.yaml (./ecom init writes one for a folder): schema: { ${contract.dataset}: { ${lines.join(', ')} } }`,
  });
}
