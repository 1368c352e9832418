import { plainName } from '../../layers/data/column-words.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { type DatasetMatch, matchColumns } from './match.ts';
import { hasNoIds } from './numbering.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';
import { countsUsers, isDay } from './summary.ts';

/**
 * Why files that are neither assignments and events nor sums by arm suffice for no analysis, where their shape shows it.
 * @throws UsageError with what they lack
 */
export function refuseKnownShapes(files: readonly FileProfile[], matches: readonly DatasetMatch[]): void {
  refuseArmsOfDays(files);
  refuseBuyersAlone(files);
  if (matches.every(({ confidence }) => confidence === 'guess')) refuseUnnamed(files);
}

/** Files of the same columns with a row a day, which are an arm each. */
function refuseArmsOfDays(files: readonly FileProfile[]): void {
  const arms = files.filter(
    (file) =>
      hasNoIds(file) &&
      file.columns.some((column) => isDay(column) && column.distinct === file.rows) &&
      files.some((other) => other !== file && namesIn(other) === namesIn(file)),
  );
  const [first] = arms;
  if (first === undefined) return;
  const users = first.columns.find(countsUsers);
  const showings = first.columns.filter(({ name }) => showingWords.test(plainName(name)));
  const arm = first.columns.find(({ distinct }) => distinct === 1);
  throw new UsageError({
    what: `${listed(arms)} hold daily sums, each of an arm, and ${
      users === undefined
        ? `no column counts users${showings.length === 0 ? '' : `: ${quoted(showings)} ${showings.length === 1 ? 'counts' : 'count'} what was shown, to the same users again and again`}`
        : 'sums are read from one file'
    }`,
    where: listed(arms),
    remedy:
      users === undefined
        ? 'Export for each arm and day how many users it had, each once, and how many of them converted; or a row for each user'
        : `Put them under one header into one file, with a column that names the arm${arm === undefined ? '' : ` (such as "${arm.name}")`}, in place of these files`,
  });
}

/** Orders that name the arm, of users of whom nothing tells how many did not buy. */
function refuseBuyersAlone(files: readonly FileProfile[]): void {
  for (const file of files) {
    const [assigned, bought] = [matchColumns('experiment_assignments', file), matchColumns('events', file)];
    const of = (matched: typeof assigned, name: string) =>
      matched.find(({ canonical }) => canonical.name === name)?.column;
    const [variant, order] = [of(assigned, 'variant'), of(bought, 'order_id')];
    const isOfBuyers = of(bought, 'user_id') !== undefined && of(bought, 'revenue') !== undefined;
    if (variant === undefined || variant.distinct > 10 || order === undefined || !isOfBuyers) continue;
    const counts = files.find(
      (other) => other !== file && hasNoIds(other) && other.columns.some(countsUsers),
    );
    throw new UsageError({
      what: `${file.name} names the arm ("${variant.name}") of those who bought, and nothing tells which users were assigned and did not buy${
        counts === undefined ? '' : `; ${counts.name} counts users, and does not name them`
      }`,
      where: file.name,
      remedy:
        'Export who was assigned, with a row a user: user, arm, time (experiment_assignments.csv). Or, of the whole test, a row an arm: its users, each once, and how many of them bought',
    });
  }
}

/** Files of which no column is an arm or an outcome by its name. */
function refuseUnnamed(files: readonly FileProfile[]): void {
  const [file] = files.filter(({ rows }) => rows > 0).toSorted((a, b) => b.rows - a.rows);
  if (file === undefined) return;
  const few = file.columns.filter(({ distinct }) => distinct >= 2 && distinct <= 10);
  if (few.length === 0) return;
  throw new UsageError({
    what: `the columns of ${file.name} do not tell by their names which is the arm and which the outcome`,
    where: `${file.name}: ${file.header.join(', ')}`,
    remedy: `Say which they are: --variant <column> --outcome <column of yes and no, of amounts, or column=value>, and --user <column> where a user has several rows. Of few values are ${quoted(few)}`,
  });
}

/** What is counted again each time the same user sees it. */
const showingWords =
  /(^|_)(impressions?|reach|views?|page_?views|sessions|visits|exposures?|einblendungen|aufrufe)$/;

const namesIn = ({ header }: FileProfile) => header.join('\n');
const listed = (files: readonly FileProfile[]) => files.map(({ name }) => name).join(' and ');
const quoted = (columns: readonly ColumnProfile[]) => columns.map(({ name }) => `"${name}"`).join(', ');
