import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UsageError } from '../../layers/platform/errors.ts';
import { jsonText, type ObjectStore } from '../../layers/platform/object-store.ts';
import type { DropManifest } from '../../layers/runs/documents.ts';
import { dropConfigName, dropPrefix, manifestName } from '../../layers/runs/keys.ts';
import { type Connection, targetConfig } from './connection.ts';
import { dropConfig } from './drop-config.ts';
import { type DropFile, localFolder, readDropFolder, requireFolder } from './drop-folder.ts';
import { checkDropName } from './drop-name.ts';
import { unusedFiles } from './unused-files.ts';

export interface DropSource {
  readonly folder: string;
  readonly drop: string;
  /** A configuration to use in place of the folder's experiment.yaml. */
  readonly configFile?: string | undefined;
}

/** A drop that has been read and checked, but not uploaded. */
export interface PreparedDrop {
  readonly drop: string;
  readonly files: readonly DropFile[];
  /** What the folder holds besides: see unusedFiles. */
  readonly unused: readonly string[];
}

export interface Upload {
  readonly drop: string;
  readonly files: readonly DropFile[];
  readonly bytes: number;
  /** Entity tag of the manifest: the gate's answer to this upload carries it. */
  readonly manifestEtag: string;
}

/**
 * Finds the files of a drop and validates its configuration before anything is uploaded.
 * @throws UsageError for a folder or a drop name that cannot work, ConfigError for a mistake in the configuration
 */
export async function prepareDrop({ folder, drop, configFile }: DropSource): Promise<PreparedDrop> {
  checkDropName(drop);
  await requireFolder(folder);
  const target = targetConfig();
  const { config, named } = await dropConfig(folder, configFile);
  const files = await readDropFolder(localFolder(folder), drop, config.raw, target.raw, named);
  const unused = await unusedFiles(folder, files);
  if (configFile === undefined) return { drop, files, unused };
  const { length: size } = await readFile(configFile);
  const own = { kind: 'config', file: configFile, key: dropPrefix(drop) + dropConfigName, size } as const;
  return { drop, files: [...files.filter(({ kind }) => kind !== 'config'), own], unused };
}

/** Uploads the files, then the manifest that names them: the gate starts the drop when it sees that. */
export async function upload(
  { raw }: Connection,
  { drop, files }: Pick<PreparedDrop, 'drop' | 'files'>,
  onFile: (file: DropFile) => void = () => {},
): Promise<Upload> {
  const stored: StoredFile[] = [];
  for (const file of files) {
    await raw.uploadFrom(file.file, file.key);
    stored.push(await checkStored(raw, file));
    onFile(file);
  }
  const manifestEtag = await completeUpload(raw, drop, stored);
  return { drop, files, bytes: files.reduce((sum, { size }) => sum + size, 0), manifestEtag };
}

export type StoredFile = DropManifest['files'][number];

/**
 * The file as the bucket has it.
 * @throws UsageError where it is another than the one that was read
 */
export async function checkStored(
  raw: ObjectStore,
  { file, key, size, etag }: Pick<DropFile, 'file' | 'key' | 'size'> & { readonly etag?: string },
): Promise<StoredFile> {
  const stored = await raw.head(key);
  if (stored?.size === size && (etag === undefined || etag === stored.etag)) {
    return { key, etag: stored.etag, size };
  }
  throw new UsageError({
    what: 'the file changed while it was uploaded',
    where: file,
    remedy: 'Upload again when nothing writes to it',
  });
}

/** Writes the manifest that completes a drop, and returns its entity tag. */
export async function completeUpload(
  raw: ObjectStore,
  drop: string,
  files: readonly StoredFile[],
): Promise<string> {
  const manifest: DropManifest = {
    schemaVersion: 1,
    files: [...files],
    asOf: null,
    uploadId: randomUUID(),
  };
  const key = dropPrefix(drop) + manifestName;
  await raw.put(key, jsonText(manifest), 'application/json');
  return (await raw.head(key))?.etag ?? '';
}
