import type { Config } from '../../layers/contracts/config.ts';
import { DataError } from '../../layers/contracts/errors/index.ts';
import { excludedUsersName } from '../../layers/contracts/keys.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { literalList, renderSql } from '../../layers/storage/sql.ts';
import listedUsersSql from './listed-users.sql';

/**
 * Makes the table `listed_users` of the files with ids to leave out, one a line, a first line `user_id` allowed.
 * @throws DataError where a line is no id
 */
export async function readListedUsers(
  db: Database,
  files: readonly string[],
  idType: Config['id_type'],
): Promise<void> {
  const type = idType === 'bigint' ? 'BIGINT' : 'VARCHAR';
  if (files.length === 0) {
    await db.run(`CREATE TABLE listed_users (user_id ${type})`);
    return;
  }
  await db.run(renderSql(listedUsersSql, { files: literalList(files), type }));
  const [bad] = await db.query<{ text: string }>(
    'SELECT "text" FROM listed_users WHERE user_id IS NULL ORDER BY ALL LIMIT 1',
  );
  if (bad === undefined) return;
  throw new DataError({
    what: `"${bad.text}" is no id of a user (id_type: ${idType})`,
    where: excludedUsersName,
    remedy: 'List one id a line, nothing else',
  });
}
