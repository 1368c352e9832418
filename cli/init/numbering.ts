import { isNameOf, plainName } from '../../layers/data/column-words.ts';
import type { DatasetName } from '../../layers/data/datasets/index.ts';
import type { Guess } from './findings.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';

/** Names of columns that number the rows of a file, where no column is called after a user. */
const rowNumbers = /(^|_)(id|rownames|row_names|index)$/;

/** A column of another name than a user's that numbers all rows of the file. */
export function numberOf(file: FileProfile): ColumnProfile | undefined {
  return file.columns.find(
    ({ name, filled, distinct }) =>
      rowNumbers.test(plainName(name)) && filled === file.rows && distinct === filled,
  );
}

/** Whether no column of the file is an id by its name, not even one that several rows share. */
export function hasNoIds({ columns }: FileProfile): boolean {
  const ids = ['user_id', 'session_id'];
  return !columns.some(
    ({ name }) => rowNumbers.test(plainName(name)) || ids.some((id) => isNameOf(id, name)),
  );
}

/** The line of a row as these ids of it. */
export function numberLines(
  ids: readonly (readonly [dataset: DatasetName, column: string])[],
  because: string,
): Guess[] {
  return ids.map((id) => ({
    path: ['schema', ...id],
    value: { line_number: true },
    confidence: 'guess',
    because,
  }));
}
