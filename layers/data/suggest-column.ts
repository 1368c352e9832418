import { nearest } from '../platform/nearest.ts';
import { columnWords, plainName, vagueColumnWords } from './column-words.ts';
import type { ColumnContract, DatasetContract } from './datasets/index.ts';

/**
 * The column of a file that may be `column` under another name: one that is so called elsewhere, else one that is
 * nearly so called, else the only one whose name speaks of the same kind of value. Columns of the contract under their
 * own names are none.
 */
export function suggestColumn(
  { columns }: Pick<DatasetContract, 'columns'>,
  column: string,
  header: readonly string[],
): string | undefined {
  const free = header.filter(
    (name) => name !== '' && !columns.some((other) => other.name === plainName(name)),
  );
  for (const word of [column, ...(columnWords[column] ?? []), ...(vagueColumnWords[column] ?? [])]) {
    const found = free.find((name) => plainName(name) === word);
    if (found !== undefined) return found;
  }
  const near = nearest(column, free.map(plainName));
  if (near !== undefined) return free.find((name) => plainName(name) === near);
  const contract = columns.find(({ name }) => name === column);
  const alike =
    contract === undefined
      ? []
      : free.filter(
          (name) => soundsLike(contract, plainName(name)) && !namesAnother(column, plainName(name)),
        );
  return alike.length === 1 ? alike[0] : undefined;
}

/** Whether the name is that of another column of some dataset: a session's id is no user's, and would be joined as if it were. */
function namesAnother(column: string, name: string): boolean {
  return Object.entries(columnWords).some(
    ([other, words]) => other !== column && (other === name || words.includes(name)),
  );
}

function soundsLike({ type }: ColumnContract, name: string): boolean {
  if (type === 'timestamp') return /(^|_)(ts|at|time|date|datetime|timestamp|day)$|^(time|date)/.test(name);
  return type === 'id' && /(^|_)(id|uuid|key)$/.test(name);
}
