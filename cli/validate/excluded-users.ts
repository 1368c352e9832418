import { readListedUsers, type UserList } from '../../layers/engine/stage/listed-users.ts';
import type { Config } from '../../layers/experiment/config.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { PipelineError } from '../../layers/platform/errors.ts';
import { counted } from '../terminal.ts';
import { type Check, passed } from './check.ts';

/** Whether the users to leave out can be read as a run reads them, and whether anybody has their ids. */
export async function checkExcludedUsers(
  database: Database,
  lists: readonly UserList[],
  { id_type }: Pick<Config, 'id_type'>,
  workspace: string,
): Promise<Check[]> {
  const [list] = lists;
  if (list === undefined) return [];
  const about = (count: number, finding: string): Check => ({
    ...passed('experiment_assignments', 'excluded_users', count, finding),
    column: 'user_id',
  });
  try {
    await readListedUsers(database, lists, id_type, workspace);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const { what, where = list.name, remedy = null } = error.fault;
    return [{ ...about(1, what), status: 'fail', example: where, remedy }];
  }
  const { listed, assigned, unknown, example } = await database.row<{
    listed: string;
    assigned: string;
    unknown: string;
    example: string | null;
  }>(`
    WITH known AS (
      SELECT user_id FROM staged_experiment_assignments
      UNION SELECT user_id FROM known_users
      UNION SELECT _user FROM own_events
    )
    SELECT count(*) AS listed, count(a.user_id) AS assigned, count(*) FILTER (k.user_id IS NULL) AS unknown,
      CAST(min(l.user_id) FILTER (k.user_id IS NULL) AS VARCHAR) AS example
    FROM listed_users l
    LEFT JOIN known k ON k.user_id = l.user_id
    LEFT JOIN (SELECT DISTINCT user_id FROM staged_experiment_assignments) a ON a.user_id = l.user_id`);
  const finding = `${counted(Number(listed), 'user')} to leave out, ${assigned} of them assigned`;
  if (unknown === '0') return [about(Number(listed), finding)];
  return [
    {
      ...about(Number(unknown), `${finding}; no file has ${unknown} of them, such as "${example}"`),
      status: 'warn',
      example: list.name,
      remedy: 'Check that the list is of the same ids as user_id in the other files',
    },
  ];
}
