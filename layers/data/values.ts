import { literal } from '../platform/sql.ts';
import { amountValue, currencyBeside, isRounded } from './amounts.ts';
import type { ColumnBinding, ColumnReading } from './column-binding.ts';
import type { ColumnContract, OnFail } from './datasets/index.ts';
import { idOfAnyKind, idText, integerValue } from './ids.ts';
import { isDateAlone, neverPattern, timeValue } from './moments.ts';

/** A way in which a row breaks its contract, as SQL. */
export interface ValueRule {
  /** Name of the rule, in snake_case. */
  readonly rule: string;
  /** Boolean, never NULL: true where the rule is broken. */
  readonly broken: string;
  /** Sentence that says what is wrong with the value. */
  readonly reason: string;
}

/**
 * How ids are stored: whole numbers, texts, or texts of which whole numbers are the same however they are written (`007` and
 * `7`).
 */
export type IdType = 'bigint' | 'string' | 'auto';

/**
 * Texts that exports write for a missing value (pandas, SQL, R, JavaScript, Google Analytics, spreadsheets): as empty as
 * an empty field, unless the column's contract says that it is a value there or the configuration lists others.
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
  '(not set)',
  'undefined',
  '-',
] as const;

/** Texts that are names where they stand for an arm or an id that is a text. */
const names: readonly string[] = ['None', 'NA'];

const patterns = {
  number: String.raw`-?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)`,
  thousands: String.raw`-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?`,
  decimalComma: String.raw`-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+),[0-9]*`,
  epochSeconds: String.raw`[0-9]{9,10}(\.[0-9]+)?`,
  epochMilliseconds: '[0-9]{12,13}(\\.0+)?',
  epochMicroseconds: '[0-9]{15,16}(\\.0+)?',
} as const;

/** What timestamps have to lie in, in every column. */
const firstMoment = '1970-01-01';
const endOfTime = '2101-01-01';

const matches = (text: string, pattern: string) => `regexp_full_match(${text}, ${literal(pattern)})`;

/** Type of the column in staged files. */
export function sqlType({ type }: Pick<ColumnContract, 'type'>, idType: IdType): string {
  if (type === 'id') return idType === 'bigint' ? 'BIGINT' : 'VARCHAR';
  return { text: 'VARCHAR', timestamp: 'TIMESTAMP', integer: 'BIGINT', money: 'DECIMAL(18,2)' }[type];
}

type Binding = Pick<ColumnBinding, 'constant' | 'values' | 'reading'>;

/**
 * Text of a value: the constant or the file's cell, without surrounding blanks, renamed by the mapping, NULL where empty
 * or missing.
 * @param cell SQL of the file's cell (VARCHAR)
 */
export function cellText(
  { constant, values, reading }: Binding,
  cell: string,
  column: Partial<Pick<ColumnContract, 'keeps' | 'type' | 'presence'>> = {},
  idType: IdType = 'bigint',
): string {
  const missing = missingOf(column, reading, idType);
  // One match: DuckDB makes a join of a long IN, which loses the order of the rows.
  const orNull = (text: string) => `CASE WHEN ${matches(text, missing.pattern)} THEN NULL ELSE ${text} END`;
  if (reading?.currency_of_amount === true) return currencyBeside(orNull(trimmed(cell)));
  if (constant === null && Object.keys(values).length === 0 && reading?.json === undefined) {
    // The usual cell is told by one match: comparing and trimming cost more than reading.
    const usual = matches(cell, plainText(missing.initials));
    return `CASE WHEN ${cell} IS NULL THEN NULL WHEN ${usual} THEN ${cell} ELSE ${orNull(trimmed(cell))} END`;
  }
  const inside = reading?.json === undefined ? cell : jsonValue(cell, reading.json);
  const text = constant === null ? trimmed(inside) : literal(constant.trim());
  const renamed = Object.entries(values).map(
    ([from, to]) => `WHEN ${literal(from)} THEN ${literal(to.trim())}`,
  );
  return orNull(renamed.length === 0 ? text : `(CASE ${text} ${renamed.join(' ')} ELSE ${text} END)`);
}

