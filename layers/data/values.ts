import { literal } from '../platform/sql.ts';
import type { ColumnBinding } from './column-binding.ts';
import type { ColumnContract, OnFail } from './datasets/index.ts';

/** A way in which a row breaks its contract, as SQL. */
export interface ValueRule {
  /** Name of the rule, in snake_case. */
  readonly rule: string;
  /** Boolean, never NULL: true where the rule is broken. */
  readonly broken: string;
  /** Sentence that says what is wrong with the value. */
  readonly reason: string;
}

/** How ids are stored. */
export type IdType = 'bigint' | 'string';

/**
 * Texts that exports write for a missing value (pandas, SQL, R, spreadsheets): as empty as an empty field, unless the
 * column's contract says that it is a value there.
 */
export const missingTexts = [
  'NULL',
  'null',
  'NaN',
  'nan',
  'NaT',
  'None',
  '<NA>',
  '\\N',
  'NA',
  'N/A',
  'n/a',
  '#N/A',
] as const;
const longestMissingText = Math.max(...missingTexts.map((text) => text.length));

const digits = '-?[0-9]{1,18}';
const clock = String.raw`([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?`;
const date = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const offset = '(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)';
const patterns = {
  /** No blanks around it, nothing beyond ASCII. */
  trimmed: '[!-~]([ -~]*[!-~])?',
  integer: digits,
  /** What pandas makes of integers in a column that has gaps. */
  integerWithPoint: String.raw`${digits}(\.0+)?`,
  timestamp: `${date}([T ]${clock})?`,
  /** What a cast takes as it is: UTC, with Z only after seconds. */
  plainTimestamp: String.raw`${date}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?Z?)?)?`,
  timestampWithOffset: `${date}[T ]${clock} ?${offset}`,
  cents: String.raw`-?[0-9]{1,15}(\.[0-9]{1,2})?`,
  decimal: String.raw`-?([0-9]{1,15}(\.[0-9]{0,30})?|\.[0-9]{1,30})`,
  thousands: String.raw`-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?`,
  decimalComma: String.raw`-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]*`,
  epochSeconds: String.raw`[0-9]{9,10}(\.[0-9]+)?`,
  epochMilliseconds: '[0-9]{12,13}',
} as const;

/** Distance from a whole cent up to which further decimals are the noise of binary floating point. */
const noise = '0.000001';

/** What timestamps have to lie in, in every column. */
const firstMoment = '1970-01-01';
const endOfTime = '2101-01-01';

const matches = (text: string, pattern: string) => `regexp_full_match(${text}, ${literal(pattern)})`;

/** Type of the column in staged files. */
export function sqlType({ type }: Pick<ColumnContract, 'type'>, idType: IdType): string {
  if (type === 'id') return idType === 'bigint' ? 'BIGINT' : 'VARCHAR';
  return { text: 'VARCHAR', timestamp: 'TIMESTAMP', integer: 'BIGINT', money: 'DECIMAL(18,2)' }[type];
}

/**
 * Text of a value: the constant or the file's cell, without surrounding blanks, renamed by the mapping, NULL where
 * empty or one of `missingTexts`.
 * @param cell SQL of the file's cell (VARCHAR)
 */
export function cellText(
  { constant, values }: Pick<ColumnBinding, 'constant' | 'values'>,
  cell: string,
  { keeps = [] }: Pick<ColumnContract, 'keeps'> = {},
): string {
  const empty = missingTexts
    .filter((text) => !keeps.includes(text))
    .map((text) => text.replace('\\', '\\\\'));
  // One match: DuckDB makes a join of a long IN, which loses the order of the rows.
  const orNull = (text: string) =>
    `CASE WHEN ${matches(text, `(${empty.join('|')})?`)} THEN NULL ELSE ${text} END`;
  if (constant === null && Object.keys(values).length === 0) {
    // The usual cell is told by its length and one match: comparing and trimming cost more than reading.
    return `CASE WHEN strlen(${cell}) > ${longestMissingText} AND ${matches(cell, patterns.trimmed)} THEN ${cell}
      ELSE ${orNull(trimmed(cell))} END`;
  }
  const text = constant === null ? trimmed(cell) : literal(constant.trim());
  const renamed = Object.entries(values).map(
    ([from, to]) => `WHEN ${literal(from)} THEN ${literal(to.trim())}`,
  );
  return orNull(renamed.length === 0 ? text : `(CASE ${text} ${renamed.join(' ')} ELSE ${text} END)`);
}

const trimmed = (cell: string) => `trim(${cell}, ${literal(' \t\r\n\u00a0')})`;

/**
 * Typed value of `text`, NULL where it is empty or not of the type. Text is matched before it is cast, since a cast
 * alone rounds 1.5, drops offsets and accepts "infinity".
 * @param text SQL of the trimmed text, NULL where empty
 * @param cell SQL of the cell that is the text but for blanks around it: tried first, since trimming costs more than
 *   reading
 */
export function typedValue(column: ColumnContract, text: string, idType: IdType, cell = text): string {
  switch (column.type) {
    case 'text':
      return text;
    case 'id':
      return idType === 'string' ? text : integerValue(text, cell);
    case 'integer':
      return integerValue(text, cell);
    case 'timestamp':
      return timestampValue(text, cell);
    case 'money':
      return moneyValue(text, cell);
  }
}

function integerValue(text: string, cell: string): string {
  return `CASE WHEN ${matches(cell, patterns.integer)} THEN try_cast(${cell} AS BIGINT)
    WHEN ${matches(text, patterns.integerWithPoint)} THEN try_cast(split_part(${text}, '.', 1) AS BIGINT) END`;
}

