import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import type { Content } from './object-store.ts';
import type { S3Store } from './s3.ts';

/** A version of an object, or the mark that the object was deleted. */
export interface ObjectVersion extends Content {
  readonly key: string;
  readonly versionId: string;
  /** Whether it is what the key holds now. */
  readonly isLatest: boolean;
  readonly isMarker: boolean;
}

/** Every version below `prefix`, and every mark of a deletion; with `level` those right below it alone. */
export async function listVersions(
  store: S3Store,
  prefix: string,
  { level = false } = {},
): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  let page: Partial<ListObjectVersionsCommandOutput> = {};
  do {
    const request = new ListObjectVersionsCommand({
      Bucket: store.bucket,
      Prefix: prefix,
      KeyMarker: page.NextKeyMarker,
      VersionIdMarker: page.NextVersionIdMarker,
      ...(level ? { Delimiter: '/' } : {}),
    });
    page = await store.ask(prefix, (client) => client.send(request));
    const objects = (page.Versions ?? []).map((one) => ({ ...one, isMarker: false }));
    const markers = (page.DeleteMarkers ?? []).map((one) => ({ ...one, isMarker: true, ETag: '', Size: 0 }));
    for (const { Key, VersionId = 'null', IsLatest = false, ETag = '', Size = 0, isMarker } of [
      ...objects,
      ...markers,
    ]) {
      if (Key === undefined) continue;
      const content = { etag: ETag.replaceAll('"', ''), size: Size };
      found.push({ key: Key, versionId: VersionId, isLatest: IsLatest, isMarker, ...content });
    }
  } while (page.IsTruncated);
  return found;
}

/** Deletes versions for good, and marks of deletions. */
export async function deleteVersions(
  store: S3Store,
  versions: readonly Pick<ObjectVersion, 'key' | 'versionId'>[],
): Promise<void> {
  await store.deleteObjects(versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })));
}
