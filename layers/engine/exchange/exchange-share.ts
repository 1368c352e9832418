import path from 'node:path';
import type { Database } from '../../platform/duckdb.ts';
import { literalList, renderSql } from '../../platform/sql.ts';
import type { ExchangeResult } from '../../runs/documents.ts';
import { idShare } from '../buckets.ts';
import { rowOfFile } from '../clean/staged-rows.ts';
import conflictsSql from './conflicts.sql';
import eventsOfSessionsSql from './events-of-sessions.sql';
import type { ExchangedKind, SharedKind } from './kinds.ts';
import { type PackedShares, packShares } from './packed-shares.ts';
import sessionsElsewhereSql from './sessions-elsewhere.sql';

/** Local files of one share, of every chunk that has rows in it. */
export type ShareFiles = Readonly<Record<SharedKind, readonly string[]>>;

/** What buckets are told, each piece for the bucket of its place; of `conflicts` a last one for every bucket. */
export interface ExchangedShare {
  readonly packed: readonly (PackedShares & { readonly kind: ExchangedKind })[];
  readonly result: ExchangeResult;
}

/** Finds, in one share of the ids, sessions and events that concern users of several buckets. */
export async function exchangeShare(
  db: Database,
  options: { readonly files: ShareFiles; readonly buckets: number; readonly folder: string },
): Promise<ExchangedShare> {
  const { files, buckets, folder } = options;
  const packed: (PackedShares & { kind: ExchangedKind })[] = [];
  const send = async (kind: ExchangedKind, query: string, order: string, shares = buckets) => {
    const file = path.join(folder, `${kind}.shares`);
    const found = await packShares(db, query, { order, shares, file });
    if (found !== undefined) packed.push({ kind, ...found });
    return found?.rows ?? 0;
  };
  const result = { sessions: 0, events: 0, conflicts: 0 };
  for (const kind of ['session_users', 'session_references', 'userless_events', 'event_ids'] as const) {
    if (files[kind].length > 0) await db.run(`CREATE VIEW ${kind} AS ${rowsOf(kind, files[kind])}`);
  }
  const hasSessions = files.session_users.length > 0;
  if (hasSessions) {
    if (files.session_references.length === 0)
      await db.run(
        'CREATE VIEW session_references AS SELECT session_id, _bucket FROM session_users WHERE false',
      );
    await db.run(sessionsElsewhereSql);
    result.sessions = await send('sessions_elsewhere', 'FROM sessions_elsewhere', 'session_id');
  }
  if (files.userless_events.length > 0) {
    if (!hasSessions) await db.run(`CREATE VIEW session_places AS ${noPlaces}`);
    const nobodys = idShare('event.event_id', buckets);
    result.events = await send('events_of_sessions', renderSql(eventsOfSessionsSql, { nobodys }), '_row');
  }
  if (files.event_ids.length > 0) {
    await db.run(renderSql(conflictsSql, { every_bucket: String(buckets) }));
    result.conflicts = await send('conflicts', 'FROM conflicts', '_row', buckets + 1);
  }
  return { packed, result };
}

/** Of this share no session is there. */
const noPlaces = `
  SELECT session_id, CAST(NULL AS INTEGER) AS _bucket, session_id AS first_user, session_id AS last_user
  FROM userless_events WHERE false`;

function rowsOf(kind: SharedKind, files: readonly string[]): string {
  if (kind === 'session_references') return `FROM read_parquet(${literalList(files)})`;
  return `
    SELECT * EXCLUDE (filename), ${rowOfFile} AS _row
    FROM read_parquet(${literalList(files)}, filename = true)`;
}