/** UTC. Before an offset DuckDB wants seconds and no blank. */
function timestampValue(text: string, cell: string): string {
  const withSeconds = `regexp_replace(${text}, '^(.{16})( ?[Z+-])', '\\1:00\\2')`;
  const withOffset = `regexp_replace(${withSeconds}, ' ([Z+-])', '\\1')`;
  return `CASE WHEN ${matches(cell, patterns.plainTimestamp)} THEN try_cast(${cell} AS TIMESTAMP)
    WHEN ${matches(text, patterns.timestamp)} THEN try_cast(${text} AS TIMESTAMP)
    WHEN ${matches(text, patterns.timestampWithOffset)}
    THEN try_cast(${withOffset} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END`;
}

function moneyValue(text: string, cell: string): string {
  const exact = `try_cast(${text} AS DECIMAL(38,18))`;
  return `CASE WHEN ${matches(cell, patterns.cents)} THEN try_cast(${cell} AS DECIMAL(18,2))
    WHEN ${matches(text, patterns.decimal)} AND abs(${exact} - round(${exact}, 2)) < ${noise}
    THEN round(${exact}, 2)::DECIMAL(18,2) END`;
}

/**
 * The rules that take a row out where a value of the column breaks them; the first broken one is the one to name. What
 * the contract only warns of is no such rule.
 * @param text SQL of the trimmed text, NULL where empty
 * @param value SQL of its typed value
 */
export function valueRules(column: ColumnContract, text: string, value: string, idType: IdType): ValueRule[] {
  const { name, type, presence } = column;
  const say = (complaint: string) =>
    `${literal(`${name} "`)} || left(${text}, 100) || ${literal(`" ${complaint}`)}`;
  const wrong = `(${value} IS NULL AND ${text} IS NOT NULL)`;
  const rules: ValueRule[] = [];
  const whenWritten = (rule: string, pattern: string, complaint: string) =>
    rules.push({ rule, broken: `(${wrong} AND ${matches(text, pattern)})`, reason: say(complaint) });
  if (presence === 'required') {
    rules.push({ rule: 'required', broken: `(${text} IS NULL)`, reason: literal(`${name} is empty`) });
  }
  if (type === 'integer' || (type === 'id' && idType === 'bigint')) {
    const reason = say('is not a whole number of at most 18 digits');
    rules.push({ rule: type === 'id' ? 'id_not_integer' : 'not_an_integer', broken: wrong, reason });
  }
  if (type === 'timestamp') {
    const example = 'write times such as 2024-05-31T23:59:59Z';
    whenWritten('epoch_seconds', patterns.epochSeconds, `is a count of seconds since 1970: ${example}`);
    whenWritten('epoch_milliseconds', patterns.epochMilliseconds, `is a count of milliseconds: ${example}`);
    const reason = say('is not a date or time such as 2024-05-31 or 2024-05-31T23:59:59Z');
    rules.push({ rule: 'not_a_timestamp', broken: wrong, reason });
  }
  if (type === 'money') {
    whenWritten('scale', patterns.decimal, 'has more than two decimals');
    whenWritten('thousands_separator', patterns.thousands, 'has thousands separators: write 1234.50');
    whenWritten('decimal_comma', patterns.decimalComma, 'has a decimal comma: write 1234.50');
    rules.push({ rule: 'not_money', broken: wrong, reason: say('is not an amount such as 1234.50') });
  }
  const limits = limitRules(column, value).filter(({ onFail }) => onFail !== 'warn');
  return [
    ...rules,
    ...limits.map(({ rule, broken, complaint }) => ({ rule, broken, reason: say(complaint) })),
  ];
}

/** Boolean SQL, never NULL: whether any of `valueRules` is broken. Looks at the text only where it must. */
export function isBroken(column: ColumnContract, text: string, value: string): string {
  const { type, presence } = column;
  const wrong = `(${value} IS NULL AND ${text} IS NOT NULL)`;
  const conditions = limitRules(column, value)
    .filter(({ onFail }) => onFail !== 'warn')
    .map(({ broken }) => broken);
  if (presence === 'required') conditions.unshift(`${value} IS NULL`);
  else if (type !== 'text') conditions.unshift(wrong);
  return conditions.length === 0 ? 'false' : conditions.join(' OR ');
}

/** A limit of the contract to a value that has its type. */
export interface LimitRule {
  readonly rule: string;
  readonly onFail: OnFail;
  /** Boolean SQL, never NULL. */
  readonly broken: string;
  readonly complaint: string;
}

/** The column's range and domain as rules over its typed `value` (SQL). */
export function limitRules({ type, range, domain }: ColumnContract, value: string): LimitRule[] {
  const rules: LimitRule[] = [];
  if (type === 'timestamp') {
    rules.push({
      rule: 'timestamp_out_of_range',
      onFail: 'quarantine',
      broken: `coalesce(${value} < TIMESTAMP ${literal(firstMoment)} OR ${value} >= TIMESTAMP ${literal(endOfTime)}, false)`,
      complaint: 'is not in the years 1970 to 2100',
    });
  }
  if (range !== undefined) {
    const { rule, min, max, onFail } = range;
    const below = min === undefined ? [] : [`${value} < ${min}`];
    const above = max === undefined ? [] : [`${value} > ${max}`];
    const complaint = [
      ...(min === undefined ? [] : [`below ${min}`]),
      ...(max === undefined ? [] : [`above ${max}`]),
    ].join(' or ');
    const broken = `coalesce(${[...below, ...above].join(' OR ')}, false)`;
    rules.push({ rule, onFail, broken, complaint: `is ${complaint}` });
  }
  if (domain !== undefined) {
    const { rule, pattern, meaning, onFail } = domain;
    const broken = `coalesce(NOT ${matches(value, pattern)}, false)`;
    rules.push({ rule, onFail, broken, complaint: `is not ${meaning}` });
  }
  return rules;
}
