import { columnName } from '../../layers/data/column-binding.ts';
import { plainName } from '../../layers/data/column-words.ts';
import {
  type DatasetName,
  datasetContracts,
  datasetNames,
  requiredDatasets,
} from '../../layers/data/datasets/index.ts';
import type { Config } from '../../layers/experiment/config.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { formatCount, formatPercent } from '../../layers/report/format.ts';
import { excludedUsersName } from '../../layers/runs/keys.ts';
import { counted } from '../terminal.ts';
import { deriveDatasets } from './derive.ts';
import { guessEvents } from './events.ts';
import type { Findings, Guess, Question } from './findings.ts';
import { confidenceOf, type DatasetMatch, matchDatasets } from './match.ts';
import { deriveOrders, isOfOrders } from './orders.ts';
import { guessPersonal, looksPersonal } from './personal.ts';
import { remarkPresets } from './presets.ts';
import { countVariants, type FileProfile, type FolderProfile, type UnreadableFile } from './profile.ts';
import { refuseKnownShapes } from './refusals.ts';
import { countUsers, findSummary } from './summary.ts';
import type { RowAnswers } from './user-rows.ts';
import { askForRevenue, remarkSpelling, remarkZones, writingOf } from './values.ts';
import { refuseAssignedVisits } from './visits.ts';
import { controlWords, tellingControls } from './vocabulary.ts';

/** Reads the configuration out of the profiles of a folder's files, as far as it differs from `base`. */
export async function guess(
  database: Database,
  { files, unreadable, exports }: FolderProfile,
  base: Config,
  answers: RowAnswers = {},
): Promise<Findings> {
  const own = files.filter(({ name }) => name !== excludedUsersName);
  // Whoever says which columns are the arm and the outcome has a row a user.
  const isOrders = (file: FileProfile) => answers.variant === undefined && isOfOrders(file);
  const others = own.filter((file) => !isOrders(file));
  const { matches, findings: derived } = await deriveOrders(
    database,
    deriveDatasets(matchDatasets(others), others, answers),
    own.filter(isOrders),
  );
  await refuseAssignedVisits(database, matches);
  const isOfUsers = requiredDatasets.every((dataset) => matches.some((match) => match.dataset === dataset));
  const summary = isOfUsers ? undefined : await findSummary(database, own);
  if (!isOfUsers && summary === undefined) refuseKnownShapes(own, matches);
  if (summary !== undefined) {
    const {
      guesses = [],
      questions = [],
      remarks = [],
    } = tellExperiments(await countUsers(database, summary));
    const unused = own.filter(({ name }) => name !== summary.file.name);
    return {
      guesses: [...summary.guesses, ...guesses],
      questions,
      remarks: [
        ...remarks,
        'Sums by arm have no users: ecom analyze reads them, and the report says what they cannot tell.',
        ...unused.map(({ name }) => `${name} is not used.`),
      ],
    };
  }
  const found = [
    guessFiles(matches, files, unreadable),
    remarkExports(exports),
    remarkPresets(files),
    remarkSpelling(matches, files),
    remarkZones(matches),
    guessIdType(matches),
    guessColumns(matches, base),
    guessPersonal(matches),
    await guessEventIds(database, matches),
    askForRevenue(matches),
    guessEvents(matches, base),
    await guessExperiments(database, matches),
    derived,
  ];
  return {
    guesses: found.flatMap(({ guesses = [] }) => guesses),
    questions: found.flatMap(({ questions = [] }) => questions),
    remarks: found.flatMap(({ remarks = [] }) => remarks),
  };
}

