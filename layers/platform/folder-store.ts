import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type Content,
  jsonText,
  type ObjectRef,
  type ObjectStore,
  type StoredObject,
} from './object-store.ts';

/**
 * The objects of one process in a folder of this machine. A key is a path below the folder or, where `files` names one,
 * a file anywhere. What is read whole is not copied: `downloadTo` links, and `uploadFrom` moves.
 */
export class FolderStore implements ObjectStore {
  readonly location: string;
  readonly #files: ReadonlyMap<string, string>;
  readonly #tagOf: (file: string) => Promise<string>;

  /** @param tagOf tells the entity tag of a file, by default by reading it */
  constructor(folder: string, files: ReadonlyMap<string, string> = new Map(), tagOf = etagOfFile) {
    this.location = path.resolve(folder);
    this.#files = files;
    this.#tagOf = tagOf;
  }

  async list(prefix: string): Promise<StoredObject[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const keys = await filesBelow(path.join(this.location, folder), folder);
    const all = [...keys, ...this.#files.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    const heads = await Promise.all(all.map((key) => this.head(key)));
    return heads.filter((found) => found !== undefined);
  }

  async listLevel(prefix: string): Promise<StoredObject[]> {
    const objects = await this.list(prefix);
    return objects.filter(({ key }) => !key.slice(prefix.length).includes('/'));
  }

  async folders(prefix: string): Promise<string[]> {
    const entries = await unlessMissing(readdir(path.join(this.location, prefix), { withFileTypes: true }));
    const elsewhere = [...this.#files.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length).split('/'))
      .flatMap(([name = '', ...below]) => (below.length > 0 ? [name] : []));
    const here = (entries ?? []).filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return [...new Set([...here, ...elsewhere])].toSorted();
  }

  /** The entity tag is that of an object which was put in one piece: the MD5 of its bytes. */
  async head(key: string): Promise<(StoredObject & { versionId: string | null }) | undefined> {
    const file = this.#path(key);
    const found = await unlessMissing(stat(file));
    if (found === undefined || !found.isFile()) return undefined;
    const { size, mtime: lastModified } = found;
    return { key, etag: await this.#tagOf(file), size, lastModified, versionId: null };
  }

  async stream({ key, range }: ObjectRef): Promise<Readable> {
    const part = range === undefined ? {} : { start: range.start, end: range.end - 1 };
    return createReadStream(this.#path(key), { highWaterMark: 1 << 20, ...part });
  }

  async getText(key: string): Promise<string | undefined> {
    return unlessMissing(readFile(this.#path(key), 'utf8'));
  }

  async getTextWithEtag(key: string): Promise<{ text: string; etag: string } | undefined> {
    const text = await this.getText(key);
    return text === undefined ? undefined : { text, etag: etagOf(text) };
  }

  async downloadTo(ref: ObjectRef, file: string): Promise<void> {
    if (ref.range === undefined) await symlink(this.#path(ref.key), file);
    else await pipeline(await this.stream(ref), createWriteStream(file));
  }

  async put(key: string, body: string | Uint8Array): Promise<Content> {
    const fresh = await this.#fresh(key);
    await writeFile(fresh, body);
    await rename(fresh, this.#path(key));
    return { size: Buffer.byteLength(body), etag: etagOf(body) };
  }

  async putJson(key: string, value: unknown): Promise<Content> {
    return this.put(key, jsonText(value));
  }

  async putJsonIfAbsent(key: string, value: unknown): Promise<boolean> {
    const fresh = await this.#fresh(key);
    await writeFile(fresh, jsonText(value));
    try {
      await link(fresh, this.#path(key));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    } finally {
      await rm(fresh);
    }
  }

  async putJsonIfMatch(key: string, value: unknown, etag: string): Promise<boolean> {
    if ((await this.getTextWithEtag(key))?.etag !== etag) return false;
    await this.putJson(key, value);
    return true;
  }

  async uploadFrom(file: string, key: string): Promise<Content> {
    const { size } = await stat(file);
    const etag = await etagOfFile(file);
    const target = this.#path(key);
    await mkdir(path.dirname(target), { recursive: true });
    try {
      await rename(file, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      const fresh = await this.#fresh(key);
      await copyFile(file, fresh);
      await rename(fresh, target);
    }
    return { size, etag };
  }

  /** Both keys name the same bytes on the disk afterwards, where its file system can do that. */
  async copyFrom(location: string, from: Content & { readonly key: string }, key: string): Promise<boolean> {
    const source = path.join(location, from.key);
    if ((await unlessMissing(stat(source)))?.size !== from.size) return false;
    const fresh = await this.#fresh(key);
    await rm(fresh, { force: true });
    try {
      await link(source, fresh);
    } catch {
      if ((await unlessMissing(copyFile(source, fresh).then(() => true))) === undefined) return false;
    }
    await rename(fresh, this.#path(key));
    await rm(fresh, { force: true });
    return true;
  }

  #path(key: string): string {
    return path.resolve(this.#files.get(key) ?? path.join(this.location, key));
  }

  /** A path beside that of the key, in a folder that is there. */
  async #fresh(key: string): Promise<string> {
    const file = this.#path(key);
    await mkdir(path.dirname(file), { recursive: true });
    return `${file}.${process.pid}.partial`;
  }
}

async function filesBelow(folder: string, prefix: string): Promise<string[]> {
  const entries = await unlessMissing(readdir(folder, { withFileTypes: true }));
  const found = await Promise.all(
    (entries ?? []).map((entry) =>
      entry.isDirectory()
        ? filesBelow(path.join(folder, entry.name), `${prefix}${entry.name}/`)
        : [prefix + entry.name],
    ),
  );
  return found.flat();
}

/** The MD5 of the file's bytes. */
export async function etagOfFile(file: string): Promise<string> {
  const hash = createHash('md5');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function etagOf(body: string | Uint8Array): string {
  return createHash('md5').update(body).digest('hex');
}

async function unlessMissing<Answer>(action: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await action;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
