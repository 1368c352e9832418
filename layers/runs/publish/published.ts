import pg from 'pg';
import { IncompleteError } from '../../platform/errors.ts';
import { transaction } from '../../platform/postgres.ts';
import type { Latest, PublishResult } from '../documents.ts';
import { processedKeys } from '../keys.ts';
import { martNames, partitionOf } from '../mart-tables.ts';
import publishSql from './publish.sql';

export interface Publication {
  readonly runId: string;
  readonly drop: string;
  readonly manifestKey: string;
  readonly manifestSha256: string;
}

interface PublishedRow {
  run_id: string;
  inputs_as_of: Date;
  manifest_key: string;
  published_at: Date;
}

/** What is known of a drop beside the database. */
export interface DropHistory {
  /** Whether the run was uploaded after another one; undefined where that is not known. */
  isNewerThan(other: string): Promise<boolean | undefined>;
  /** The run that `latest/<drop>.json` names. */
  latestRun(): Promise<string | undefined>;
}

/**
 * Makes a loaded run the one its drop shows: one row changes, so readers see the old run or the new one. A run that is
 * older than the one shown, or than the one that a database which was lost had shown, changes nothing.
 * @throws IncompleteError when the database does not have the run
 */
export async function publishRun(
  client: pg.Client,
  { runId, drop, manifestKey, manifestSha256 }: Publication,
  history: DropHistory,
): Promise<PublishResult> {
  const shown = await transaction(client, async () => {
    await lockDrop(client, drop);
    const before = (await readPublished(client, drop))?.runId ?? (await history.latestRun());
    const isRival = before !== undefined && before !== runId;
    const isNewer = isRival ? await history.isNewerThan(before) : undefined;
    await client.query(publishSql, [drop, runId, manifestKey, manifestSha256, isNewer ?? null]);
    return (await readPublished(client, drop))?.runId ?? (isNewer === false ? before : undefined);
  });
  if (shown === runId) return { published: true, reason: null };
  if (shown === undefined) throw notLoaded(runId);
  return { published: false, reason: `run ${shown} of a newer upload is published already` };
}

/** The run that a drop shows, as `latest/<drop>.json` tells it. */
export async function readPublished(client: pg.Client, drop: string): Promise<Latest | undefined> {
  const { rows } = await client.query<PublishedRow>(
    'select run_id, inputs_as_of, manifest_key, published_at from published where drop_name = $1',
    [drop],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    schemaVersion: 1,
    drop,
    runId: row.run_id,
    inputsAsOf: row.inputs_as_of.toISOString(),
    manifest: row.manifest_key,
    report: processedKeys.report(row.run_id, 'report.json'),
    publishedAt: row.published_at.toISOString(),
  };
}

/**
 * Drops the marts of all but the newest `keep` runs of a drop; the published run always stays, and so does `newest`, the
 * run of the newest upload, which may be about to be published.
 * Returns the runs that are gone, and those that a reader holds: the next publication tries these again.
 */
export async function pruneRuns(
  client: pg.Client,
  drop: string,
  keep: number,
  newest?: string,
): Promise<{ dropped: string[]; held: string[] }> {
  const { rows } = await client.query<{ run_id: string }>(
    `select run_id from run where drop_name = $1
     order by inputs_as_of desc, started_at desc, run_id desc
     offset $2`,
    [drop, keep],
  );
  const dropped: string[] = [];
  const held: string[] = [];
  for (const { run_id } of rows) {
    if (run_id === newest) continue;
    try {
      if (await dropRun(client, drop, run_id)) dropped.push(run_id);
    } catch (error) {
      const lockNotAvailable = '55P03';
      if (!(error instanceof pg.DatabaseError) || error.code !== lockNotAvailable) throw error;
      held.push(run_id);
    }
  }
  return { dropped, held };
}

async function dropRun(client: pg.Client, drop: string, runId: string): Promise<boolean> {
  return transaction(client, async () => {
    await lockDrop(client, drop);
    const { rowCount } = await client.query(
      `delete from run
       where run_id = $1 and not exists (select from published where published.run_id = run.run_id)`,
      [runId],
    );
    if (rowCount === 0) return false;
    await client.query('delete from loaded_part where run_id = $1', [runId]);
    // While this waits for a reader, others queue behind it: better to leave the tables for the next time.
    await client.query(`set local lock_timeout = '500ms'`);
    await client.query(`drop table ${martNames.map((mart) => partitionOf(mart, runId)).join(', ')}`);
    return true;
  });
}

async function lockDrop(client: pg.Client, drop: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`ecom publish ${drop}`]);
}

function notLoaded(runId: string): IncompleteError {
  return new IncompleteError({
    what: 'the run was loaded, but the database no longer has it: it was replaced, or dropped the run to make room',
    where: `table run, run ${runId}`,
    remedy: `Load it again: ./ecom retry ${runId}`,
  });
}
