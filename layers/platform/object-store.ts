import type { Readable } from 'node:stream';

export interface StoredObject {
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  readonly size: number;
  readonly lastModified: Date;
}

export interface ObjectRef {
  readonly key: string;
  readonly versionId?: string | null;
  readonly range?: { readonly start: number; readonly end: number };
}

/** A place of objects by key: a bucket on S3 (s3.ts), or a folder of this machine (folder-store.ts). */
export interface ObjectStore {
  /** What people are told as the place: `s3://bucket`, or the folder. */
  readonly location: string;
  /** Every object below `prefix`, in key order. */
  list(prefix: string): Promise<StoredObject[]>;
  /** The objects right below `prefix`, which ends in `/`, in key order: none of its folders is looked into. */
  listLevel(prefix: string): Promise<StoredObject[]>;
  /** Names of the folders right below `prefix`, which ends in `/`, in order. */
  folders(prefix: string): Promise<string[]>;
  /** Entity tag, version and size of an object, or undefined where there is none. */
  head(key: string): Promise<(StoredObject & { versionId: string | null }) | undefined>;
  /** The object's bytes as a stream; the caller consumes or destroys it. */
  stream(ref: ObjectRef): Promise<Readable>;
  /** The object as text, or undefined where there is none. */
  getText(key: string, versionId?: string | null): Promise<string | undefined>;
  /** The object as text with its entity tag (for `putJsonIfMatch`), or undefined where there is none. */
  getTextWithEtag(
    key: string,
    versionId?: string | null,
  ): Promise<{ text: string; etag: string } | undefined>;
  /** Makes `file` hold the object's bytes, or those of the range: a copy, or a link to where they lie on this machine. */
  downloadTo(ref: ObjectRef, file: string): Promise<void>;
  put(key: string, body: string | Uint8Array, contentType?: string): Promise<Content>;
  /** Writes pretty JSON with a final newline: the same value gives the same bytes. */
  putJson(key: string, value: unknown): Promise<Content>;
  /** Writes `value` only where the key is free. Returns false, and changes nothing, where it is taken. */
  putJsonIfAbsent(key: string, value: unknown): Promise<boolean>;
  /** Writes `value` only while the key still holds the object with `etag`. Returns false where it does not. */
  putJsonIfMatch(key: string, value: unknown, etag: string): Promise<boolean>;
  /** Stores a local file, which may be gone afterwards. */
  uploadFrom(file: string, key: string): Promise<Content>;
  /**
   * Makes `key` hold an object of a store of the same kind, without sending its bytes through this process.
   * @param location of that store
   * @returns false, having changed nothing, where the object is not there, or is another by now
   */
  copyFrom(location: string, from: Content & { readonly key: string }, key: string): Promise<boolean>;
}

/** The bytes of an object: how many they are, and an entity tag that no other bytes have. */
export type Content = Pick<StoredObject, 'etag' | 'size'>;

/** Pretty JSON with a final newline. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** An object and its local copy. */
export interface Transfer {
  readonly key: string;
  readonly file: string;
}

/** An object, or the bytes [start, end) of one, and its local copy. */
export interface Download extends Transfer {
  readonly range?: ObjectRef['range'] | undefined;
}

const parallel = 8;

/** Downloads objects, a few at a time. */
export async function downloadAll(store: ObjectStore, downloads: readonly Download[]): Promise<void> {
  await inParallel(downloads, ({ key, file, range }) =>
    store.downloadTo({ key, ...(range && { range }) }, file),
  );
}

/** Stores files, a few at a time, and returns their contents in the same order. */
export async function uploadAll(store: ObjectStore, transfers: readonly Transfer[]): Promise<Content[]> {
  return inParallel(transfers, ({ key, file }) => store.uploadFrom(file, key));
}

/**
 * Copies objects of a store of the same kind, a few at a time.
 * @param location of that store
 * @returns whether all of them were there
 */
export async function copyAll(
  store: ObjectStore,
  location: string,
  copies: readonly { readonly from: Content & { readonly key: string }; readonly key: string }[],
): Promise<boolean> {
  const copied = await inParallel(copies, ({ from, key }) => store.copyFrom(location, from, key));
  return copied.every((isThere) => isThere);
}

async function inParallel<Item, Answer>(
  items: readonly Item[],
  action: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const pending = items.entries();
  const worker = async () => {
    for (const [index, item] of pending) answers[index] = await action(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return answers;
}
