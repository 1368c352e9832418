import type { AmountReading } from '../../layers/data/amounts.ts';
import { columnWords, plainName, vagueColumnWords } from '../../layers/data/column-words.ts';
import type { TimeReading } from '../../layers/data/moments.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { Findings } from './findings.ts';
import type { ColumnMatch, DatasetMatch } from './match.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';
import { flow } from './render.ts';
import { zoneBeside } from './zones.ts';

/** How the configuration has to say that a column is written. */
export interface Writing {
  readonly reading: AmountReading & TimeReading;
  readonly because: string;
  /** What a person has to confirm, if anything. */
  readonly doubt: string | null;
}

/** Up to this share, values that a run cannot read are mistakes, not the way the column is written. */
const mistakes = 0.2;

const isWrittenOtherwise = (read: number, otherwise: number, filled: number) =>
  otherwise > read && filled - read > mistakes * filled;

/** How the values of the column are written, where that is not how a run reads them anyway. */
export function writingOf({ canonical: { type }, column }: ColumnMatch): Writing | undefined {
  const { timeReading, amountReading, filled, oddTime, oddAmount } = column;
  const tried = (rows: number) => `it reads ${formatCount(rows)} of ${formatCount(filled)} values`;
  if (
    type === 'timestamp' &&
    timeReading !== null &&
    isWrittenOtherwise(column.timestamps, timeReading.rows, filled)
  ) {
    const { reading, rows, rival } = timeReading;
    if (reading.format === 'epoch') {
      return { reading, because: `counts since 1970 such as "${oddTime}": ${tried(rows)}`, doubt: null };
    }
    const other = rival === null ? '' : `${JSON.stringify(rival.format)} would read as many; `;
    return {
      reading,
      because: `times such as "${oddTime}": ${tried(rows)}`,
      doubt: `${other}they are UTC unless you add zone: Europe/Amsterdam, or the zone of the shop`,
    };
  }
  if (
    type === 'money' &&
    amountReading !== null &&
    isWrittenOtherwise(column.amounts, amountReading.rows, filled)
  ) {
    const { reading, rows, rival } = amountReading;
    return {
      reading,
      because: `amounts such as "${oddAmount}": ${tried(rows)}`,
      doubt: rival === null ? null : `${said(rival)} would read as many, to other amounts`,
    };
  }
  return undefined;
}

const said = (reading: AmountReading | TimeReading) =>
  Object.entries(reading)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(', ');

/** Says which values no way to read them was found for, and how files are written. */
export function remarkSpelling(
  matches: readonly DatasetMatch[],
  files: readonly FileProfile[],
): Partial<Findings> {
  const unread = matches.flatMap(({ file, columns }) =>
    columns.flatMap(({ canonical: { type, presence }, column }) => {
      const { filled, timestamps, amounts, timeReading, amountReading, oddTime, oddAmount } = column;
      const isTime = type === 'timestamp';
      if (!isTime && type !== 'money') return [];
      const asUsual = isTime ? timestamps : amounts;
      const otherwise = (isTime ? timeReading : amountReading)?.rows ?? 0;
      const read = isWrittenOtherwise(asUsual, otherwise, filled) ? otherwise : asUsual;
      const odd = isTime ? oddTime : oddAmount;
      // Dates of no day, in a column that may be empty, are missing ones.
      if (read >= filled || (isTime && presence === 'optional' && odd === null)) return [];
      const tried = isTime ? timeReading : amountReading;
      const cure = tried !== null && tried.rows > read ? ` (${said(tried.reading)} reads more of them)` : '';
      return [
        `${file.name}, ${column.name}: ${formatCount(filled - read)} of ${formatCount(filled)} ${isTime ? 'times' : 'amounts'} cannot be read${odd === null ? '' : `, perhaps such as "${odd}"`}: a run sets their rows aside${cure}.`,
      ];
    }),
  );
  const written = files.flatMap(({ name, dialect: { delimiter, encoding, preamble } }) => {
    const how = [
      ...(delimiter === ',' ? [] : [`its columns are separated by ${JSON.stringify(delimiter)}`]),
      ...(encoding === 'utf-8' ? [] : [`it is in ${encoding}`]),
      ...(preamble === 0 ? [] : [`its header is in line ${preamble + 1}`]),
    ];
    return how.length === 0 ? [] : [`${name}: ${how.join(', ')}. A run finds that itself.`];
  });
  return { remarks: [...written, ...unread] };
}

/** Says of times that carry no offset, beside others that do, which zone a run takes them to be in. */
export function remarkZones(matches: readonly DatasetMatch[]): Partial<Findings> {
  const times = matches.flatMap(({ dataset, columns }) =>
    columns
      .filter(({ canonical }) => canonical.type === 'timestamp')
      .map((match) => ({ ...match, dataset, name: `${dataset}.${match.column.name}` })),
  );
  const telling = times.find(({ column }) => column.withOffset > 0 && column.withoutOffset === 0);
  if (telling === undefined) return {};
  const isSilent = ({ column }: ColumnMatch) => column.withOffset === 0 && column.withoutOffset > 0;
  return {
    remarks: times.filter(isSilent).map(({ dataset, canonical, column, name }) => {
      const { offset, firstDay } = telling.column;
      const value = flow({ column: column.name, zone: zoneBeside(offset ?? 'Z', firstDay ?? '2024-01-01') });
      return `${name} carries no offset, and ${telling.name} does (${offset}): a run takes it for UTC. If it is local time: schema: { ${dataset}: { ${canonical.name}: ${value} } }, or the zone of the shop.`;
    }),
  };
}

/** Says that there will be no revenue where no column is it, and which one may be meant. */
export function askForRevenue(matches: readonly DatasetMatch[]): Partial<Findings> {
  const match = matches.find(({ dataset }) => dataset === 'events');
  if (match === undefined || match.columns.some(({ canonical }) => canonical.name === 'revenue')) return {};
  const { file, columns } = match;
  const words = ['revenue', ...(columnWords.revenue ?? []), ...(vagueColumnWords.revenue ?? [])];
  const off = `revenue metrics are switched off, for no column of amounts in ${file.name} has one of the names ${words.join(', ')}`;
  const amounts = file.columns.filter(
    (column) => mayBeAmount(column) && !columns.some((found) => found.column === column),
  );
  const [first, ...others] = amounts;
  if (first === undefined) return { remarks: [`Revenue: ${off}; no other column has amounts.`] };
  return {
    questions: [
      {
        path: ['schema', 'events', 'revenue'],
        example: first.name,
        because: `${off}. The money of a whole purchase may be ${[first, ...others].map(({ name }) => `"${name}"`).join(' or ')}`,
      },
    ],
  };
}

function mayBeAmount({ name, filled, distinct, amounts, amountReading }: ColumnProfile): boolean {
  if (filled === 0 || distinct < 2 || Math.max(amounts, amountReading?.rows ?? 0) < 0.8 * filled)
    return false;
  return !/(^|_)(id|ids|key|nr|no|number|nummer|numero|zip|plz|uuid|ts|time|timestamp|date|day|at)$|^id_/.test(
    plainName(name),
  );
}
