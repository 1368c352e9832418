import { columnWords, plainName, vagueColumnWords } from '../../layers/data/column-words.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { Findings } from './findings.ts';
import type { ColumnMatch, DatasetMatch } from './match.ts';
import type { ColumnProfile } from './profile.ts';

/** Values of a column that a run cannot read. */
interface Misspelling {
  readonly problem: string;
  readonly cure: string;
}

const time = 'write 2024-12-31T23:59:59Z, or 2024-12-31 23:59:59 (which is UTC)';

/** What a run cannot read of the column, if anything: values that are spelled for a country or a machine. */
export function misspelling({ canonical: { type }, column }: ColumnMatch): Misspelling | undefined {
  const { localDates, localDate, epochs, decimalCommas, decimalComma, filled } = column;
  const unreadable = (count: number, values: string) =>
    `${formatCount(count)} of ${formatCount(filled)} ${values}`;
  if (type === 'timestamp' && localDates > 0) {
    return { problem: unreadable(localDates, `times cannot be read, such as "${localDate}"`), cure: time };
  }
  if (type === 'timestamp' && epochs > 0) {
    return { problem: unreadable(epochs, 'times cannot be read, for they count from 1970 on'), cure: time };
  }
  if (type === 'money' && decimalCommas > 0) {
    const problem = `amounts cannot be read, such as "${decimalComma}", for their decimal comma`;
    return { problem: unreadable(decimalCommas, problem), cure: 'write 1234.50' };
  }
  return undefined;
}

export function remarkSpelling(matches: readonly DatasetMatch[]): Partial<Findings> {
  const remarks = matches.flatMap(({ file, columns }) =>
    columns.flatMap((match) => {
      const found = misspelling(match);
      return found === undefined
        ? []
        : [`${file.name}, ${match.column.name}: ${found.problem}: ${found.cure}.`];
    }),
  );
  if (remarks.length === 0) return {};
  return {
    remarks: [
      ...remarks,
      'A run sets the rows with such values aside. A script that rewrites them: docs/own-data.md#recipes-values.',
    ],
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

function mayBeAmount({ name, filled, distinct, amounts, decimalCommas }: ColumnProfile): boolean {
  if (filled === 0 || distinct < 2 || amounts + decimalCommas < 0.8 * filled) return false;
  return !/(^|_)(id|ids|key|nr|no|number|nummer|numero|zip|plz|uuid|ts|time|timestamp|at)$|^id_/.test(
    plainName(name),
  );
}
