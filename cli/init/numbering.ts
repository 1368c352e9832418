import { isNameOf, plainName } from '../../layers/data/column-words.ts';
import type { Findings, Guess } from './findings.ts';
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

/** The lines of a file as the ids of its users, and of what they did. */
export function numberLines({ name }: FileProfile): Pick<Findings, 'guesses' | 'remarks'> {
  const ids = [
    ['experiment_assignments', 'user_id'],
    ['events', 'user_id'],
    ['events', 'event_id'],
  ];
  return {
    guesses: ids.map(
      (column): Guess => ({
        path: ['schema', ...column],
        value: { line_number: true },
        confidence: 'guess',
        because: 'no column is an id: right only if a row is a user, and each user has one',
      }),
    ),
    remarks: [
      `The rows of ${name} have no id: each line counts as a user of its own, and nobody can see one who is there twice.`,
    ],
  };
}
