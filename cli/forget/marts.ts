import type pg from 'pg';
import { withPostgres } from '../../layers/platform/postgres.ts';
import { forget as dropTables } from '../../layers/runs/load/left-tables.ts';
import { martNames } from '../../layers/runs/mart-tables.ts';
import { pruneRuns, readPublished } from '../../layers/runs/publish/published.ts';
import { databaseUrlOfTarget } from '../pipeline/database-url.ts';
import { isTelling, type SearchedFile } from './proof.ts';

/** Rows of both marts, by the run of a drop. */
export function loadedRows(drop: string): Promise<ReadonlyMap<string, number>> {
  return withMarts(async (client) => {
    const counts = martNames.map(
      (mart) => `(select count(*) from ${mart} where ${mart}.run_id = run.run_id)`,
    );
    const { rows } = await client.query<{ run_id: string; rows: string }>(
      `select run_id, ${counts.join(' + ')} as rows from run where drop_name = $1`,
      [drop],
    );
    return new Map(rows.map((row) => [row.run_id, Number(row.rows)]));
  });
}

/** The run that the database shows of a drop. */
export function publishedInMarts(drop: string): Promise<string | undefined> {
  return withMarts(async (client) => (await readPublished(client, drop))?.runId);
}

/**
 * Removes all runs of a drop but one, with what loads of them that were killed left.
 * @returns those that a reader holds, and that stay
 */
export function dropOtherRuns(
  drop: string,
  kept: string,
  others: readonly string[],
): Promise<readonly string[]> {
  return withMarts(async (client) => {
    const { held } = await pruneRuns(client, drop, 0, kept);
    for (const runId of others) if (!held.includes(runId)) await dropTables(client, runId);
    return held;
  });
}

/** Searches the rows of a drop for an id: the column of users, and all others as text where the id is telling. */
export function searchMarts(drop: string, id: string): Promise<SearchedFile[]> {
  const isText = isTelling(id);
  return withMarts(async (client) => {
    const searched: SearchedFile[] = [];
    for (const mart of martNames) {
      const { rows } = await client.query<{ found: string }>(
        `select count(*) as found from ${mart} as mart
         where run_id in (select run_id from run where drop_name = $1)
           and (user_id = $2 or ($3 and position(lower($2) in lower(mart::text)) > 0))`,
        [drop, id, isText],
      );
      const how: SearchedFile['searched'] = isText ? ['columns', 'text'] : ['columns'];
      searched.push({ file: `table ${mart}`, searched: how, found: Number(rows[0]?.found ?? 0) });
    }
    return searched;
  });
}

/** Marts may have many millions of rows. */
const statementSeconds = 600;

async function withMarts<Answer>(work: (client: pg.Client) => Promise<Answer>): Promise<Answer> {
  return withPostgres(
    await databaseUrlOfTarget(),
    { applicationName: 'ecom forget', statementSeconds },
    work,
  );
}