interface MissingTexts {
  /** Matches those of the column, and the empty text. */
  readonly pattern: string;
  /** What they begin with. */
  readonly initials: ReadonlySet<string>;
}

function missingOf(
  { keeps = [], type, presence }: Partial<Pick<ColumnContract, 'keeps' | 'type' | 'presence'>>,
  reading: ColumnReading | undefined,
  idType: IdType,
): MissingTexts {
  const kept = type === 'id' && idType !== 'bigint' ? [...keeps, ...names] : keeps;
  const texts = reading?.missing ?? missingTexts.filter((text) => !kept.includes(text));
  const mayBeNever = type === 'timestamp' && presence === 'optional';
  const never = mayBeNever ? [neverPattern] : [];
  return {
    pattern: `(${[...texts.map(escaped), ...never].join('|')})?`,
    initials: new Set([...texts.map((text) => text.slice(0, 1)), ...(mayBeNever ? ['0', '1'] : [])]),
  };
}

const escaped = (text: string) => text.replace(/[^\w ]/gu, String.raw`\$&`);

/** Pattern of a text in ASCII without blanks around it that begins with none of the `initials`. */
function plainText(initials: ReadonlySet<string>): string {
  const characters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index));
  const others = characters.filter((character) => !initials.has(character));
  return `[${others.map(escaped).join('')}]([ -~]*[!-~])?`;
}

function jsonValue(cell: string, path: string): string {
  return `(CASE WHEN json_valid(${cell}) THEN json_extract_string(${cell}, ${literal(path)}) END)`;
}

/** Blanks, tabs, no-break spaces and what takes no room at all. */
const trimmed = (cell: string) => `trim(${cell}, ${literal(' \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff')})`;

/**
 * Typed value of `text`, NULL where it is empty or not of the type. Text is matched before it is cast, since a cast
 * alone rounds 1.5, drops offsets and accepts "infinity".
 * @param text SQL of the trimmed text, NULL where empty
 * @param cell SQL of the cell that is the text but for blanks around it: tried first, since trimming costs more than
 *   reading
 */
export function typedValue(
  column: ColumnContract,
  text: string,
  idType: IdType,
  cell = text,
  reading: ColumnReading = {},
): string {
  const value = typedBy(column, text, idType, cell, reading);
  // Many cells are empty: nothing else is asked of them.
  return cell === text || value === text ? value : `CASE WHEN ${cell} IS NOT NULL THEN ${value} END`;
}

function typedBy(
  column: ColumnContract,
  text: string,
  idType: IdType,
  cell: string,
  reading: ColumnReading,
): string {
  switch (column.type) {
    case 'text':
      return text;
    case 'id':
      if (idType === 'bigint') return integerValue(text, cell);
      return idType === 'string' ? idText(text) : idOfAnyKind(text);
    case 'integer':
      return integerValue(text, cell);
    case 'timestamp':
      return timeValue(text, cell, reading, column.dateAlone);
    case 'money':
      return amountValue(text, cell, reading);
  }
}

/** Something about how a value was read that a person should know of, though the row is taken. */
export interface ValueNote {
  readonly rule: string;
  /** Boolean SQL, never NULL, from the cells and the values. */
  readonly when: string;
}

/** What `typedValue` may have changed, by its rule. */
export function valueNotes(
  column: ColumnContract,
  text: string,
  value: string,
  idType: IdType,
  cell = text,
  reading: ColumnReading = {},
): ValueNote[] {
  if (column.type === 'money') return [{ rule: roundedNote, when: isRounded(text, value, cell, reading) }];
  if (column.type === 'id' && idType !== 'bigint') {
    return [{ rule: respelledNote, when: `coalesce(${value} <> ${text}, false)` }];
  }
  if (column.dateAlone !== undefined) {
    return [{ rule: dateAloneNote, when: isDateAlone(text, value, cell, reading) }];
  }
  return [];
}

/** What may be noted of a row that is taken; the clean stage warns of it. */
export const roundedNote = 'rounded';
export const respelledNote = 'id_respelled';
export const dateAloneNote = 'date_alone';
export const windowsNote = 'windows_1252';
export const unreadAmountNote = 'amount_not_read';

