import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';

const worthAWrite = 1 << 20;

/** A CSV file that is written in pieces of about 1 MB. */
export class CsvFile {
  readonly #handle: FileHandle;
  #buffer = Buffer.allocUnsafe(worthAWrite * 2);
  #used = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Replaces the file where there is one. */
  static async create(file: string, header: readonly string[]): Promise<CsvFile> {
    await mkdir(path.dirname(file), { recursive: true });
    const created = new CsvFile(await open(file, 'w'));
    created.add(header.join(','));
    return created;
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
    await this.#handle.appendFile(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  async close(): Promise<void> {
    await this.drain();
    await this.#handle.close();
  }
}