function guessFiles(
  matches: readonly DatasetMatch[],
  files: readonly FileProfile[],
  unreadable: readonly UnreadableFile[],
): Partial<Findings> {
  const guesses: Guess[] = [];
  const questions: Question[] = [];
  const remarks = unreadable.map(
    ({ name, problem, remedy }) =>
      `${name} cannot be read: ${[problem, remedy].filter((text) => text !== null).join('. ')}.`,
  );
  for (const dataset of datasetNames) {
    const match = matches.find((candidate) => candidate.dataset === dataset);
    const path = ['raw', dataset];
    if (match === undefined) {
      questions.push({
        path,
        example: 'your-file.csv',
        because: requiredDatasets.includes(dataset)
          ? `no file looks like ${dataset}, without which there is no analysis`
          : `no file looks like ${dataset}: metrics, checks and segments that need them are unavailable`,
      });
    } else if (/^[^./\\*][^/\\*]*\.(csv|tsv)$/.test(match.file.name)) {
      guesses.push({ path, value: match.file.name, confidence: match.confidence, because: match.because });
    } else {
      questions.push({
        path,
        example: `${plainName(match.file.name.replace(/\.(csv|tsv)$/i, ''))}.csv`,
        because: `"${match.file.name}" looks like ${dataset}: rename it, a file name has no "*" and no "\\", does not begin with ".", and ends in .csv or .tsv`,
      });
    }
  }
  for (const { name, rows, complete } of files) {
    if (rows === 0) remarks.push(`${name} has no rows.`);
    else if (!complete) remarks.push(`Of ${name} the first ${counted(rows, 'row')} were looked at.`);
    if (matches.some(({ file }) => file.name === name)) continue;
    if (name === excludedUsersName) {
      remarks.push(`${name} (${counted(rows, 'row')}) is used: its users are left out.`);
      continue;
    }
    const twin = matches.find(
      ({ file }) =>
        file.columns.map((c) => c.name).join() ===
        files
          .find((f) => f.name === name)
          ?.columns.map((c) => c.name)
          .join(),
    );
    remarks.push(
      twin === undefined
        ? `${name} is not used.`
        : `${name} has the columns of ${twin.file.name}: to use both, put them into a folder ${twin.file.name.replace(/\.(csv|tsv)$/, '')}/.`,
    );
  }
  return { guesses, questions, remarks };
}

function remarkExports(exports: readonly string[]): Partial<Findings> {
  if (exports.length === 0) return {};
  return {
    remarks: [
      `The folders ${exports.join(', ')} hold files of several kinds and are left aside: each is a drop of its own.`,
    ],
  };
}

function guessIdType(matches: readonly DatasetMatch[]): Partial<Findings> {
  const ids = matches.flatMap(({ dataset, columns }) =>
    columns.filter(({ canonical }) => canonical.type === 'id').map((match) => ({ ...match, dataset })),
  );
  if (ids.length === 0) return {};
  const others = ids.filter(({ column }) => column.integers < (1 - mistakenIds) * column.filled);
  const [text] = others;
  const mixed = others.find(({ column }) => column.integers > mistakenIds * column.filled);
  const told = ({ dataset, column }: (typeof ids)[number]) => `${dataset}.${column.name}`;
  return {
    guesses: [
      {
        path: ['id_type'],
        value: text === undefined ? 'bigint' : mixed === undefined ? 'string' : 'auto',
        confidence: 'sure',
        because:
          text === undefined
            ? 'all ids are whole numbers'
            : mixed === undefined
              ? `${told(text)} has other values than whole numbers`
              : `${told(mixed)} has whole numbers and others`,
      },
    ],
  };
}

/** Up to this share, which a run would set aside, ids of another kind are mistakes. */
const mistakenIds = 0.05;

