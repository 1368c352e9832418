import { literal } from '../storage/sql.ts';
import type { Config } from './config.ts';
import type { ColumnContract } from './datasets/index.ts';
import type { ColumnBinding } from './run-documents.ts';

/** A way in which a row breaks its contract, as SQL. */
export interface ValueRule {
  /** Name of the rule, in snake_case. */
  readonly rule: string;
  /** Boolean, never NULL: true where the rule is broken. */
  readonly broken: string;
  /** Sentence that says what is wrong with the value. */
  readonly reason: string;
}

type IdType = Config['id_type'];

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
  timestampWithOffset: `${date}[T ]${clock} ?${offset}`,
  cents: String.raw`-?[0-9]{1,15}(\.[0-9]{1,2})?`,
  decimal: String.raw`-?([0-9]{1,15}(\.[0-9]{0,30})?|\.[0-9]{1,30})`,
} as const;

/** Distance from a whole cent up to which further decimals are the noise of binary floating point. */
const noise = '0.000001';

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
 * empty.
 * @param cell SQL of the file's cell (VARCHAR)
 */
export function cellText(
  { constant, values }: Pick<ColumnBinding, 'constant' | 'values'>,
  cell: string,
): string {
  if (constant === null && Object.keys(values).length === 0) {
    return `CASE WHEN ${matches(cell, patterns.trimmed)} THEN ${cell} ELSE nullif(${trimmed(cell)}, '') END`;
  }
  const text = constant === null ? trimmed(cell) : literal(constant.trim());
  const renamed = Object.entries(values).map(
    ([from, to]) => `WHEN ${literal(from)} THEN ${literal(to.trim())}`,
  );
  return `nullif(${renamed.length === 0 ? text : `CASE ${text} ${renamed.join(' ')} ELSE ${text} END`}, '')`;
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
  return `CASE WHEN ${matches(cell, patterns.timestamp)} THEN try_cast(${cell} AS TIMESTAMP)
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
 * The rules a column's values are held to; the first broken one is the one to name.
 * @param text SQL of the trimmed text, NULL where empty
 * @param value SQL of its typed value
 */
export function valueRules(column: ColumnContract, text: string, value: string, idType: IdType): ValueRule[] {
  const { name, type, presence } = column;
  const say = (complaint: string) =>
    `${literal(`${name} "`)} || left(${text}, 100) || ${literal(`" ${complaint}`)}`;
  const wrong = `(${value} IS NULL AND ${text} IS NOT NULL)`;
  const rules: ValueRule[] = [];
  if (presence === 'required') {
    rules.push({ rule: 'required', broken: `(${text} IS NULL)`, reason: literal(`${name} is empty`) });
  }
  if (type === 'integer' || (type === 'id' && idType === 'bigint')) {
    const reason = say('is not a whole number of at most 18 digits');
    rules.push({ rule: type === 'id' ? 'id_not_integer' : 'not_an_integer', broken: wrong, reason });
  }
  if (type === 'timestamp') {
    const reason = say('is not a date or time such as 2024-05-31 or 2024-05-31T23:59:59Z');
    rules.push({ rule: 'not_a_timestamp', broken: wrong, reason });
  }
  if (type === 'money') {
    const broken = `(${wrong} AND ${matches(text, patterns.decimal)})`;
    rules.push({ rule: 'scale', broken, reason: say('has more than two decimals') });
    rules.push({ rule: 'not_money', broken: wrong, reason: say('is not an amount such as 1234.50') });
  }
  const bounds = boundRules(column, value);
  return [
    ...rules,
    ...bounds.map(({ rule, broken, complaint }) => ({ rule, broken, reason: say(complaint) })),
  ];
}

/** Boolean SQL, never NULL: whether any of the column's rules is broken. Looks at the text only where it must. */
export function isBroken(column: ColumnContract, text: string, value: string): string {
  const { type, presence } = column;
  const wrong = `(${value} IS NULL AND ${text} IS NOT NULL)`;
  const conditions = boundRules(column, value).map(({ broken }) => broken);
  if (presence === 'required') conditions.unshift(`${value} IS NULL`);
  else if (type !== 'text') conditions.unshift(wrong);
  return conditions.length === 0 ? 'false' : conditions.join(' OR ');
}

function boundRules({ type, min, max }: ColumnContract, value: string) {
  const rules: { rule: string; broken: string; complaint: string }[] = [];
  const sql = (limit: number | string) =>
    type === 'timestamp' ? `TIMESTAMP ${literal(String(limit))}` : String(limit);
  if (type === 'timestamp') {
    rules.push({
      rule: 'timestamp_out_of_range',
      broken: `coalesce(${value} < ${sql(firstMoment)} OR ${value} >= ${sql(endOfTime)}, false)`,
      complaint: 'is not in the years 1970 to 2100',
    });
  }
  if (min !== undefined) {
    const broken = `coalesce(${value} < ${sql(min)}, false)`;
    rules.push({ rule: 'below_minimum', broken, complaint: `is below ${min}` });
  }
  if (max !== undefined) {
    const broken = `coalesce(${value} > ${sql(max)}, false)`;
    rules.push({ rule: 'above_maximum', broken, complaint: `is above ${max}` });
  }
  return rules;
}
