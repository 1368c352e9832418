import { plainName } from '../../layers/contracts/column-words.ts';
import type { Config } from '../../layers/contracts/config.ts';
import { counted } from '../wording.ts';
import type { Findings, Guess, Question } from './guess.ts';
import type { DatasetMatch } from './match.ts';
import { type EventRole, eventWords } from './vocabulary.ts';

/** Which events play a part, and which are other spellings of the same. */
export function guessEvents(matches: readonly DatasetMatch[], base: Config): Partial<Findings> {
  const match = matches.find(({ dataset }) => dataset === 'events');
  const column = match?.columns.find(({ canonical }) => canonical.name === 'event_name')?.column;
  if (column === undefined || column.values.length === 0) return {};

  const guesses: Guess[] = [];
  const questions: Question[] = [];
  const remarks: string[] = [];
  const rows = new Map<string, number>();
  for (const { value, rows: count } of column.values) {
    const name = base.event_aliases[value] ?? value;
    rows.set(name, (rows.get(name) ?? 0) + count);
  }
  const named = (name: string) => `"${name}" (${counted(rows.get(name) ?? 0, 'event')})`;
  for (const role of Object.keys(eventWords) as EventRole[]) {
    const usual = base.events[role];
    const candidates = candidatesFor(role, [...rows.keys()]);
    const chosen = rows.has(usual) ? usual : candidates[0];
    if (chosen === undefined) {
      if (role === 'exposure') {
        questions.push({
          path: ['events', 'exposure'],
          example: [...rows.keys()][0] ?? usual,
          because: `no event looks like the exposure; there are ${[...rows.keys()].slice(0, 12).join(', ')} (or count users from their assignment on: experiments."*".exposure: assignment)`,
        });
      } else remarks.push(`No event looks like ${role}.`);
      continue;
    }
    if (chosen !== usual) {
      const rank = eventWords[role].indexOf(plainName(chosen));
      guesses.push({
        path: ['events', role],
        value: chosen,
        confidence: rank < 11 ? 'likely' : 'guess',
        because: `there is no "${usual}", but ${named(chosen)}`,
      });
    }
    for (const other of candidates.filter((name) => name !== chosen)) {
      if (plainName(other) === plainName(chosen)) {
        guesses.push({
          path: ['event_aliases', other],
          value: chosen,
          confidence: 'likely',
          because: `another spelling: ${named(other)}`,
        });
      } else if (role === 'purchase') {
        remarks.push(`${named(other)} may be a purchase too. If so: event_aliases: { ${other}: ${chosen} }.`);
      }
    }
  }
  return { guesses, questions, remarks };
}

/** Names that may play the part, the most telling first. */
function candidatesFor(role: EventRole, names: readonly string[]): string[] {
  const rank = (name: string) => eventWords[role].indexOf(plainName(name));
  return names.filter((name) => rank(name) >= 0).toSorted((a, b) => rank(a) - rank(b));
}