function guessColumns(matches: readonly DatasetMatch[], base: Config): Partial<Findings> {
  const guesses: Guess[] = [];
  const questions: Question[] = [];
  const remarks: string[] = [];
  const firstDay = firstDayOf(matches);
  for (const { dataset, file, columns, missing, isOutcome, isNumbered } of matches) {
    for (const match of columns) {
      const { canonical, column, score, because, values, json } = match;
      const writing = writingOf(match);
      if (json !== undefined) {
        const value = { column: column.name, json };
        guesses.push({
          path: ['schema', dataset, canonical.name],
          value,
          confidence: confidenceOf(score),
          because,
        });
        continue;
      }
      if (values !== undefined) {
        guesses.push({
          path: ['schema', dataset, canonical.name],
          value: { column: column.name, values },
          confidence: confidenceOf(score),
          because,
        });
        continue;
      }
      if (writing === undefined) {
        if (isFoundAnyway(dataset, canonical.name, column.name, file, base)) continue;
        guesses.push({
          path: ['schema', dataset, canonical.name],
          value: column.name,
          confidence: confidenceOf(score + (score >= 0.9 ? 0.05 : 0)),
          because,
        });
        continue;
      }
      guesses.push({
        path: ['schema', dataset, canonical.name],
        value: { column: column.name, ...writing.reading },
        confidence: writing.doubt === null && score >= 0.7 ? 'likely' : 'guess',
        because: [because, writing.because, writing.doubt].filter((text) => text !== null).join('; '),
      });
    }
    for (const { name } of missing) {
      const path = ['schema', dataset, name];
      if (name === 'experiment_id') {
        guesses.push({
          path,
          value: { constant: plainName(file.name.replace(/\.(csv|tsv)$/i, '')) },
          confidence: 'guess',
          because: 'no column names the experiment: all rows count as one of this name',
        });
        continue;
      }
      if (name === 'assigned_ts' || (name === 'event_ts' && isOutcome)) {
        guesses.push({
          path,
          value: { constant: firstDay },
          confidence: 'guess',
          because:
            name === 'event_ts'
              ? 'the file has no times: all is of one day'
              : 'no column says when a user was assigned: all count from the first day on',
        });
        continue;
      }
      if (name === 'event_id' && dataset === 'events' && hasParts(columns)) continue;
      const others = file.columns
        .map((column) => column.name)
        .filter((o) => !columns.some((c) => c.column.name === o));
      questions.push({
        path,
        example: '<its name in the file>',
        because: `required, but no column of ${file.name} looks like it${others.length > 0 ? `; it has ${others.join(', ')} besides` : ''}${name === 'event_id' ? '. Without one: event_id: { line_number: true }, see docs/own-data.md#recipes-names' : ''}`,
      });
    }
    const names = (canonical: string) => columns.some((found) => found.canonical.name === canonical);
    const throughSessions = names('session_id') && matches.some((other) => other.dataset === 'sessions');
    if (dataset === 'events' && !names('user_id') && !throughSessions && !isNumbered) {
      questions.push({
        path: ['schema', 'events', 'user_id'],
        example: '<its name in the file>',
        because: `no column of ${file.name} looks like the user, nor like a session of a user`,
      });
    }
    const absent = datasetContracts[dataset].columns
      .filter(
        ({ name, presence }) =>
          presence === 'optional' && name !== 'revenue' && !columns.some((c) => c.canonical.name === name),
      )
      .map(({ name }) => name);
    if (absent.length > 0)
      remarks.push(`${dataset}: no column looks like the optional ${absent.join(', ')}.`);
    if (datasetContracts[dataset].keepsOtherColumns && dataset === 'users') {
      const segments = file.columns.filter(
        (column) =>
          column.filled > 0 &&
          column.distinct >= 2 &&
          column.distinct <= 20 &&
          !looksPersonal(column) &&
          !columns.some((c) => c.column.name === column.name),
      );
      if (segments.length > 0)
        remarks.push(
          `users: ${segments.map(({ name }) => columnName(name)).join(', ')} may serve as segments (experiments."*".segments).`,
        );
    }
  }
  return { guesses, questions, remarks };
}

/** Whether an event's user and time are known, which an id can be made of. */
function hasParts(columns: DatasetMatch['columns']): boolean {
  return (
    columns.filter(({ canonical }) => ['user_id', 'session_id', 'event_ts'].includes(canonical.name)).length >
    1
  );
}

/** Where events have no id, the columns that together tell them apart: exact repeats of all of them are one event. */
async function guessEventIds(
  database: Database,
  matches: readonly DatasetMatch[],
): Promise<Partial<Findings>> {
  const match = matches.find(({ dataset }) => dataset === 'events');
  if (match === undefined || !match.missing.some(({ name }) => name === 'event_id')) return {};
  if (!hasParts(match.columns)) return {};
  const { file, columns } = match;
  const order = ['user_id', 'session_id', 'event_ts', 'event_name', 'order_id', 'product_id', 'revenue'];
  const names = order.flatMap((name) =>
    columns
      .filter(({ canonical, column }) => canonical.name === name && column.filled > 0)
      .map(({ column }) => column.name),
  );
  const [first, ...others] = names;
  if (first === undefined || others.length === 0) return {};
  const counts = await database.row<Record<string, string>>(
    `SELECT count(*) AS rows, ${names
      .map(
        (_, index) =>
          `count(DISTINCT (${names
            .slice(0, index + 1)
            .map((name) => `coalesce(c${file.header.indexOf(name)}, '')`)
            .join(', ')}, '')) AS n${index}`,
      )
      .join(', ')} FROM ${file.records}`,
  );
  const most = Number(counts[`n${names.length - 1}`]);
  const needed = names.findIndex((_, index) => Number(counts[`n${index}`]) === most);
  const parts = others.slice(0, Math.max(needed, 1));
  const repeats = Number(counts.rows) - most;
  return {
    guesses: [
      {
        path: ['schema', 'events', 'event_id'],
        value: { column: first, with: parts },
        confidence: 'guess',
        because: `no column is an id of the event; these together tell ${formatCount(most)} of ${counted(Number(counts.rows), 'row')} apart${repeats === 0 ? '' : ', and the others count as repetitions'}`,
      },
      ...(columns.some(({ canonical, column }) => canonical.type === 'id' && column.integers < column.filled)
        ? []
        : [
            {
              path: ['id_type'],
              value: 'auto',
              confidence: 'likely' as const,
              because: 'an id of several columns is a text',
            },
          ]),
    ],
  };
}

