import { plainName } from '../../layers/data/column-words.ts';
import { as, contractOf, type Derived } from './derived.ts';
import type { Guess } from './findings.ts';
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

/**
 * Rows of users, each with the variant and whether he converted or what he spent, and perhaps a time. Where a user has
 * several, each is what he did at a visit, and the first one assigns him.
 */
export function ofUsers(
  file: FileProfile,
  matches: readonly DatasetMatch[],
  answers: RowAnswers = {},
): Derived | undefined {
  const assigned = matchColumns('experiment_assignments', file);
  const of = (name: string) => assigned.find(({ canonical }) => canonical.name === name);
  const called = (name: string) => file.columns.find((column) => plainName(column.name) === plainName(name));
  const told = 'you named it';
  const user = answers.user === undefined ? (of('user_id')?.column ?? numberOf(file)) : called(answers.user);
  const isNumbered = answers.user === undefined && user === undefined && hasNoIds(file);
  const named = answers.variant === undefined ? undefined : called(answers.variant);
  const variant =
    answers.variant === undefined ? of('variant') : named && { ...as('variant', named, told), score: 0.9 };
  const outcome = outcomeOf(file, answers.outcome, variant?.column);
  if (variant === undefined || outcome === undefined || (user === undefined && !isNumbered)) return undefined;
  // Where nothing names the users, values alone say too little of the arm.
  if (isNumbered && variant.score <= 0.5) return undefined;
  const hasVisits = user !== undefined && user.distinct < 0.95 * user.filled;
  const because = hasVisits
    ? 'a row a visit: the first one of a user assigns him'
    : 'one row a user: variant and outcome';
  const found = matchColumns('events', file);
  const inEvents = (name: string) => found.find(({ canonical }) => canonical.name === name);
  const time = of('assigned_ts')?.column ?? (hasVisits ? inEvents('event_ts')?.column : undefined);
  const event = hasVisits ? numberOf(file) : user;
  const revenue = outcome.amounts
    ? { ...as('revenue', outcome.column, because, 'events') }
    : inEvents('revenue');
  const experiment = assigned.filter(
    // Beside a variant that the user named, a name such as "experience" is more likely another property of the user.
    ({ canonical, column, score }) =>
      canonical.name === 'experiment_id' &&
      column !== variant.column &&
      (answers.variant === undefined || score === 1),
  );
  const bound = (dataset: RequiredDataset, name: string, column: ColumnProfile | undefined) =>
    column === undefined ? [] : [as(name, column, because, dataset)];
  const lacking = (dataset: RequiredDataset, name: string) =>
    time === undefined ? [contractOf(dataset, name)] : [];
  const marks = {
    file,
    confidence: 'likely' as const,
    because,
    ...(isNumbered && { isNumbered }),
    ...(hasVisits && { hasVisits }),
  };
  return {
    matches: [
      ...matches,
      {
        ...marks,
        dataset: 'experiment_assignments',
        columns: [
          ...bound('experiment_assignments', 'user_id', user),
          ...experiment,
          variant,
          ...bound('experiment_assignments', 'assigned_ts', time),
        ],
        missing: [
          ...(experiment.length === 0 ? [contractOf('experiment_assignments', 'experiment_id')] : []),
          ...lacking('experiment_assignments', 'assigned_ts'),
        ],
      },
      {
        ...marks,
        dataset: 'events',
        columns: [
          ...bound('events', 'event_id', event),
          ...bound('events', 'user_id', user),
          ...(outcome.amounts
            ? []
            : [{ ...as('event_name', outcome.column, because, 'events'), values: outcome.values }]),
          ...bound('events', 'event_ts', time),
          ...(revenue === undefined ? [] : [revenue]),
        ],
        missing: lacking('events', 'event_ts'),
        isOutcome: true,
      },
    ],
    findings: {
      guesses: [
        ...(isNumbered
          ? numberLines(
              [
                ['experiment_assignments', 'user_id'],
                ['events', 'user_id'],
                ['events', 'event_id'],
              ],
              'no column is an id: right only if a row is a user, and each user has one',
            )
          : event === undefined
            ? numberLines([['events', 'event_id']], 'no column is an id of the row')
            : []),
        ...settingsOf(outcome, hasVisits && time !== undefined),
      ],
      remarks: isNumbered
        ? [
            `The rows of ${file.name} have no id: each line counts as a user of its own, and nobody can see one who is there twice.`,
          ]
        : [],
    },
  };
}

type RequiredDataset = 'events' | 'experiment_assignments';

/** What experiments of such rows are measured by. */
function settingsOf(outcome: Outcome, isTimed: boolean): Guess[] {
  const said = (keys: readonly string[], value: Guess['value'], because: string): Guess => ({
    path: keys,
    value,
    confidence: 'likely',
    because,
  });
  const inAll = (...keys: string[]) => ['experiments', '*', ...keys];
  return [
    said(inAll('exposure'), 'assignment', 'the file has no events: every user of it counts'),
    ...(isTimed
      ? []
      : [
          said(inAll('outcome_window_days'), 1, 'the outcome stands in the row of the user'),
          said(
            inAll('guardrails', 'retention_d7'),
            null,
            'rows without a time of their own do not tell who came back',
          ),
        ]),
    ...(outcome.amounts
      ? [
          said(inAll('primary'), 'revenue_per_user', 'the outcome is an amount'),
          said(
            ['schema', 'events', 'event_name'],
            { constant: 'purchase' },
            'each row is the amount of a user, so that shares of buyers say nothing',
          ),
        ]
      : []),
  ];
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
  const amounts = Math.max(column.amounts, column.amountReading?.rows ?? 0);
  return column.filled > 0 && amounts === column.filled ? { column, values: {}, amounts: true } : undefined;
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
