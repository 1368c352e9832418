import { plainName } from '../../layers/data/column-words.ts';
import { type ColumnContract, datasetContracts, requiredDatasets } from '../../layers/data/datasets/index.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import type { Findings } from './findings.ts';
import { type ColumnMatch, type DatasetMatch, matchColumns } from './match.ts';
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

export interface Derived {
  readonly matches: readonly DatasetMatch[];
  readonly findings: Partial<Findings>;
}

/**
 * Datasets that lie in the file of another one: assignments in events that name the variant, and both in a file of one row a
 * user. The same file is then read as each of them.
 */
export function deriveDatasets(
  matches: readonly DatasetMatch[],
  files: readonly FileProfile[],
  answers: RowAnswers = {},
): Derived {
  if (Object.values(answers).some((answer) => answer !== undefined)) {
    const others = matches.filter(({ dataset }) => !requiredDatasets.includes(dataset));
    const told = files.map((file) => ofUsers(file, others, answers)).find((found) => found !== undefined);
    if (told === undefined) throw noSuchRows(answers, files);
    return told;
  }
  const assigned = matches.find(({ dataset }) => dataset === 'experiment_assignments');
  const events = matches.find(({ dataset }) => dataset === 'events');
  if (assigned !== undefined) {
    const others = matches.filter((match) => match !== assigned);
    const both = events === undefined ? ofUsers(assigned.file, others) : undefined;
    return both ?? { matches, findings: {} };
  }
  if (events !== undefined) return withAssignmentsOf(events, matches);
  return (
    files.reduce<Derived | undefined>((found, file) => found ?? ofUsers(file, matches), undefined) ?? {
      matches,
      findings: {},
    }
  );
}

/** The first row of a user with a variant assigns him; a user of two is a crossover. */
function withAssignmentsOf(events: DatasetMatch, matches: readonly DatasetMatch[]): Derived {
  const named = matchColumns('experiment_assignments', events.file);
  const variant = named.find(({ canonical }) => canonical.name === 'variant');
  const find = (name: string) => events.columns.find(({ canonical }) => canonical.name === name);
  const [user, time] = [find('user_id'), find('event_ts')];
  const { rows } = events.file;
  if (variant === undefined || user === undefined || time === undefined) return { matches, findings: {} };
  if (variant.column.filled < 0.95 * rows) {
    return {
      matches,
      findings: {
        remarks: [
          `${events.file.name}: "${variant.column.name}" names a variant in ${variant.column.filled} of ${rows} rows alone; write the first of each user into an experiment_assignments.csv.`,
        ],
      },
    };
  }
  const experiment = named.filter(({ canonical }) => canonical.name === 'experiment_id');
  const because = 'the events name the variant: the first one of a user assigns him';
  return {
    matches: [
      ...matches,
      {
        dataset: 'experiment_assignments',
        file: events.file,
        columns: [
          as('user_id', user.column, because),
          ...experiment,
          variant,
          as('assigned_ts', time.column, because),
        ],
        missing: experiment.length > 0 ? [] : [contractOf('experiment_assignments', 'experiment_id')],
        confidence: 'likely',
        because,
      },
    ],
    findings: {},
  };
}

/** One row a user: variant, whether he converted or what he spent, and perhaps a time. */
function ofUsers(
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

function noSuchRows(answers: RowAnswers, files: readonly FileProfile[]): UsageError {
  const named = Object.entries(answers).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} "${value}"`],
  );
  return new UsageError({
    what: `no file has a row for each user with the ${named.join(', ')}`,
    where: files.map(({ name, header }) => `${name}: ${header.join(', ')}`).join('; '),
    remedy:
      'Name columns of one file: --user (an id of its own in each row), --variant, and --outcome: a column of yes and no, of amounts, or column=value',
  });
}

function isOutcome({ values, filled }: ColumnProfile): boolean {
  return (
    filled > 0 &&
    values.length === 2 &&
    values.every(({ value }) => [...yes, ...no].includes(value.toLowerCase()))
  );
}

function contractOf(dataset: 'events' | 'experiment_assignments', name: string): ColumnContract {
  const found = datasetContracts[dataset].columns.find((column) => column.name === name);
  if (found === undefined) throw new Error(`${dataset} has no column ${name}`);
  return found;
}

function as(
  name: string,
  column: ColumnProfile,
  because: string,
  dataset: 'events' | 'experiment_assignments' = 'experiment_assignments',
): ColumnMatch {
  return { canonical: contractOf(dataset, name), column, score: 0.7, because };
}
