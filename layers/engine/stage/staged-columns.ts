import { isFatal } from '../../data/bad-rows.ts';
import type { ColumnBinding } from '../../data/column-binding.ts';
import { columnName, isLineNumber } from '../../data/column-binding.ts';
import { footerPattern } from '../../data/csv/split-records.ts';
import type { ColumnContract, DatasetContract } from '../../data/datasets/index.ts';
import { mask } from '../../data/pii.ts';
import {
  cellText,
  isBroken,
  sqlType,
  typedValue,
  unreadAmountNote,
  type ValueNote,
  type ValueRule,
  valueNotes,
  valueRules,
  windowsNote,
} from '../../data/values.ts';
import type { Config } from '../../experiment/config.ts';
import { hashedText } from '../../platform/pii-key.ts';
import { literal } from '../../platform/sql.ts';
import type { Chunk } from '../../runs/documents.ts';

export type FileColumns = Pick<Chunk, 'header' | 'bindings' | 'otherColumns' | 'pii'>;

/**
 * SQL of one column of the staged file. The queries call the cells of the file c<n>, the texts of the staged columns
 * t<n> and their values v<n>; where a column is the line of the row, they have it as `line`.
 */
export interface StagedColumn {
  readonly name: string;
  readonly type: string;
  /** Text, from the cells. */
  readonly text: string;
  /** Typed value, from the cells. */
  readonly value: string;
  /** Whether any rule is broken, from cells and values: asked of every row, so without a look at the text where possible. */
  readonly broken: string;
  /** From texts and values. */
  readonly rules: readonly (ValueRule & { readonly fatal: boolean })[];
  /** From cells and values. */
  readonly notes: readonly ValueNote[];
}

/**
 * Columns of a dataset's staged files: those of the contract, then those that any of the dataset's files adds. A
 * column that this file lacks is a typed NULL, so that all staged files of a dataset have the same columns.
 * @param purchases names of the events that are purchases: one counts although its amount cannot be read
 */
export function stagedColumns(
  contract: DatasetContract,
  file: FileColumns,
  allFiles: readonly FileColumns[],
  idType: Config['id_type'],
  purchases: readonly string[] = [],
): StagedColumn[] {
  const sources = new Map<string, ColumnBinding>([
    ...file.otherColumns.map((source): [string, ColumnBinding] => {
      const column = columnName(source);
      return [column, { column, source, constant: null, values: {} }];
    }),
    ...file.bindings.map((binding): [string, ColumnBinding] => [binding.column, binding]),
  ]);
  const all = datasetColumns(contract, allFiles);
  const event = `v${all.findIndex(({ name }) => name === 'event_name')}`;
  const isPurchase = `coalesce(${purchases.map((name) => `${event} = ${literal(name)}`).join(' OR ')}, false)`;
  return all.map((column, index) => {
    const type = sqlType(column, idType);
    const binding = sources.get(column.name);
    const cell = cellOf(binding, file.header);
    const written = binding === undefined ? 'NULL::VARCHAR' : cellText(binding, cell, column, idType);
    const isHashed = file.pii?.some(
      ({ source, treatment }) => treatment === 'hash' && source === binding?.source,
    );
    const text = isHashed ? hashedText(written) : written;
    const value = `v${index}`;
    const { reading } = binding ?? {};
    // A cell may be asked before its text is made where no text of the type is a missing one.
    const asWritten =
      binding !== undefined &&
      !isHashed &&
      !(column.type === 'timestamp' && column.presence === 'optional') &&
      reading?.missing === undefined &&
      binding.source !== null &&
      Object.keys(binding.values).length === 0 &&
      reading?.json === undefined;
    const plain = asWritten ? cell : text;
    // Who buys has bought, whatever is written of the amount.
    const isAmountOfPurchase =
      contract.dataset === 'events' && column.name === 'revenue' && purchases.length > 0;
    const json = { json: reading?.json, cell, ...(isAmountOfPurchase && { taken: isPurchase }) };
    return {
      name: column.name,
      type,
      text,
      value:
        binding === undefined ? `NULL::${type}` : typedValue(column, text, idType, plain, binding.reading),
      broken: isBroken(column, text, value, json),
      rules: valueRules(column, `t${index}`, value, idType, json).map((rule) => ({
        ...rule,
        fatal: isFatal(contract, column.name, rule.rule),
      })),
      notes:
        binding === undefined
          ? []
          : [
              ...valueNotes(column, text, value, idType, plain, reading),
              ...(isAmountOfPurchase
                ? [
                    {
                      rule: unreadAmountNote,
                      when: `(${value} IS NULL AND ${text} IS NOT NULL AND ${isPurchase})`,
                    },
                  ]
                : []),
            ],
    };
  });
}

