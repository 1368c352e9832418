import { type AmountReading, amountValue } from '../../layers/data/amounts.ts';
import { type TimeReading, timeValue } from '../../layers/data/moments.ts';
import type { Database } from '../../layers/platform/duckdb.ts';

/** A way to read a column's values, with how many of them it reads. */
export interface TriedReading<Reading> {
  readonly reading: Reading;
  readonly rows: number;
  /** What else reads as many values, as the configuration would say it. */
  readonly rival: Reading | null;
}

const days = [
  '%d.%m.%Y',
  '%d/%m/%Y',
  '%m/%d/%Y',
  '%d-%m-%Y',
  '%m-%d-%Y',
  '%Y/%m/%d',
  '%d.%m.%y',
  '%d/%m/%y',
  '%m/%d/%y',
];
const clocks = [' %H:%M:%S', ' %H:%M', ' %I:%M:%S %p', ' %I:%M %p', ''];

/** The format that most of the values of `cell` (SQL, of the table `sample`) are written in, of those with a day of a country. */
export async function tryTimes(database: Database, cell: string): Promise<TriedReading<TimeReading> | null> {
  const candidates = days.map((day): TimeReading => ({ format: clocks.map((clock) => `${day}${clock}`) }));
  const found = await best(database, candidates, (reading) => inOurTime(timeValue(cell, cell, reading)));
  if (found === null) return null;
  const used = async (reading: TimeReading): Promise<TimeReading> => {
    const formats = [reading.format ?? []].flat();
    const counts = await countEach(
      database,
      formats.map((format) => timeValue(cell, cell, { format })),
    );
    const fitting = formats.filter((_, index) => (counts[index] ?? 0) > 0);
    return { format: fitting.length === 1 ? fitting[0] : fitting };
  };
  const rival = found.rival === null ? null : await used(found.rival);
  return { rows: found.rows, reading: await used(found.reading), rival };
}

export async function tryEpoch(database: Database, cell: string): Promise<TriedReading<TimeReading> | null> {
  return best(database, [{ format: 'epoch' }], (reading) => inOurTime(timeValue(cell, cell, reading)));
}

const inOurTime = (time: string) => `CASE WHEN year(${time}) BETWEEN 1970 AND 2100 THEN ${time} END`;

const writings: readonly AmountReading[] = [
  { decimal: ',' },
  { thousands: ',' },
  { decimal: ',', thousands: '.' },
  { decimal: ',', thousands: ' ' },
  { thousands: ' ' },
  { thousands: "'" },
];

/** The simplest way to write amounts that most of the values of `cell` are written in. */
export async function tryAmounts(
  database: Database,
  cell: string,
): Promise<TriedReading<AmountReading> | null> {
  const candidates = [
    ...writings,
    { strip_currency: true },
    ...writings.map((writing) => ({ ...writing, strip_currency: true })),
  ];
  return best(database, candidates, (reading) => amountValue(cell, cell, reading));
}

/** The first of the candidates that read most values, and the next one that reads as many otherwise. */
async function best<Reading>(
  database: Database,
  candidates: readonly Reading[],
  sqlOf: (reading: Reading) => string,
): Promise<TriedReading<Reading> | null> {
  const values = candidates.map(sqlOf);
  const counts = await countEach(database, values);
  const rows = Math.max(...counts);
  const index = counts.indexOf(rows);
  const [reading] = candidates.slice(index);
  if (rows === 0 || reading === undefined) return null;
  const others = await countEach(
    database,
    values.map((value) => `CASE WHEN ${value} IS DISTINCT FROM ${values[index]} THEN 1 END`),
  );
  const rival = candidates.find((_, at) => at > index && counts[at] === rows && (others[at] ?? 0) > 0);
  return { reading, rows, rival: rival ?? null };
}

async function countEach(database: Database, values: readonly string[]): Promise<number[]> {
  const row = await database.row<Record<string, string>>(
    `SELECT ${values.map((value, index) => `count(${value}) AS n${index}`).join(', ')} FROM sample`,
  );
  return values.map((_, index) => Number(row[`n${index}`]));
}
