import { readListedUsers } from '../../layers/engine/stage/listed-users.ts';
import { PipelineError } from '../../layers/platform/errors.ts';
import { literalList } from '../../layers/platform/sql.ts';
import { counted } from '../terminal.ts';
import { type Check, passed } from './check.ts';
import type { DryRun } from './dry-run.ts';

/**
 * Whether the users to leave out can be read as a run reads them, and whether anybody has their ids.
 * @param names the user's names of the lists
 */
export async function checkExcludedUsers(run: DryRun, names: readonly string[]): Promise<Check[]> {
  const [name] = names;
  if (name === undefined) return [];
  const about = (count: number, finding: string): Check => ({
    ...passed('experiment_assignments', 'excluded_users', count, finding),
    column: 'user_id',
  });
  const { database, plan, workspace } = run;
  try {
    const lists = names.map((list) => ({ file: run.pathOf(list), name: list }));
    await readListedUsers(database, lists, plan.config.id_type, workspace);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const { what, where = name, remedy = null } = error.fault;
    return [{ ...about(1, what), status: 'fail', example: where, remedy }];
  }
  const idsOf = async (dataset: 'experiment_assignments' | 'users' | 'events') => {
    const files = await run.objects('staged', `${dataset}/`);
    return files.length === 0
      ? 'SELECT user_id FROM listed_users WHERE false'
      : `SELECT DISTINCT user_id FROM read_parquet(${literalList(files)}, union_by_name = true)`;
  };
  const { listed, assigned, unknown, example } = await database.row<{
    listed: string;
    assigned: string;
    unknown: string;
    example: string | null;
  }>(`
    WITH assigned AS (${await idsOf('experiment_assignments')}),
      known AS (FROM assigned UNION ${await idsOf('users')} UNION ${await idsOf('events')})
    SELECT count(*) AS listed, count(a.user_id) AS assigned, count(*) FILTER (k.user_id IS NULL) AS unknown,
      CAST(min(l.user_id) FILTER (k.user_id IS NULL) AS VARCHAR) AS example
    FROM listed_users l
    LEFT JOIN known k ON k.user_id = l.user_id
    LEFT JOIN assigned a ON a.user_id = l.user_id`);
  const finding = `${counted(Number(listed), 'user')} to leave out, ${assigned} of them assigned`;
  if (unknown === '0') return [about(Number(listed), finding)];
  return [
    {
      ...about(Number(unknown), `${finding}; no file has ${unknown} of them, such as "${example}"`),
      status: 'warn',
      example: name,
      remedy: 'Check that the list is of the same ids as user_id in the other files',
    },
  ];
}
