import { randomUUID } from 'node:crypto';
import { UsageError } from '../../layers/platform/errors.ts';
import { jsonText, type ObjectStore } from '../../layers/platform/object-store.ts';
import type { DropManifest } from '../../layers/runs/documents.ts';
import { dropPrefix, manifestName } from '../../layers/runs/keys.ts';
import type { Connection } from './connection.ts';
import type { DropFile } from './drop-folder.ts';
import type { PreparedDrop } from './prepare-drop.ts';

export interface Upload {
  readonly drop: string;
  readonly files: readonly DropFile[];
  readonly bytes: number;
  /** Entity tag of the manifest: the gate's answer to this upload carries it. */
  readonly manifestEtag: string;
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

/**
 * Writes the manifest that completes a drop, and returns its entity tag.
 * @param asOf up to when the data are complete, where that is known
 */
export async function completeUpload(
  raw: ObjectStore,
  drop: string,
  files: readonly StoredFile[],
  asOf: DropManifest['asOf'] = null,
): Promise<string> {
  const manifest: DropManifest = {
    schemaVersion: 1,
    files: [...files],
    asOf,
    uploadId: randomUUID(),
  };
  const key = dropPrefix(drop) + manifestName;
  await raw.put(key, jsonText(manifest), 'application/json');
  return (await raw.head(key))?.etag ?? '';
}
