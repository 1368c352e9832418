import { isNameOf } from '../../layers/data/column-words.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { DatasetMatch } from './match.ts';
import { numberOf } from './numbering.ts';
import type { ColumnProfile } from './profile.ts';

/** Of more users in several arms than this share no run makes a verdict, unless the configuration says so. */
const mostCrossovers = 0.1;

/** @throws UsageError where so many users have visits in several arms that it must have been the visits which were assigned */
export async function refuseAssignedVisits(
  database: Database,
  matches: readonly DatasetMatch[],
): Promise<void> {
  const match = matches.find(
    ({ dataset, hasVisits }) => hasVisits === true && dataset === 'experiment_assignments',
  );
  const [user, variant] = ['user_id', 'variant'].map(
    (name) => match?.columns.find(({ canonical }) => canonical.name === name)?.column.name,
  );
  if (match === undefined || user === undefined || variant === undefined) return;
  const { file } = match;
  const cell = (name: string) => `c${file.header.indexOf(name)}`;
  const found = await database.row<{ users: string; several: string }>(`
    SELECT count(*) AS users, count(*) FILTER (arms > 1) AS several
    FROM (SELECT count(DISTINCT ${cell(variant)}) AS arms FROM ${file.records} GROUP BY ${cell(user)})`);
  const [users, several] = [Number(found.users), Number(found.several)];
  if (several <= mostCrossovers * users) return;
  const isUnit = ({ distinct, filled }: ColumnProfile) => filled === file.rows && distinct >= 0.95 * filled;
  const sessions = file.columns.filter(({ name }) => isNameOf('session_id', name));
  const visit = sessions.find(isUnit) ?? numberOf(file);
  throw new UsageError({
    what: `${formatCount(several)} of the ${formatCount(users)} values of "${user}" have rows in several arms: "${variant}" was drawn for each visit, not for each user, so that users cannot be compared`,
    where: file.name,
    remedy: `Export the arm that each user was assigned to${
      visit === undefined
        ? ''
        : `. Or take visits for the units, as if no user had two, which makes differences look surer than they are: --user ${visit.name}`
    }`,
  });
}
