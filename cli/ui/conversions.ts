import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PipelineError, UsageError } from '../../layers/platform/errors.ts';
import { convertedFolder, convertFolder, filesToConvert, isCsv } from '../convert/convert-folder.ts';

/** The files of a chosen folder that have to be CSV first, by their paths within it. */
export interface OpenedConversion {
  /** null where there are none. */
  readonly id: string | null;
  readonly files: readonly string[];
}

/** What was made of them. */
export interface ConvertedFiles {
  /** A sentence for each file. */
  readonly sentences: readonly string[];
  /** Paths within the folder, below `ecom-converted`, and sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

interface Conversion {
  readonly workspace: string;
  /** Files that have not come in yet. */
  readonly missing: Set<string>;
  converted?: Promise<ConvertedFiles>;
}

/**
 * Folders that a browser uploads from, as far as their files have to be converted: those files, and of the others the
 * names alone. They lie in a temporary folder that only this user reads, until their run starts or the server ends.
 */
export class Conversions {
  readonly #opened = new Map<string, Conversion>();

  /**
   * @param paths of all files of the folder, within it
   * @throws UsageError where one leads out of it
   */
  async open(paths: readonly string[]): Promise<OpenedConversion> {
    const outside = paths.find((file) => !isWithin(file));
    if (outside !== undefined) {
      throw new UsageError({ what: 'this is no path within the folder', where: outside });
    }
    const files = filesToConvert(paths);
    if (files.length === 0) return { id: null, files };
    const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-ui-'));
    const id = randomUUID();
    this.#opened.set(id, { workspace, missing: new Set(files) });
    // A CSV that the folder has goes before one of the same name in an archive.
    for (const file of paths.filter((one) => isCsv(one) && !isConverted(one))) {
      const place = path.join(workspace, file);
      await mkdir(path.dirname(place), { recursive: true });
      await writeFile(place, '');
    }
    return { id, files };
  }

  /**
   * Takes one of the files as it comes in.
   * @throws UsageError for a file that is none of them, or that comes in incompletely
   */
  async receive(id: string, file: string, content: Readable, length: number): Promise<void> {
    const { workspace, missing } = this.#find(id);
    if (!missing.has(file)) {
      throw new UsageError({ what: 'this is no file that is waited for', where: file });
    }
    const place = path.join(workspace, file);
    await mkdir(path.dirname(place), { recursive: true });
    try {
      await pipeline(content, createWriteStream(place));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new UsageError(
        { what: 'there is no room to convert it', where: file, remedy: `Make room in ${os.tmpdir()}` },
        { cause: error },
      );
    }
    if ((await stat(place)).size !== length) {
      throw new UsageError({ what: 'the file changed while it was read', where: file });
    }
    missing.delete(file);
  }

  /**
   * Converts the files, once, as the command line does it.
   * @throws UsageError where one cannot be read, or has not come in
   */
  async convert(id: string): Promise<ConvertedFiles> {
    const conversion = this.#find(id);
    const [first] = conversion.missing;
    if (first !== undefined) {
      throw new UsageError({
        what: 'the file did not come in',
        where: first,
        remedy: 'Choose the folder again',
      });
    }
    conversion.converted ??= convertWithin(conversion.workspace);
    return conversion.converted;
  }

  /** Place on this machine of a file that was converted. */
  async place(id: string, file: string): Promise<{ readonly place: string; readonly size: number }> {
    const found = (await this.convert(id)).files.find((one) => one.path === file);
    if (found === undefined)
      throw new UsageError({ what: 'this is no file that was converted', where: file });
    return { place: path.join(this.#find(id).workspace, file), size: found.size };
  }

  /** Removes what is there of a folder, if it is. */
  async remove(id: string): Promise<void> {
    const workspace = this.#opened.get(id)?.workspace;
    this.#opened.delete(id);
    if (workspace !== undefined) await rm(workspace, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#opened.keys()].map((id) => this.remove(id)));
  }

  #find(id: string): Conversion {
    const found = this.#opened.get(id);
    if (found !== undefined) return found;
    throw new UsageError({
      what: 'the files that were converted are gone',
      remedy: 'Choose the folder again',
    });
  }
}

/** Whether a path within a folder is one of what commands have converted there. */
export function isConverted(file: string): boolean {
  return file.startsWith(`${convertedFolder}/`);
}

function isWithin(file: string): boolean {
  return (
    file !== '' &&
    !file.includes('\0') &&
    file.split(/[/\\]/).every((part) => !['', '.', '..'].includes(part))
  );
}

async function convertWithin(workspace: string): Promise<ConvertedFiles> {
  try {
    const { sentences } = await convertFolder(workspace);
    const target = path.join(workspace, convertedFolder);
    const entries = await readdir(target, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && isCsv(entry.name))
      .map(async (entry) => {
        const place = path.join(entry.parentPath, entry.name);
        const within = path.relative(workspace, place).split(path.sep).join('/');
        return { path: within, size: (await stat(place)).size };
      });
    return { sentences, files: await Promise.all(files) };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const { where } = error.fault;
    throw new UsageError(
      { ...error.fault, where: where?.replace(`${workspace}${path.sep}`, '') },
      { cause: error },
    );
  }
}
