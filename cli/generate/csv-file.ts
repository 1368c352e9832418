import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../../layers/platform/errors.ts';

const worthAWrite = 1 << 20;

/** A CSV file that is written in pieces of about 1 MB. */
export class CsvFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  #buffer = Buffer.allocUnsafe(worthAWrite * 2);
  #used = 0;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** Replaces the file where there is one. */
  static async create(file: string, header: readonly string[]): Promise<CsvFile> {
    try {
      await mkdir(path.dirname(file), { recursive: true });
      const created = new CsvFile(file, await open(file, 'w'));
      created.add(header.join(','));
      return created;
    } catch (error) {
      throw writeProblem(error, file);
    }
  }

  /** Takes a line of ASCII; it reaches the disk with `drain` or `close`. */
  add(line: string): void {
    if (this.#used + line.length >= this.#buffer.length) {
      this.#buffer = Buffer.concat([this.#buffer], this.#buffer.length * 2);
    }
    this.#used += this.#buffer.write(line, this.#used, 'latin1');
    this.#buffer[this.#used] = 0x0a;
    this.#used += 1;
  }

  /** Whether enough has gathered to be worth a write. */
  get full(): boolean {
    return this.#used >= worthAWrite;
  }

  async drain(): Promise<void> {
    try {
      await this.#handle.appendFile(this.#buffer.subarray(0, this.#used));
    } catch (error) {
      throw writeProblem(error, this.#file);
    }
    this.#used = 0;
  }

  async close(): Promise<void> {
    await this.drain();
    await this.#handle.close();
  }
}

/** What to tell of a place that cannot be written to: forbidden, full, not there. */
export function writeProblem(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new UsageError(
    { what: `cannot write: ${error.message}`, where: file, remedy: 'Name a place that can be written to' },
    { cause: error },
  );
}
