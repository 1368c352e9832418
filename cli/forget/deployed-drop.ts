import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Config, fileNamesOf } from '../../layers/experiment/config.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import type { StoredObject } from '../../layers/platform/object-store.ts';
import { listVersions, type ObjectVersion } from '../../layers/platform/s3-versions.ts';
import {
  areas,
  defaultDrop,
  dropPrefix,
  isDropFile,
  parseRawKey,
  partsFolder,
} from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import type { Connection } from '../pipeline/connection.ts';
import { dropConfig } from '../pipeline/drop-config.ts';
import type { DropFile } from '../pipeline/drop-folder.ts';
import { objectsByRun, type RunObjects } from '../prune/choose.ts';
import { refuseOtherForms } from './own-files.ts';

/** A file of a drop as its bucket has it, and its copy on this machine. */
export interface CopiedFile extends DropFile {
  readonly etag: string;
  /** Whether it is another than the one that the drop's newest run read. */
  readonly isReplaced: boolean;
}

/** What a drop of the deployed pipeline consists of now. */
export interface CurrentDrop {
  readonly drop: string;
  /** What its keys hold. */
  readonly objects: readonly ObjectVersion[];
  /** The files of its newest upload. */
  readonly files: readonly CopiedFile[];
  /** Data files that are there as well, and that the newest upload left out. */
  readonly left: readonly CopiedFile[];
  readonly config: Config;
}

/** Every version of every key of a drop, and the marks of deletions. */
export async function versionsOf({ raw, config }: Connection, drop: string): Promise<ObjectVersion[]> {
  const prefix = dropPrefix(drop);
  if (drop !== defaultDrop) return listVersions(raw, prefix);
  // The folders of other drops lie below that of the default drop.
  const folders = Object.values(fileNamesOf(config.raw)).map((name) => prefix + partsFolder(name));
  const found = await Promise.all(
    [prefix, ...folders].map((folder) => listVersions(raw, folder, { level: true })),
  );
  return found.flat();
}

/** Whether it is what the key holds now. */
export function isCurrent({ isLatest, isMarker }: ObjectVersion): boolean {
  return isLatest && !isMarker;
}

/**
 * Copies the files that a drop holds now into a folder.
 * @throws UsageError where the drop had no run, lacks a file of its newest upload, or holds files that are no CSV
 */
export async function copyDrop(connection: Connection, drop: string, folder: string): Promise<CurrentDrop> {
  const { raw, store, config } = connection;
  const prefix = dropPrefix(drop);
  const where = `${raw.location}/${prefix}`;
  const uploads = await store.read('uploads', drop);
  if (uploads === undefined) {
    throw new UsageError({
      what: `no run was ever started of a drop "${drop}"`,
      where,
      remedy: './ecom runs lists those that were; files that started none are yours to delete',
    });
  }
  const objects = (await versionsOf(connection, drop)).filter(isCurrent);
  refuseOtherForms(
    objects.map(({ key }) => key),
    where,
    'No run reads them: delete them, and call ecom forget again',
  );
  const tags = new Map(uploads.files.map(({ key, etag }) => [key, etag]));
  const missing = [...tags.keys()].filter((key) => !objects.some((object) => object.key === key));
  if (missing.length > 0) {
    throw new UsageError({
      what: `files of the drop's newest upload are gone: ${missing.join(', ')}`,
      where,
      remedy: 'Upload the drop again, whole, and call ecom forget again',
    });
  }
  const files: CopiedFile[] = [];
  const left: CopiedFile[] = [];
  for (const { key, versionId, etag, size } of objects) {
    const kind = parseRawKey(key, fileNamesOf(config.raw))?.kind;
    const isOfUpload = tags.has(key);
    // Of a configuration that nothing is read by no more is to be known than that it is there.
    if (!isDropFile(kind) || (kind === 'config' && !isOfUpload)) continue;
    const file = path.join(folder, key.slice(prefix.length));
    await mkdir(path.dirname(file), { recursive: true });
    await raw.downloadTo({ key, versionId }, file);
    (isOfUpload ? files : left).push({ kind, file, key, size, etag, isReplaced: tags.get(key) !== etag });
  }
  return { drop, objects, files, left, config: (await dropConfig(folder, undefined)).config };
}

/** Whose objects those in the processed bucket are. */
export interface StoredRuns {
  readonly own: readonly RunObjects[];
  /** Those of which no drop is known. */
  readonly unknown: readonly RunObjects[];
}

/** The runs of a drop, by the order of uploads and by what each run has left: its inputs, else its report. */
export async function runsOf(
  store: RunStore,
  drop: string,
  objects: readonly StoredObject[],
): Promise<StoredRuns> {
  const known = new Map<string, string>();
  const drops = await store.processed.folders(areas.gate);
  const uploads = await Promise.all(drops.map((name) => store.read('uploads', name)));
  for (const order of uploads) for (const { runId } of order?.runs ?? []) known.set(runId, order?.drop ?? '');
  const runs = await Promise.all(
    objectsByRun(objects).map(async (run) => {
      return { run, of: known.get(run.runId) ?? (await dropOf(store, run.runId)) };
    }),
  );
  const runsWith = (name: string | undefined) => runs.filter(({ of }) => of === name).map(({ run }) => run);
  return { own: runsWith(drop), unknown: runsWith(undefined) };
}

async function dropOf(store: RunStore, runId: string): Promise<string | undefined> {
  const inputs = await store.readReplaceable('inputs', runId);
  if (inputs?.value !== undefined) return inputs.value.drop;
  return (await store.readReplaceable('report', runId))?.value?.run.drop;
}
