import { plainName } from '../../layers/data/column-words.ts';
import type { Findings } from './findings.ts';
import type { DatasetMatch } from './match.ts';
import type { ColumnProfile } from './profile.ts';

const personalWords =
  /^((first|last|full|given|family|middle|user|customer|display|nick)_?name|name|surname|vorname|nachname|nom|prenom|nombre|apellidos?)$|(^|_)(e_?mail|correo|phone|telephone|telefon|telefono|mobile_(number|phone)|fax|address|adresse|anschrift|direccion|street|strasse|rue|calle|ip|ip_addr|birth_?(day|date)|date_of_birth|dob|geburtsdatum|ssn|iban|passport)($|_)/;

/** Whether a column holds, by its name, what tells who somebody is. */
export function looksPersonal({ name }: Pick<ColumnProfile, 'name'>): boolean {
  return personalWords.test(plainName(name));
}

/** Proposes to drop the columns of users that would be kept although no result needs them. */
export function guessPersonal(matches: readonly DatasetMatch[]): Partial<Findings> {
  const guesses = matches.flatMap(({ dataset, file, columns }) => {
    if (dataset !== 'users') return [];
    const read = columns.map(({ column }) => column.name);
    return file.columns
      .filter((column) => !read.includes(column.name) && looksPersonal(column))
      .map(({ name }) => ({
        path: ['pii', dataset, name],
        value: 'drop',
        confidence: 'likely' as const,
        because: 'by its name it tells who somebody is, and no result needs it',
      }));
  });
  return { guesses };
}
