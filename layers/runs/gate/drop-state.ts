import type { FileNames } from '../../experiment/config.ts';
import { TransientError } from '../../platform/errors.ts';
import type { ObjectStore, StoredObject } from '../../platform/object-store.ts';
import type { RawInput } from '../documents.ts';
import { dropManifestKey } from '../drop-manifest.ts';
import { defaultDrop, dropPrefix, isDropFile, parseRawKey, partsFolder, successName } from '../keys.ts';
import type { DropFile, DropState } from './decide.ts';

/** Lists a drop and reads its manifest. */
export async function readDropState(
  raw: ObjectStore,
  drop: string,
  fileNames: FileNames,
): Promise<DropState> {
  const prefix = dropPrefix(drop);
  const objects = drop === defaultDrop ? await listDefault(raw, fileNames) : await raw.list(prefix);
  const files: DropFile[] = [];
  const unrecognised: string[] = [];
  for (const object of objects) {
    const place = parseRawKey(object.key, fileNames);
    if (place === undefined) {
      if (!object.key.endsWith('/')) unrecognised.push(object.key);
    } else if (place.drop === drop && isDropFile(place.kind)) {
      files.push({ ...object, kind: place.kind });
    }
  }

  const success = objects.find(({ key }) => key === prefix + successName);
  const listed = objects.find(({ key }) => key === dropManifestKey(drop));
  if (listed === undefined) return { drop, files, unrecognised, manifest: undefined, success };
  const stored = await raw.getTextWithEtag(listed.key);
  if (stored?.etag !== listed.etag) throw changed(listed.key);
  return { drop, files, unrecognised, manifest: { ...listed, text: stored.text }, success };
}

/** The folders of other drops lie below that of the default drop: only those of a dataset's parts are looked into. */
async function listDefault(raw: ObjectStore, fileNames: FileNames): Promise<StoredObject[]> {
  const prefix = dropPrefix(defaultDrop);
  const folders = Object.values(fileNames).map((name) => prefix + partsFolder(name));
  return (await Promise.all([prefix, ...folders].map((folder) => raw.listLevel(folder)))).flat();
}

/**
 * Pins the version of each file.
 * @throws TransientError when a file is no longer the one that was listed
 */
export async function pinVersions(raw: ObjectStore, files: readonly DropFile[]): Promise<RawInput[]> {
  return Promise.all(
    files.map(async ({ kind, key, etag, size, lastModified }) => {
      const head = await raw.head(key);
      if (head?.etag !== etag || head.size !== size) throw changed(key);
      return { kind, key, versionId: head.versionId, etag, size, lastModified: lastModified.toISOString() };
    }),
  );
}

function changed(key: string): TransientError {
  return new TransientError({ what: 'the object changed while the drop was read', where: key });
}