/** The cell of a binding, or the texts of several, which make one, or the line. */
function cellOf(binding: ColumnBinding | undefined, header: readonly string[]): string {
  if (binding !== undefined && isLineNumber(binding)) return 'line::VARCHAR';
  if (binding?.source === null) return 'NULL';
  const of = (name: string) => `c${header.indexOf(name)}`;
  const first = of(binding?.source ?? '');
  const others = binding?.reading?.with ?? [];
  return others.length === 0 ? first : `concat_ws('-', ${[first, ...others.map(of)].join(', ')})`;
}

function datasetColumns(contract: DatasetContract, files: readonly FileColumns[]): ColumnContract[] {
  const named = contract.columns.map(({ name }) => name);
  const added = files.flatMap(({ bindings, otherColumns }) => [
    ...bindings.map(({ column }) => column),
    ...otherColumns.map(columnName),
  ]);
  const others = [...new Set(added)].filter((name) => !named.includes(name));
  return [
    ...contract.columns,
    ...others.map(
      (name): ColumnContract => ({
        name,
        type: 'text',
        presence: 'optional',
        keeps: ['NA'],
        description: 'Kept as it is.',
      }),
    ),
  ];
}

/**
 * What there is to note of a row, `<column> <rule>` after one another, as SQL; NULL where there is nothing.
 * @param recoded cells that are of windows-1252 where they are not ASCII
 */
export function rowNotes(columns: readonly StagedColumn[], recoded: readonly string[]): string {
  const notes = columns.flatMap(({ name, notes: own }) =>
    own.map(({ rule, when }) => ({ note: `${name} ${rule}`, when })),
  );
  if (recoded.length > 0) {
    notes.push({
      note: windowsNote,
      when: `regexp_matches(concat_ws('', ${recoded.join(', ')}), '[^\\x00-\\x7f]')`,
    });
  }
  if (notes.length === 0) return 'NULL::VARCHAR';
  const said = notes.map(({ note, when }) => `CASE WHEN ${when} THEN ${literal(note)} END`);
  return `CASE WHEN ${notes.map(({ when }) => when).join(' OR ')} THEN concat_ws(',', ${said.join(', ')}) END`;
}

/** Boolean SQL, never NULL, from the cells: whether the row is the header once more. */
export function isHeader(header: readonly string[]): string {
  const cells = header.flatMap((name, index) =>
    name === '' ? [] : [`coalesce(trim(c${index}), '') = ${literal(name)}`],
  );
  return cells.length === 0 ? 'false' : `(${cells.join(' AND ')})`;
}

/** `isHeader` where no column is of a type that no name has, as a list of none or one. */
export function unseenHeader(header: readonly string[], columns: readonly StagedColumn[]): string[] {
  const isTyped = columns.some(({ type, value }) => type !== 'VARCHAR' && !value.startsWith('NULL::'));
  return isTyped ? [] : [isHeader(header)];
}

/** `{column, rule, value}` of the first rule a row breaks, one on which the run fails before others, as SQL. */
export function firstFault(columns: readonly StagedColumn[], header: readonly string[]): string {
  const cases = columns.flatMap(({ name, rules }, index) =>
    rules.map(({ rule, broken, fatal }) => ({
      fatal,
      sql: `WHEN ${broken} THEN {'column': ${literal(name)}, 'rule': ${literal(rule)}, 'value': left(t${index}, 100)}`,
    })),
  );
  const inOrder = [...cases.filter(({ fatal }) => fatal), ...cases.filter(({ fatal }) => !fatal)];
  const asWhole = (rule: string, when: string) =>
    `WHEN ${when} THEN {'column': NULL::VARCHAR, 'rule': ${literal(rule)}, 'value': left(c0, 100)}`;
  const isTotal = `coalesce(regexp_full_match(lower(trim(c0)), ${literal(footerPattern)}), false)`;
  return `CASE ${asWhole('repeated_header', isHeader(header))} ${asWhole('footer', isTotal)} ${inOrder.map(({ sql }) => sql).join('\n')} END`;
}

/** The cells of a record as it may be shown, as an SQL list. */
export function shownCells({ header, pii = [] }: FileColumns): string {
  const isMasked = (name: string) => pii.some(({ source }) => source === name);
  const cells = header.map((name, index) =>
    isMasked(name) ? `CASE WHEN c${index} IS NOT NULL THEN ${literal(mask)} END` : `c${index}`,
  );
  return `[${cells.join(', ')}]`;
}

/** Sentences about all columns that break a rule, as SQL. */
export function allReasons(columns: readonly StagedColumn[]): string {
  const sentences = columns
    .filter(({ rules }) => rules.length > 0)
    .map(
      ({ rules }) =>
        `CASE ${rules.map(({ broken, reason }) => `WHEN ${broken} THEN ${reason}`).join(' ')} END`,
    );
  return `concat_ws('; ', ${sentences.join(',\n')})`;
}