/** The first day of the events; a day before all where they do not tell. */
function firstDayOf(matches: readonly DatasetMatch[]): string {
  const events = matches.find(({ dataset }) => dataset === 'events');
  return (
    events?.columns.find(({ canonical }) => canonical.name === 'event_ts')?.column.firstDay ?? '2000-01-01'
  );
}

/** Whether the column is bound without a word in the configuration. */
function isFoundAnyway(
  dataset: DatasetName,
  canonical: string,
  column: string,
  file: FileProfile,
  base: Config,
): boolean {
  const source = base.schema[dataset][canonical] ?? canonical;
  const candidates = typeof source === 'string' ? [source] : Array.isArray(source) ? source : [];
  const plain = (name: string) => name.trim().toLowerCase();
  const first = candidates.find((name) => file.columns.some((other) => plain(other.name) === plain(name)));
  return first !== undefined && plain(first) === plain(column);
}

async function guessExperiments(
  database: Database,
  matches: readonly DatasetMatch[],
): Promise<Partial<Findings>> {
  const match = matches.find(({ dataset }) => dataset === 'experiment_assignments');
  const columnOf = (canonical: string) => match?.columns.find((c) => c.canonical.name === canonical)?.column;
  const variant = columnOf('variant');
  if (match === undefined || variant === undefined) return {};
  const counts = await countVariants(database, match.file, {
    experiment: columnOf('experiment_id')?.name,
    variant: variant.name,
  });
  const { remarks = [], ...told } = tellExperiments(counts);
  const assigned = columnOf('assigned_ts');
  const isOfDays =
    assigned !== undefined && assigned.timestamps > 0 && assigned.midnights === assigned.timestamps;
  return {
    ...told,
    remarks: [
      ...remarks,
      ...(isOfDays
        ? [`${assigned.name} has days, not times: an assignment counts from midnight (UTC) on.`]
        : []),
    ],
  };
}

/** The control of each experiment, of the rows or users of its arms. */
function tellExperiments(
  counts: readonly {
    readonly experiment: string | null;
    readonly variant: string;
    readonly rows: number;
  }[],
): Partial<Findings> {
  const experiments = [...new Set(counts.map(({ experiment }) => experiment))].map((experiment) =>
    guessControl(
      experiment,
      counts.filter((count) => count.experiment === experiment),
    ),
  );
  const remarks = experiments.map(({ remark }) => remark);
  const [first, ...others] = experiments;
  const isCommon = others.every(({ control }) => control?.value === first?.control?.value);
  const guesses = (isCommon ? experiments.slice(0, 1) : experiments).flatMap(({ name, control }) =>
    control === undefined
      ? []
      : [{ ...control, path: ['experiments', isCommon ? '*' : (name ?? '*'), 'control'] }],
  );
  const questions = experiments.flatMap(({ name, control, arms }) =>
    control === undefined
      ? [
          {
            path: ['experiments', name ?? '*', 'control'],
            example: '<its name>',
            because: `none of ${arms.join(', ')} has the name of a control`,
          },
        ]
      : [],
  );
  return { guesses, questions, remarks };
}

interface ExperimentGuess {
  readonly name: string | null;
  readonly arms: readonly string[];
  readonly control: Omit<Guess, 'path'> | undefined;
  readonly remark: string;
}

function guessControl(
  name: string | null,
  counts: readonly { readonly variant: string; readonly rows: number }[],
): ExperimentGuess {
  const total = counts.reduce((sum, { rows }) => sum + rows, 0);
  // What is hardly ever there is a mistake, not an arm.
  const arms = counts.filter(({ rows }) => rows >= 0.005 * total).map(({ variant }) => variant);
  const word = controlWords.find((candidate) => arms.some((arm) => plainName(arm) === candidate));
  const control = arms.find((arm) => plainName(arm) === word);
  const split = counts.map(
    ({ variant, rows }) => `${variant} ${formatCount(rows)} (${formatPercent(rows / total)})`,
  );
  return {
    name,
    arms,
    remark: `Assignments${name === null ? '' : ` of ${name}`}: ${split.slice(0, 8).join(', ')}. Where the arms are not meant to be equal, give their weights.`,
    control:
      control === undefined || word === undefined
        ? undefined
        : {
            value: control,
            confidence: controlWords.indexOf(word) < tellingControls ? 'sure' : 'likely',
            because: `by custom among ${arms.join(', ')}`,
          },
  };
}
