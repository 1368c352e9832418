import { literal } from '../platform/sql.ts';

/** How a file writes amounts, where it is not `1234.50`. */
export interface AmountReading {
  /** Character before the decimals. */
  readonly decimal?: '.' | ',' | undefined;
  /** Character between groups of three digits. */
  readonly thousands?: ',' | '.' | ' ' | "'" | undefined;
  /** Whether a currency may stand before or after the amount. */
  readonly strip_currency?: boolean | undefined;
}

const cents = String.raw`-?[0-9]{1,15}(\.[0-9]{1,2})?`;
/** Any number of decimals, with parentheses around it or a minus behind it where it is negative. */
const unsigned = String.raw`([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)`;
const decimal = String.raw`-?${unsigned}|${unsigned}-|\(${unsigned}\)`;

/** Distance from a whole cent up to which further decimals are the noise of binary floating point. */
const noise = '0.000001';

const mark = String.raw`([A-Za-z]{3}|[A-Za-z]{0,2}\p{Sc}|kr\.?|z\x{142}|Fr\.?)`;
const symbols = { '€': 'EUR', $: 'USD', '£': 'GBP', '¥': 'JPY' } as const;

const matches = (text: string, pattern: string) => `regexp_full_match(${text}, ${literal(pattern)})`;

/** DECIMAL(18,2) of the text of an amount, rounded half to even, NULL where it is none. */
export function amountValue(text: string, cell: string, reading: AmountReading = {}): string {
  if (isPlain(reading)) {
    return `CASE WHEN ${matches(cell, cents)} THEN try_cast(${cell} AS DECIMAL(18,2))
      WHEN ${matches(text, decimal)} THEN ${rounded(exactly(text))} END`;
  }
  const number = plainNumber(text, reading);
  return `CASE WHEN ${matches(number, decimal)} THEN ${rounded(exactly(number))} END`;
}

/** Boolean SQL, never NULL: whether `value` is not what is written, but rounded to a cent. */
export function isRounded(text: string, value: string, cell: string, reading: AmountReading = {}): string {
  const exact = exactly(isPlain(reading) ? text : plainNumber(text, reading));
  const isExact = isPlain(reading) ? matches(cell, cents) : 'false';
  return `CASE WHEN ${value} IS NULL OR ${isExact} THEN false
    ELSE coalesce(abs(${exact} - ${value}) >= ${noise}, false) END`;
}

/** ISO 4217 code of the currency beside an amount, NULL where there is none or its sign is that of several. */
export function currencyBeside(text: string): string {
  const letters = `upper(regexp_extract(${text}, '[A-Za-z]{3}'))`;
  const sign = Object.entries(symbols).map(
    ([symbol, code]) => `WHEN contains(${text}, ${literal(symbol)}) THEN ${literal(code)}`,
  );
  return `CASE WHEN ${letters} <> '' THEN ${letters} ${sign.join(' ')} END`;
}

function isPlain({ decimal: point = '.', thousands, strip_currency = false }: AmountReading): boolean {
  return point === '.' && thousands === undefined && !strip_currency;
}

/** The text with a decimal point alone; NULL where its groups are not of three digits. */
function plainNumber(
  text: string,
  { decimal: point = '.', thousands, strip_currency }: AmountReading,
): string {
  const amount = strip_currency
    ? `regexp_replace(regexp_replace(${text}, ${literal(String.raw`^([-(]?)${mark}\s?(-?)`)}, '\\1\\3'), ${literal(String.raw`\s?${mark}(\)?)$`)}, '\\2')`
    : text;
  const spaced = thousands === ' ' ? `regexp_replace(${amount}, '[\\x{a0}\\x{202f}]', ' ', 'g')` : amount;
  const groups = thousands === undefined ? '' : `|[0-9]{1,3}([${thousands}][0-9]{3})+`;
  const shape = `[-(]?(([0-9]+${groups})([${point}][0-9]*)?|[${point}][0-9]+)[-)]?`;
  const joined = thousands === undefined ? spaced : `replace(${spaced}, ${literal(thousands)}, '')`;
  const pointed = point === '.' ? joined : `replace(${joined}, ${literal(point)}, '.')`;
  return `(CASE WHEN ${matches(spaced, shape)} THEN ${pointed} END)`;
}

/** The number that the text is, to 22 decimals. */
function exactly(text: string): string {
  const digits = `try_cast(regexp_replace(${text}, '[-()]', '', 'g') AS DECIMAL(38,22))`;
  return `(CASE WHEN regexp_matches(${text}, '[-(]') THEN -${digits} ELSE ${digits} END)`;
}

/** Rounded half to even. DuckDB rounds half away from zero, which is wrong for every other half. */
function rounded(exact: string): string {
  const away = `round(${exact}, 2)::DECIMAL(18,2)`;
  return `CASE WHEN abs(${exact} - ${away}) = 0.005 AND (abs(${away}) * 100)::BIGINT % 2 = 1
    THEN (${away} - sign(${exact}) * 0.01)::DECIMAL(18,2) ELSE ${away} END`;
}
