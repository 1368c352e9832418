import { plainName } from '../../layers/data/column-words.ts';
import type { SummaryOutcome } from '../../layers/experiment/summary.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import type { Guess } from './findings.ts';
import { matchColumns } from './match.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';

const userWords =
  /^(n|users?|visitors?|unique_(users|visitors)|participants|subjects|samples?|sample_size|n_users|num_users|users_count|user_count|count|customers|recipients|impressions|views?|sessions|exposed|exposures|trials|size|nutzer|besucher)$/;
const conversionWords =
  /^(n_)?(conversions?|converted|converters|purchases?|purchasers|buyers|orders|transactions|clicks?|clickers|sign_?ups|registrations|enrollments|subscriptions|subscribed|successes|wins|responses|conv|kaeufer|bestellungen)(_count)?$/;
const meanWords = /^(mean|avg|average|m|arpu|mittelwert)$|(^|_)(mean|avg|average)($|_)/;
const varianceWords = /^(var|variance|s2|varianz)$|(^|_)(var|variance)($|_)/;
const deviationWords = /^(sd|std|stddev|stdev|sigma|s)$|(^|_)(sd|std|stddev|stdev)($|_)/;
const squaresWords = /(^|_)(sum_?sq|sumsq|ssq|squares|sum_of_squares|sum_squared|sum_sq|sum_squares)($|_)/;
const sumWords = /^(sum|total|revenue|sales|amount)$|(^|_)(sum|total)($|_)/;
const dayWords = /^(day|date|dt|datum|tag|jour|fecha)$/;

/** More rows than this are no sums. */
const manyRows = 100_000;

/** Whether a column counts users, by its name: not what was shown to them. */
export function countsUsers({ name, integers, filled }: ColumnProfile): boolean {
  const plain = plainName(name).replace(/^of_/, '');
  return (
    filled > 0 &&
    integers === filled &&
    userWords.test(plain) &&
    !/^(impressions|views?|sessions|exposures)$/.test(plain)
  );
}

/** Whether a column names the day, however it is written. */
export function isDay({ name, filled, timestamps, timeReading }: ColumnProfile): boolean {
  return (
    dayWords.test(plainName(name)) &&
    filled > 0 &&
    Math.max(timestamps, timeReading?.rows ?? 0) >= 0.95 * filled
  );
}

/** A file of sums by arm, perhaps by day, and the columns that they stand in. */
export interface SummaryMatch {
  readonly file: FileProfile;
  readonly variant: ColumnProfile;
  readonly users: ColumnProfile;
  readonly experiment: ColumnProfile | undefined;
  readonly day: ColumnProfile | undefined;
  readonly outcomes: Readonly<Record<string, SummaryOutcome>>;
  readonly guesses: readonly Guess[];
}

/** Finds the file of sums among files that have no users; undefined where none is one. */
export async function findSummary(
  database: Database,
  files: readonly FileProfile[],
): Promise<SummaryMatch | undefined> {
  for (const file of files) {
    const match = matchSummary(file);
    if (match !== undefined && (await isKey(database, match))) return match;
  }
  return undefined;
}

function matchSummary(file: FileProfile): SummaryMatch | undefined {
  const assigned = matchColumns('experiment_assignments', file);
  const of = (name: string) => assigned.find(({ canonical }) => canonical.name === name)?.column;
  const named = (words: RegExp, other?: ColumnProfile) =>
    file.columns.find((column) => column !== other && words.test(plainName(column.name)));
  const variant = of('variant');
  const users = named(userWords);
  if (variant === undefined || users === undefined || users === variant) return undefined;
  if (file.rows < 2 || file.rows > manyRows || users.integers < users.filled) return undefined;
  const outcomes = outcomesOf(named, users);
  if (Object.keys(outcomes).length === 0) return undefined;
  const day = file.columns.find(
    (column) => dayWords.test(plainName(column.name)) && column.timestamps >= 0.95 * column.filled,
  );
  const experiment = of('experiment_id');
  const because = 'a row an arm: users, and sums of what they did';
  const guess = (key: string, value: Guess['value']): Guess => ({
    path: ['summary', key],
    value,
    confidence: 'likely',
    because,
  });
  return {
    file,
    variant,
    users,
    experiment,
    day,
    outcomes,
    guesses: [
      guess('file', file.name),
      experiment === undefined
        ? {
            ...guess('experiment_id', { constant: plainName(file.name.replace(/\.(csv|tsv)$/i, '')) }),
            confidence: 'guess',
            because: 'no column names the experiment: all rows count as one of this name',
          }
        : guess('experiment_id', experiment.name),
      guess('variant', variant.name),
      guess('users', users.name),
      ...(day === undefined ? [] : [guess('day', day.name)]),
      ...Object.entries(outcomes).map(
        ([metric, outcome]): Guess => ({ ...guess('', outcome), path: ['summary', 'outcomes', metric] }),
      ),
      ...('purchase_conversion' in outcomes
        ? []
        : [
            {
              path: ['experiments', '*', 'primary'],
              value: 'revenue_per_user',
              confidence: 'likely' as const,
              because: 'the file has no conversions',
            },
          ]),
    ],
  };
}

function outcomesOf(
  named: (words: RegExp, other?: ColumnProfile) => ColumnProfile | undefined,
  users: ColumnProfile,
): Record<string, SummaryOutcome> {
  const conversions = named(conversionWords, users);
  const [mean, variance, deviation, squares] = [
    named(meanWords),
    named(varianceWords),
    named(deviationWords),
    named(squaresWords),
  ];
  const sum = named(sumWords, squares);
  const value: SummaryOutcome | undefined =
    mean !== undefined && variance !== undefined
      ? { mean: mean.name, variance: variance.name }
      : mean !== undefined && deviation !== undefined
        ? { mean: mean.name, sd: deviation.name }
        : sum !== undefined && squares !== undefined
          ? { sum: sum.name, sum_squares: squares.name }
          : undefined;
  return {
    ...(conversions !== undefined && conversions.integers === conversions.filled
      ? { purchase_conversion: { conversions: conversions.name } }
      : {}),
    ...(value === undefined ? {} : { revenue_per_user: value }),
  };
}

/** Whether arm, experiment and day tell every row from the others. */
async function isKey(
  database: Database,
  { file, variant, experiment, day }: Pick<SummaryMatch, 'file' | 'variant' | 'experiment' | 'day'>,
): Promise<boolean> {
  const cells = [variant, experiment, day].flatMap((column) =>
    column === undefined ? [] : [`c${file.header.indexOf(column.name)}`],
  );
  const { rows } = await database.row<{ rows: string }>(
    `SELECT count(*) AS rows FROM (SELECT DISTINCT ${cells.join(', ')} FROM ${file.records})`,
  );
  return Number(rows) === file.rows;
}

/** Users by experiment and arm. */
export async function countUsers(
  database: Database,
  { file, variant, experiment, users }: SummaryMatch,
): Promise<{ experiment: string | null; variant: string; rows: number }[]> {
  const cell = (column: ColumnProfile) => `trim(c${file.header.indexOf(column.name)})`;
  const found = await database.query<{ experiment: string | null; variant: string; rows: string }>(`
    SELECT ${experiment === undefined ? 'NULL' : cell(experiment)} AS experiment, ${cell(variant)} AS variant,
      sum(try_cast(${cell(users)} AS DOUBLE))::BIGINT AS rows
    FROM ${file.records} WHERE ${cell(variant)} <> '' GROUP BY 1, 2 ORDER BY experiment, rows DESC, variant`);
  return found.map((row) => ({ ...row, rows: Number(row.rows) }));
}
