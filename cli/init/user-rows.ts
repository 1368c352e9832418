import { plainName } from '../../layers/data/column-words.ts';
import { as, contractOf, type Derived } from './derived.ts';
import { type DatasetMatch, matchColumns } from './match.ts';
import { hasNoIds, numberLines, numberOf } from './numbering.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';

/** Columns that say of a user whether he did what the experiment is about, the most telling first. */
const outcomes = [
  'converted',
  'conversion',
  'purchased',
  'bought',
  'gekauft',
  'konvertiert',
  'bestellt',
  'is_converted',
  'subscribed',
  'signed_up',
  'enrolled',
  'responded',
  'clicked',
  'click',
  'success',
  'retention_1',
  'retention_7',
];
const yes = ['1', 'true', 'yes', 'y', 't', 'ja', 'oui', 'si', 'sí', 'sim'];
const no = ['0', 'false', 'no', 'n', 'f', 'nein', 'non', 'não'];

/** What somebody says of a file with a row a user, in place of what its names tell. */
export interface RowAnswers {
  readonly user?: string | undefined;
  readonly variant?: string | undefined;
  /** A column of yes and no, of amounts, or `column=value`: who has the value is a buyer. */
  readonly outcome?: string | undefined;
}

/** One row a user: variant, whether he converted or what he spent, and perhaps a time. */
export function ofUsers(
  file: FileProfile,
  matches: readonly DatasetMatch[],
  answers: RowAnswers = {},
): Derived | undefined {
  const assigned = matchColumns('experiment_assignments', file);
  const of = (name: string) => assigned.find(({ canonical }) => canonical.name === name);
  const called = (name: string) => file.columns.find((column) => plainName(column.name) === plainName(name));
  const time = of('assigned_ts');
  const told = 'you named it';
  const user = answers.user === undefined ? (of('user_id')?.column ?? numberOf(file)) : called(answers.user);
  const isNumbered = answers.user === undefined && user === undefined && hasNoIds(file);
  const named = answers.variant === undefined ? undefined : called(answers.variant);
  const variant =
    answers.variant === undefined ? of('variant') : named && { ...as('variant', named, told), score: 0.9 };
  const outcome = outcomeOf(file, answers.outcome, variant?.column);
  if (variant === undefined || outcome === undefined || (user === undefined && !isNumbered)) return undefined;
  if (user !== undefined && user.distinct < 0.95 * user.filled) return undefined;
  const because = 'one row a user: variant and outcome';
  const numbered = isNumbered ? numberLines(file) : undefined;
  const spent = outcome.amounts && [as('revenue', outcome.column, because, 'events')];
  const revenue =
    spent ?? matchColumns('events', file).filter(({ canonical }) => canonical.name === 'revenue');
  const values = outcome.values;
  const experiment = assigned.filter(
    // Beside a variant that the user named, a name such as "experience" is more likely another property of the user.
    ({ canonical, column, score }) =>
      canonical.name === 'experiment_id' &&
      column !== variant.column &&
      (answers.variant === undefined || score === 1),
  );
  const identified = (dataset: 'events' | 'experiment_assignments', name: string) =>
    user === undefined ? [] : [as(name, user, because, dataset)];
  const timed = (dataset: 'events' | 'experiment_assignments', name: string) =>
    time === undefined ? [] : [as(name, time.column, because, dataset)];
  const others = (dataset: 'events' | 'experiment_assignments', name: string) =>
    time === undefined ? [contractOf(dataset, name)] : [];
  return {
    matches: [
      ...matches,
      {
        dataset: 'experiment_assignments',
        file,
        columns: [
          ...identified('experiment_assignments', 'user_id'),
          ...experiment,
          variant,
          ...timed('experiment_assignments', 'assigned_ts'),
        ],
        missing: [
          ...(experiment.length === 0 ? [contractOf('experiment_assignments', 'experiment_id')] : []),
          ...others('experiment_assignments', 'assigned_ts'),
        ],
        confidence: 'likely',
        because,
        ...(isNumbered && { isNumbered }),
      },
      {
        dataset: 'events',
        file,
        columns: [
          ...identified('events', 'event_id'),
          ...identified('events', 'user_id'),
          ...(outcome.amounts ? [] : [{ ...as('event_name', outcome.column, because, 'events'), values }]),
          ...timed('events', 'event_ts'),
          ...revenue,
        ],
        missing: others('events', 'event_ts'),
        confidence: 'likely',
        because,
        isOutcome: true,
        ...(isNumbered && { isNumbered }),
      },
    ],
    findings: {
      guesses: [
        ...(numbered?.guesses ?? []),
        {
          path: ['experiments', '*', 'exposure'],
          value: 'assignment',
          confidence: 'likely',
          because: 'the file has no events: every user of it counts',
        },
        {
          path: ['experiments', '*', 'outcome_window_days'],
          value: 1,
          confidence: 'likely',
          because: 'the outcome stands in the row of the user',
        },
        {
          path: ['experiments', '*', 'guardrails', 'retention_d7'],
          value: null,
          confidence: 'likely',
          because: 'a row a user does not tell who came back',
        },
        ...(outcome.amounts
          ? [
              {
                path: ['experiments', '*', 'primary'],
                value: 'revenue_per_user',
                confidence: 'likely' as const,
                because: 'the outcome is an amount',
              },
              {
                path: ['schema', 'events', 'event_name'],
                value: { constant: 'purchase' },
                confidence: 'likely' as const,
                because: 'each row is the amount of a user, so that shares of buyers say nothing',
              },
            ]
          : []),
      ],
      remarks: numbered?.remarks ?? [],
    },
  };
}

interface Outcome {
  readonly column: ColumnProfile;
  /** Which of its values are purchases. */
  readonly values: Readonly<Record<string, string>>;
  readonly amounts?: true;
}

function outcomeOf(
  file: FileProfile,
  answer: string | undefined,
  variant: ColumnProfile | undefined,
): Outcome | undefined {
  const columns = (name: string) =>
    file.columns.filter((column) => column !== variant && plainName(column.name) === plainName(name));
  if (answer === undefined) {
    const column = outcomes.flatMap(columns).find(isOutcome);
    return column && { column, values: meaning(column, (value) => yes.includes(value.toLowerCase())) };
  }
  const [name = '', ...rest] = columns(answer).length > 0 ? [answer] : answer.split('=');
  const [column] = columns(name);
  if (column === undefined) return undefined;
  if (rest.length > 0) return { column, values: meaning(column, (value) => value === rest.join('=')) };
  if (isOutcome(column)) {
    return { column, values: meaning(column, (value) => yes.includes(value.toLowerCase())) };
  }
  return column.filled > 0 && column.amounts === column.filled
    ? { column, values: {}, amounts: true }
    : undefined;
}

function meaning({ values }: ColumnProfile, isPurchase: (value: string) => boolean): Record<string, string> {
  return Object.fromEntries(values.map(({ value }) => [value, isPurchase(value) ? 'purchase' : 'nothing']));
}

function isOutcome({ values, filled }: ColumnProfile): boolean {
  return (
    filled > 0 &&
    values.length === 2 &&
    values.every(({ value }) => [...yes, ...no].includes(value.toLowerCase()))
  );
}
