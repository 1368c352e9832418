import { literal } from '../platform/sql.ts';

const digits = '-?[0-9]{1,18}';
const patterns = {
  integer: digits,
  /** What pandas makes of integers in a column that has gaps. */
  integerWithPoint: String.raw`${digits}(\.0+)?`,
  float: String.raw`${digits}\.0`,
  scientific: String.raw`-?[0-9]\.[0-9]{1,17}[eE]\+?[0-9]{1,2}`,
  uuid: String.raw`\{?[0-9A-Fa-f]{8}(-?)[0-9A-Fa-f]{4}(-?)[0-9A-Fa-f]{4}(-?)[0-9A-Fa-f]{4}(-?)[0-9A-Fa-f]{12}\}?`,
  plainUuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  email: String.raw`[^@\s]+@[^@\s]+\.[^@\s]+`,
  /** One of these may be written in several ways. */
  ambiguous: String.raw`.*@.*|\{.*|.*\.0|-?[0-9]\.[0-9]+[eE].*|[0-9A-Fa-f-]{32,36}`,
} as const;

const matches = (text: string, pattern: string) => `regexp_full_match(${text}, ${literal(pattern)})`;

/** BIGINT of the text of a whole number, NULL where it is none. */
export function integerValue(text: string, cell: string): string {
  return `CASE WHEN ${matches(cell, patterns.integer)} THEN try_cast(${cell} AS BIGINT)
    WHEN ${matches(text, patterns.integerWithPoint)} THEN try_cast(split_part(${text}, '.', 1) AS BIGINT)
    WHEN ${isWholeScientific(text)} THEN try_cast(try_cast(${text} AS DECIMAL(38,10)) AS BIGINT) END`;
}

/**
 * An id that is a text, as every file writes it: UUIDs in lower case with their dashes and without braces, e-mail
 * addresses in lower case, and whole numbers that became floats (`123.0`, `1.23456E+05`) as whole numbers.
 */
export function idText(text: string): string {
  const hex = `replace(trim(lower(${text}), '{}'), '-', '')`;
  const uuid = `regexp_replace(${hex}, '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\\1-\\2-\\3-\\4-\\5')`;
  return `CASE WHEN NOT ${matches(text, patterns.ambiguous)} THEN ${text}
    WHEN ${matches(text, patterns.uuid)} THEN ${uuid}
    WHEN ${matches(text, patterns.email)} THEN lower(${text})
    WHEN ${matches(text, patterns.float)} THEN split_part(${text}, '.', 1)
    WHEN ${isWholeScientific(text)} THEN CAST(try_cast(try_cast(${text} AS DECIMAL(38,10)) AS BIGINT) AS VARCHAR)
    ELSE ${text} END`;
}

/** An id that is a text, of which a whole number loses its leading zeros. */
export function idOfAnyKind(text: string): string {
  return `coalesce(CAST(${integerValue(text, text)} AS VARCHAR), ${idText(text)})`;
}

/** A number in scientific notation that names all of its digits: `1.23E+11` has lost most of them. */
function isWholeScientific(text: string): string {
  const decimals = `strlen(regexp_extract(${text}, '\\.([0-9]+)', 1))`;
  const exponent = `try_cast(regexp_extract(${text}, '[eE]\\+?([0-9]+)$', 1) AS INTEGER)`;
  return `CASE WHEN ${matches(text, patterns.scientific)} THEN ${decimals} = ${exponent} ELSE false END`;
}
