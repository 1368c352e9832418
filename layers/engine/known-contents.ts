import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { etagOfFile, type FolderStore } from '../platform/folder-store.ts';

const known = z.record(
  z.string(),
  z.strictObject({
    etag: z.string(),
    /** Size, times and inode of the file as it was read. */
    stats: z.string(),
  }),
);
type Known = z.infer<typeof known>;

const key = 'contents.json';

/** A write within the resolution of a file system's clock leaves the times as they were. */
const settledMs = 2000;

/** Entity tags of large files, each read for it once as long as it stays as it is. */
export interface KnownContents {
  readonly etagOf: (file: string) => Promise<string>;
  /** Keeps what is known for the next process. */
  readonly save: () => Promise<void>;
}

/**
 * What is known of the files of a folder's runs. As in Git's index, a file is the same whose size, inode and times are: that of its
 * modification, which anybody may set, and that of its change, which nobody can. A file that changed just now is read again.
 * @param store where it is kept between processes; one that cannot be read is an empty one
 */
export async function knownContents(store: FolderStore, now = Date.now): Promise<KnownContents> {
  const text = await store.getText(key);
  const before = text === undefined ? {} : parse(text);
  const found: Known = {};
  return {
    async etagOf(file) {
      const { size, mtimeNs, ctimeNs, mtimeMs, ctimeMs, dev, ino } = await stat(file, { bigint: true });
      const stats = [size, mtimeNs, ctimeNs, dev, ino].join(' ');
      const readAt = now();
      const earlier = before[file];
      const etag = earlier?.stats === stats ? earlier.etag : await etagOfFile(file);
      const changedAt = Math.max(Number(mtimeMs), Number(ctimeMs));
      if (changedAt + settledMs < readAt) found[file] = { etag, stats };
      return etag;
    },
    async save() {
      await store.putJson(key, found);
    },
  };
}

function parse(text: string): Known {
  try {
    return known.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}
