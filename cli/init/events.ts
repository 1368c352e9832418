import { plainName } from '../../layers/data/column-words.ts';
import type { Config } from '../../layers/experiment/config.ts';
import { counted } from '../terminal.ts';
import type { Findings, Guess, Question } from './findings.ts';
import type { DatasetMatch } from './match.ts';
import { type EventRole, eventWords } from './vocabulary.ts';

/** How many events of other names a question lists. */
const listed = 12;

/** Which events play a part, and which are other spellings of the same. */
export function guessEvents(matches: readonly DatasetMatch[], base: Config): Partial<Findings> {
  const match = matches.find(({ dataset }) => dataset === 'events');
  const column = match?.columns.find(({ canonical }) => canonical.name === 'event_name')?.column;
  if (column === undefined || column.values.length === 0 || match?.isOutcome) return {};

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
      const without = withoutRole[role];
      if (without === undefined) remarks.push(`No event looks like ${role}.`);
      else questions.push({ path: ['events', role], example: '<name of the event>', because: ask(without) });
      continue;
    }
    const others = candidates.filter((name) => plainName(name) !== plainName(chosen));
    if (chosen !== usual) guesses.push(guessRole(role, chosen, usual, others));
    for (const name of candidates) {
      if (name !== chosen && plainName(name) === plainName(chosen)) {
        guesses.push({
          path: ['event_aliases', name],
          value: chosen,
          confidence: 'likely',
          because: `another spelling: ${named(name)}`,
        });
      }
    }
    if (role !== 'purchase') continue;
    for (const name of others) {
      questions.push({
        path: ['event_aliases', name],
        example: chosen,
        because: `${named(name)} may be a purchase too, which would be lost; not if each has a "${chosen}" besides`,
      });
    }
  }
  guesses.push(...otherSpellings());
  return { guesses, questions, remarks };

  /** Of names that differ in spelling alone, all count as the most frequent, also where they play no part. */
  function otherSpellings(): Guess[] {
    const names = [...rows.keys()].toSorted((a, b) => (rows.get(b) ?? 0) - (rows.get(a) ?? 0));
    return names.flatMap((name): Guess[] => {
      const usual = names.find((other) => plainName(other) === plainName(name)) ?? name;
      const isSettled = guesses.some(
        ({ path: [key, alias], value }) =>
          plainName(String(key === 'event_aliases' ? alias : value)) === plainName(name),
      );
      if (usual === name || isSettled) return [];
      const because = `another spelling: ${named(name)}`;
      return [{ path: ['event_aliases', name], value: usual, confidence: 'likely', because }];
    });
  }

  function ask(without: string): string {
    const names = [...rows.keys()];
    const more = names.length > listed ? ` and ${names.length - listed} more` : '';
    return `no event looks like it; there are ${names.slice(0, listed).join(', ')}${more}. ${without}`;
  }

  function guessRole(role: EventRole, chosen: string, usual: string, others: readonly string[]): Guess {
    const isTelling = isTellingOf(role, chosen);
    const rivals = others.filter((name) => isTellingOf(role, name) === isTelling);
    const doubts = [
      ...(isTelling ? [] : [doubt[role]]),
      ...(rivals.length === 0 ? [] : [`it may also be ${rivals.map(named).join(', ')}`]),
    ];
    return {
      path: ['events', role],
      value: chosen,
      confidence: doubts.length === 0 ? 'likely' : 'guess',
      because: [`there is no "${usual}", but ${named(chosen)}`, ...doubts].join('; '),
    };
  }
}

/** What it means that nothing plays the part, where that has to be settled. */
const withoutRole: Partial<Record<EventRole, string>> = {
  exposure:
    'Name the one that shows that a user saw the change, or count users from their assignment on: experiments: { "*": { exposure: assignment } }',
  purchase: 'Without it there is no conversion and no revenue',
};

/** What to ask oneself of an event whose name does not tell. */
const doubt: Readonly<Record<EventRole, string>> = {
  exposure: 'right only if users see the change there',
  add_to_cart: 'or is it a look at the cart?',
  begin_checkout: 'is it the start of the checkout, not its end?',
  purchase: 'is it a completed purchase?',
  refund: 'is money paid back?',
};

function isTellingOf(role: EventRole, name: string): boolean {
  return eventWords[role].telling.includes(plainName(name));
}

/** Names that may play the part, the most telling first. */
function candidatesFor(role: EventRole, names: readonly string[]): string[] {
  const words = [...eventWords[role].telling, ...eventWords[role].vague];
  const rank = (name: string) => words.indexOf(plainName(name));
  return names.filter((name) => rank(name) >= 0).toSorted((a, b) => rank(a) - rank(b));
}
