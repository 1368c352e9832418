import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { showingProgress } from '../../infrastructure/status-line.mjs';
import { fileNamesOf } from '../../layers/experiment/config.ts';
import type { ObjectRef } from '../../layers/platform/object-store.ts';
import type { S3Store } from '../../layers/platform/s3.ts';
import { isDropFile, parseRawKey, processedKeys } from '../../layers/runs/keys.ts';
import type { Connection } from '../pipeline/connection.ts';
import type { RunObjects } from '../prune/choose.ts';
import { counted, interruptible } from '../terminal.ts';
import { runsOf, versionsOf } from './deployed-drop.ts';
import { type SearchedFile, type Suspect, searchFile } from './proof.ts';
import type { Reading } from './select-rows.ts';

/** A piece of an object, or a whole one, that is searched by itself. */
interface Piece {
  readonly store: S3Store;
  readonly ref: ObjectRef;
  /** Name of its copy on this machine, by whose ending it is read. */
  readonly name: string;
  readonly kind: Suspect['own'][number]['kind'] | undefined;
}

/**
 * Searches what is left of a drop: all versions of its files, the objects of its runs and of those whose drop nobody
 * knows, and what the gate wrote of it. The objects below `work/` name runs and hold no values.
 * @param untilFound whether to look no further than the first object that has the id
 * @throws ErasureError where an object cannot be searched
 */
export async function searchObjects(
  connection: Connection,
  reading: Reading,
  id: string,
  { untilFound = false } = {},
): Promise<SearchedFile[]> {
  const pieces = await piecesLeft(connection, reading.drop);
  const folder = path.join(reading.workspace, 'object');
  await mkdir(folder, { recursive: true });
  const searched: SearchedFile[] = [];
  await interruptible('The proof is not complete: the same command again begins it anew', () =>
    showingProgress(`searching ${counted(pieces.length, 'object')} for the id`, async () => {
      for (const { store, ref, name, kind } of pieces) {
        const file = path.join(folder, name);
        await store.downloadTo(ref, file);
        const { key, versionId } = ref;
        const where = `${store.location}/${key}${versionId ? `, version ${versionId}` : ''}`;
        const own = kind === undefined ? [] : [{ kind, file, key }];
        searched.push(await searchFile(reading, { name: key, file, where, own }, id));
        await rm(file);
        if (untilFound && (searched.at(-1)?.found ?? 0) > 0) return;
      }
    }),
  );
  return searched;
}

async function piecesLeft(connection: Connection, drop: string): Promise<Piece[]> {
  const { raw, processed, config } = connection;
  const versions = (await versionsOf(connection, drop)).filter(({ isMarker }) => !isMarker);
  const objects = await processed.list('processed/');
  const { own, unknown } = await runsOf(connection.store, drop, objects);
  const gate = path.posix.dirname(processedKeys.uploads(drop));
  const answers = objects
    .map(({ key }) => key)
    .filter((key) => key.startsWith(`${gate}/`) || key === processedKeys.latest(drop));
  const ofRuns = await Promise.all([...own, ...unknown].map((run) => piecesOf(connection, run)));
  return [
    ...versions.map(({ key, versionId }) => {
      const kind = parseRawKey(key, fileNamesOf(config.raw))?.kind;
      const isData = isDropFile(kind) && kind !== 'config';
      return { ...whole(raw, key), ref: { key, versionId }, kind: isData ? kind : undefined };
    }),
    ...answers.map((key) => whole(processed, key)),
    ...ofRuns.flat(),
  ];
}

function whole(store: S3Store, key: string): Piece {
  return { store, ref: { key }, name: path.posix.basename(key), kind: undefined };
}

/** The objects of a run; each Parquet file of one that is made of several. */
export async function piecesOf(
  { processed, store }: Pick<Connection, 'processed' | 'store'>,
  { runId, keys }: RunObjects,
): Promise<Piece[]> {
  const lists = processedKeys.excludedUsers(runId, '');
  const markers = processedKeys.done(runId, 'exchange', 0).replace(/-\d+\.json$/, '-');
  const indexes = keys
    .filter((key) => key.startsWith(markers))
    .map((key) => Number.parseInt(key.slice(markers.length), 10));
  const exchanged = await Promise.all(indexes.map((index) => store.read('marker', runId, 'exchange', index)));
  const ends = new Map(
    exchanged.flatMap((marker) => marker?.outputs ?? []).map((output) => [output.key, output.ends]),
  );
  return keys.flatMap((key): readonly Piece[] => {
    const piece = whole(processed, key);
    if (key.startsWith(lists)) return [{ ...piece, kind: 'excluded_users' }];
    const cuts = ends.get(key);
    if (cuts === undefined) return [piece];
    return cuts.flatMap((end, share, all) => {
      const start = all[share - 1] ?? 0;
      return start === end ? [] : [{ ...piece, ref: { key, range: { start, end } }, name: 'share.parquet' }];
    });
  });
}
