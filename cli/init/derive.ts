import { requiredDatasets } from '../../layers/data/datasets/index.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { as, contractOf, type Derived } from './derived.ts';
import { type DatasetMatch, matchColumns } from './match.ts';
import type { FileProfile } from './profile.ts';
import { ofUsers, type RowAnswers } from './user-rows.ts';

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
