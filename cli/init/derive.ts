import { plainName } from '../../layers/data/column-words.ts';
import { type ColumnContract, datasetContracts } from '../../layers/data/datasets/index.ts';
import type { Findings } from './findings.ts';
import { type ColumnMatch, type DatasetMatch, matchColumns } from './match.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';

/** Columns that say of a user whether he did what the experiment is about, the most telling first. */
const outcomes = [
  'converted',
  'conversion',
  'purchased',
  'bought',
  'is_converted',
  'subscribed',
  'signed_up',
  'enrolled',
  'responded',
  'clicked',
  'retention_1',
  'retention_7',
];
const yes = ['1', 'true', 'yes', 'y', 't'];
const no = ['0', 'false', 'no', 'n', 'f'];

export interface Derived {
  readonly matches: readonly DatasetMatch[];
  readonly findings: Partial<Findings>;
}

/**
 * Datasets that lie in the file of another one: assignments in events that name the variant, and both in a file of one row a
 * user. The same file is then read as each of them.
 */
export function deriveDatasets(matches: readonly DatasetMatch[], files: readonly FileProfile[]): Derived {
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

/** One row a user: variant, whether he converted, and perhaps his revenue and a time. */
function ofUsers(file: FileProfile, matches: readonly DatasetMatch[]): Derived | undefined {
  const assigned = matchColumns('experiment_assignments', file);
  const of = (name: string) => assigned.find(({ canonical }) => canonical.name === name);
  const [user, variant, time] = [of('user_id'), of('variant'), of('assigned_ts')];
  const outcome = outcomes
    .flatMap((name) => file.columns.filter((column) => plainName(column.name) === name))
    .find(isOutcome);
  if (user === undefined || variant === undefined || outcome === undefined) return undefined;
  if (user.column.distinct < 0.95 * user.column.filled) return undefined;
  const because = 'one row a user: variant and outcome';
  const revenue = matchColumns('events', file).filter(({ canonical }) => canonical.name === 'revenue');
  const values = Object.fromEntries(
    outcome.values.map(({ value }) => [value, yes.includes(value.toLowerCase()) ? 'purchase' : 'nothing']),
  );
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
          as('user_id', user.column, because),
          ...assigned.filter(({ canonical }) => canonical.name === 'experiment_id'),
          variant,
          ...timed('experiment_assignments', 'assigned_ts'),
        ],
        missing: [
          ...(of('experiment_id') === undefined
            ? [contractOf('experiment_assignments', 'experiment_id')]
            : []),
          ...others('experiment_assignments', 'assigned_ts'),
        ],
        confidence: 'likely',
        because,
      },
      {
        dataset: 'events',
        file,
        columns: [
          as('event_id', user.column, because, 'events'),
          as('user_id', user.column, because, 'events'),
          { ...as('event_name', outcome, because, 'events'), values },
          ...timed('events', 'event_ts'),
          ...revenue,
        ],
        missing: others('events', 'event_ts'),
        confidence: 'likely',
        because,
        isOutcome: true,
      },
    ],
    findings: {
      guesses: [
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
      ],
    },
  };
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