/** What else of a row says whether a value breaks a rule. */
export interface RowContext {
  readonly json?: string | undefined;
  readonly cell?: string;
  /** Boolean SQL, never NULL: whether the row is taken although the value is not of its type. */
  readonly taken?: string | undefined;
}

function unread(text: string, value: string, taken: string | undefined): string {
  return `(${value} IS NULL AND ${text} IS NOT NULL${taken === undefined ? '' : ` AND NOT ${taken}`})`;
}

/**
 * The rules that take a row out where a value of the column breaks them; the first broken one is the one to name. What
 * the contract only warns of is no such rule.
 * @param text SQL of the trimmed text, NULL where empty
 * @param value SQL of its typed value
 */
export function valueRules(
  column: ColumnContract,
  text: string,
  value: string,
  idType: IdType,
  { json, cell, taken }: RowContext = {},
): ValueRule[] {
  const { name, type, presence } = column;
  const say = (complaint: string) =>
    `${literal(`${name} "`)} || left(${text}, 100) || ${literal(`" ${complaint}`)}`;
  const wrong = unread(text, value, taken);
  const rules: ValueRule[] = [];
  const whenWritten = (rule: string, pattern: string, complaint: string) =>
    rules.push({ rule, broken: `(${wrong} AND ${matches(text, pattern)})`, reason: say(complaint) });
  if (json !== undefined && cell !== undefined) {
    rules.push({
      rule: 'not_json',
      broken: isNotJson(cell),
      reason: literal(`the text of ${name} is not JSON`),
    });
  }
  if (presence === 'required') {
    rules.push({ rule: 'required', broken: `(${text} IS NULL)`, reason: literal(`${name} is empty`) });
  }
  if (type === 'integer' || (type === 'id' && idType === 'bigint')) {
    const reason = say('is not a whole number of at most 18 digits');
    rules.push({ rule: type === 'id' ? 'id_not_integer' : 'not_an_integer', broken: wrong, reason });
  }
  if (type === 'timestamp') {
    const cure = 'say so, format: epoch';
    whenWritten('epoch_seconds', patterns.epochSeconds, `is a count of seconds since 1970: ${cure}`);
    whenWritten('epoch_milliseconds', patterns.epochMilliseconds, `is a count of milliseconds: ${cure}`);
    whenWritten('epoch_microseconds', patterns.epochMicroseconds, `is a count of microseconds: ${cure}`);
    const reason = say('is not a date or time such as 2024-05-31 or 2024-05-31T23:59:59Z');
    rules.push({ rule: 'not_a_timestamp', broken: wrong, reason });
  }
  if (type === 'money') {
    whenWritten(
      'thousands_separator',
      patterns.thousands,
      'has thousands separators: say so, thousands: ","',
    );
    whenWritten('decimal_comma', patterns.decimalComma, 'has a decimal comma: say so, decimal: ","');
    rules.push({ rule: 'not_money', broken: wrong, reason: say('is not an amount such as 1234.50') });
  }
  const limits = limitRules(column, value).filter(({ onFail }) => onFail !== 'warn');
  return [
    ...rules,
    ...limits.map(({ rule, broken, complaint }) => ({ rule, broken, reason: say(complaint) })),
  ];
}

/** Boolean SQL, never NULL: whether any of `valueRules` is broken. Looks at the text only where it must. */
export function isBroken(
  column: ColumnContract,
  text: string,
  value: string,
  { json, cell, taken }: RowContext = {},
): string {
  const { type, presence } = column;
  const wrong = unread(text, value, taken);
  const conditions = limitRules(column, value)
    .filter(({ onFail }) => onFail !== 'warn')
    .map(({ broken }) => broken);
  if (presence === 'required') conditions.unshift(`${value} IS NULL`);
  else if (type !== 'text') conditions.unshift(wrong);
  if (json !== undefined && cell !== undefined) conditions.unshift(isNotJson(cell));
  return conditions.length === 0 ? 'false' : conditions.join(' OR ');
}

const isNotJson = (cell: string) => `(${cell} IS NOT NULL AND NOT json_valid(${cell}))`;

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
