import { literal } from '../platform/sql.ts';

/** How a file writes times, where it is not ISO 8601. */
export interface TimeReading {
  /** `epoch`, or patterns as of strptime, of which the first one that fits is taken. */
  readonly format?: string | readonly string[] | undefined;
  /** IANA name of the zone that times without an offset are in. */
  readonly zone?: string | undefined;
}

const date = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const clock = String.raw`([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?`;
const offset = '(Z|UTC|GMT|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)';
const patterns = {
  /** What a cast takes as it is: UTC, with Z only after seconds. */
  plain: String.raw`${date}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?Z?)?)?`,
  local: `${date}([T ]${clock})?`,
  withOffset: `${date}[T ]${clock} ?${offset}`,
  epoch: String.raw`-?[0-9]{1,19}(\.[0-9]+)?`,
} as const;

/** Writings of no moment at all, in columns that may be empty: zeros of MySQL and the epoch that stands for "never". */
export const neverPattern = String.raw`(0000-00-00|0001-01-01|1970-01-01)([T ]00:00(:00(\.0+)?)?) ?(Z|UTC|\+00:?00)?|0000-00-00|0001-01-01|0(\.0+)?`;

const matches = (text: string, pattern: string) => `regexp_full_match(${text}, ${literal(pattern)})`;

/** Microseconds from the first moment of a day to its last one. */
const lastMoment = 86_399_999_999;

/** Moment within its day that a date without a time stands for. */
export type DateAlone = 'start_of_day' | 'end_of_day';

/**
 * TIMESTAMP in UTC, NULL where the text is no time. Text is matched before it is cast, since a cast drops offsets.
 * @param cell SQL of the cell that is the text but for blanks around it
 */
export function timeValue(
  text: string,
  cell: string,
  { format, zone }: TimeReading = {},
  dateAlone: DateAlone = 'start_of_day',
): string {
  if (format === 'epoch') return epochValue(text);
  if (format !== undefined) return formatted(text, [format].flat(), zone, dateAlone);
  const aware = `WHEN ${matches(text, patterns.withOffset)} THEN ${withOffset(text)}`;
  const cast = (from: string) => {
    const moment = `try_cast(${from} AS TIMESTAMP)`;
    return dateAlone === 'start_of_day'
      ? moment
      : `CASE WHEN strlen(${from}) = ${isoDateLength} THEN ${atEndOfDay(moment)} ELSE ${moment} END`;
  };
  if (zone !== undefined) {
    return `CASE WHEN ${matches(text, patterns.local)} THEN ${inZone(cast(text), zone)} ${aware} END`;
  }
  return `CASE WHEN ${matches(cell, patterns.plain)} THEN ${cast(cell)}
    WHEN ${matches(text, patterns.local)} THEN ${cast(text)} ${aware} END`;
}

const isoDateLength = 10;
/** The shortest time: `2024-03-01T10:00`. */
const isoTimeLength = 16;

const atEndOfDay = (moment: string) => `${moment} + to_microseconds(${lastMoment})`;

/** Boolean SQL, never NULL: whether what was read as `value` is a date without a time. */
export function isDateAlone(text: string, value: string, cell: string, { format }: TimeReading = {}): string {
  if (format === 'epoch') return 'false';
  if (format === undefined) return `(${value} IS NOT NULL AND strlen(${cell}) < ${isoTimeLength})`;
  const ofDays = [format].flat().filter((one) => !hasClock(one));
  if (ofDays.length === 0) return 'false';
  return `(${ofDays.map((one) => `try_strptime(${text}, ${literal(one)}) IS NOT NULL`).join(' OR ')})`;
}

const hasClock = (format: string) => /%-?[HIXTcsQ]/.test(format);

/** Before an offset DuckDB wants seconds and no blank. */
function withOffset(text: string): string {
  const asSigned = `regexp_replace(${text}, ' ?(UTC|GMT)$', 'Z')`;
  const withSeconds = `regexp_replace(${asSigned}, '^(.{16})( ?[Z+-])', '\\1:00\\2')`;
  const closed = `regexp_replace(${withSeconds}, ' ([Z+-])', '\\1')`;
  return `try_cast(${closed} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'`;
}

/**
 * A local time that the clocks skip is read with the offset before the change, which moves it on by the hour; of an hour
 * that they repeat, it is the second one (standard time).
 */
function inZone(local: string, zone: string): string {
  return `((${local}) AT TIME ZONE ${literal(zone)}) AT TIME ZONE 'UTC'`;
}

/** strptime takes blanks and single digits as they come; a pattern with an offset gives a moment, others a local time. */
function formatted(
  text: string,
  formats: readonly string[],
  zone: string | undefined,
  dateAlone: DateAlone,
): string {
  const parsed = formats.map((format) => {
    const value = `try_strptime(${text}, ${literal(format)})`;
    if (/%[zZ]/.test(format)) return `(${value}) AT TIME ZONE 'UTC'`;
    const moment = dateAlone === 'end_of_day' && !hasClock(format) ? atEndOfDay(value) : value;
    return zone === undefined ? moment : inZone(moment, zone);
  });
  return parsed.length === 1 ? (parsed[0] ?? 'NULL') : `coalesce(${parsed.join(', ')})`;
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, by magnitude: no unit but one gives years near ours. */
function epochValue(text: string): string {
  const count = `try_cast(${text} AS DECIMAL(38,9))`;
  const micros = `CASE WHEN abs(${count}) < 1e11::DECIMAL(38,9) THEN ${count} * 1000000
    WHEN abs(${count}) < 1e14::DECIMAL(38,9) THEN ${count} * 1000
    WHEN abs(${count}) < 1e17::DECIMAL(38,9) THEN ${count} ELSE ${count} / 1000 END`;
  return `CASE WHEN ${matches(text, patterns.epoch)} THEN make_timestamp(try_cast(trunc(${micros}) AS BIGINT)) END`;
}
