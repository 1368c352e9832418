import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LocalError } from '../../layers/platform/errors.ts';

const objectSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  file: z.string(),
  size: z.int(),
  lastModified: z.iso.datetime(),
  contentType: z.string().optional(),
  contentEncoding: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});
export type SavedObject = z.infer<typeof objectSchema>;

const indexSchema = z.object({
  /** Folder of the objects, beside the index. */
  save: z.string(),
  at: z.iso.datetime(),
  buckets: z.array(z.string()),
  objects: z.array(objectSchema),
});

/** What `down` saved: the current version of every object, not the versions before it. */
export type SavedBuckets = z.infer<typeof indexSchema>;

/** The last complete save, undefined when there is none. */
export async function readSaved(folder: string): Promise<SavedBuckets | undefined> {
  const file = path.join(folder, 'index.json');
  try {
    return indexSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LocalError(
      {
        what: 'the saved buckets cannot be read',
        where: file,
        remedy: 'Move the folder away and start with empty buckets: ./ecom up',
      },
      { cause: error },
    );
  }
}
