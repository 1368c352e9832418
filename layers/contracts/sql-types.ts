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
  integer: digits,
  /** What pandas makes of integers in a column that has gaps. */
  integerWithPoint: String.raw`${digits}\.0+`,
  timestamp: `${date}([T ]${clock})?`,
  timestampWithOffset: `${date}[T ]${clock} ?${offset}`,
  cents: String.raw`-?[0-9]{1,15}(\.[0-9]{1,2})?`,
  decimal: String.raw`-?([0-9]{1,15}(\.[0-9]{0,30})?|\.[0-9]{1,30})`,
} as const;

/** Distance from a whole cent up to which further decimals are the noise of binary floating point. */
const noise = '0.000001';

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
  const text = constant === null ? `trim(${cell}, ${literal(' \t\r\n\u00a0')})` : literal(constant.trim());
  const renamed = Object.entries(values).map(
    ([from, to]) => `WHEN ${literal(from)} THEN ${literal(to.trim())}`,
  );
  return `nullif(${renamed.length === 0 ? text : `CASE ${text} ${renamed.join(' ')} ELSE ${text} END`}, '')`;
}

/**
 * Typed value of `text`, NULL where it is empty or not of the type. Text is matched before it is cast, since a cast
 * alone rounds 1.5, drops offsets and accepts "infinity".
 * @param text SQL of the trimmed text, NULL where empty
 */
export function typedValue(column: ColumnContract, text: string, idType: IdType): string {
  switch (column.type) {
    case 'text':
      return text;
    case 'id':
      return idType === 'string' ? text : integerValue(text);
    case 'integer':
      return integerValue(text);
    case 'timestamp':
      return timestampValue(text);
    case 'money':
      return moneyValue(text);
  }
}

function integerValue(text: string): string {
  return `CASE WHEN ${matches(text, patterns.integer)} THEN try_cast(${text} AS BIGINT)
    WHEN ${matches(text, patterns.integerWithPoint)} THEN try_cast(split_part(${text}, '.', 1) AS BIGINT) END`;
}

/** UTC; the inner replacements add the seconds and remove the blank, which DuckDB wants so before an offset. */
function timestampValue(text: string): string {
  const withSeconds = `regexp_replace(${text}, '^(.{16})( ?[Z+-])', '\\1:00\\2')`;
  const withOffset = `regexp_replace(${withSeconds}, ' ([Z+-])', '\\1')`;
  return `CASE WHEN ${matches(text, patterns.timestamp)} THEN try_cast(${text} AS TIMESTAMP)
    WHEN ${matches(text, patterns.timestampWithOffset)}
    THEN try_cast(${withOffset} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END`;
}

function moneyValue(text: string): string {
  const exact = `try_cast(${text} AS DECIMAL(38,18))`;
  return `CASE WHEN ${matches(text, patterns.cents)} THEN try_cast(${text} AS DECIMAL(18,2))
    WHEN ${matches(text, patterns.decimal)} AND abs(${exact} - round(${exact}, 2)) < ${noise}
    THEN round(${exact}, 2)::DECIMAL(18,2) END`;
}

/**
 * The rules a column's values are held to; the first broken one is the one to name.
 * @param text SQL of the trimmed text, NULL where empty
 * @param value SQL of its typed value
 */
export function valueRules(column: ColumnContract, text: string, value: string, idType: IdType): ValueRule[] {
  const { name, type, presence, min, max } = column;
  const said = (complaint: string) =>
    `${literal(`${name} `)} || '"' || left(${text}, 100) || '" ' || ${literal(complaint)}`;
  const rules: ValueRule[] = [];
  if (presence === 'required') {
    rules.push({ rule: 'required', broken: `${text} IS NULL`, reason: literal(`${name} is empty`) });
  }
  const wrong = `${text} IS NOT NULL AND ${value} IS NULL`;
  if (type === 'integer' || (type === 'id' && idType === 'bigint')) {
    const reason = said('is not a whole number of at most 18 digits');
    rules.push({ rule: type === 'id' ? 'id_not_integer' : 'not_an_integer', broken: wrong, reason });
  }
  if (type === 'timestamp') {
    const reason = said('is not a date or time such as 2024-05-31 or 2024-05-31T23:59:59Z');
    rules.push({ rule: 'not_a_timestamp', broken: wrong, reason });
    rules.push({
      rule: 'timestamp_out_of_range',
      broken: `coalesce(${value} NOT BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-12-31 23:59:59.999999', false)`,
      reason: said('is not in the years 1970 to 2100'),
    });
  }
  if (type === 'money') {
    rules.push({
      rule: 'scale',
      broken: `(${wrong} AND ${matches(text, patterns.decimal)})`,
      reason: said('has more than two decimals'),
    });
    rules.push({ rule: 'not_money', broken: wrong, reason: said('is not an amount such as 1234.50') });
  }
  const bound = (limit: number | string) =>
    type === 'timestamp' ? `TIMESTAMP ${literal(String(limit))}` : String(limit);
  if (min !== undefined) {
    const broken = `coalesce(${value} < ${bound(min)}, false)`;
    rules.push({ rule: 'below_minimum', broken, reason: said(`is below ${min}`) });
  }
  if (max !== undefined) {
    const broken = `coalesce(${value} > ${bound(max)}, false)`;
    rules.push({ rule: 'above_maximum', broken, reason: said(`is above ${max}`) });
  }
  return rules.map((rule) => ({ ...rule, broken: `(${rule.broken})` }));
}
