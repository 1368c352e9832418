import { Buffer } from 'node:buffer';
import { closeSync, openSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 1 << 20;

/** Writes lines to a new file through a buffer. */
export class LineWriter {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #used = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  /** `line`, the delimiter, the bytes [start, end), `padding` more delimiters and LF. */
  writeRecord(
    line: number,
    { bytes, delimiter }: { readonly bytes: Uint8Array; readonly delimiter: number },
    start: number,
    end: number,
    padding: number,
  ): void {
    const digits = String(line);
    const size = digits.length + 1 + (end - start) + padding + 1;
    if (this.#used + size > BUFFER_BYTES) this.#flush();
    if (size > BUFFER_BYTES) throw new RangeError(`a record of ${size} bytes does not fit`);
    this.#used += this.#buffer.write(digits, this.#used, 'latin1');
    this.#buffer[this.#used] = delimiter;
    this.#buffer.set(bytes.subarray(start, end), this.#used + 1);
    this.#used += end - start + 1;
    this.#buffer.fill(delimiter, this.#used, this.#used + padding);
    this.#used += padding + 1;
    this.#buffer[this.#used - 1] = 0x0a;
  }

  /** `text` and LF. */
  writeText(text: string): void {
    const bytes = Buffer.from(`${text}\n`);
    if (this.#used + bytes.length > BUFFER_BYTES) this.#flush();
    bytes.copy(this.#buffer, this.#used);
    this.#used += bytes.length;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    for (let from = 0; from < this.#used; ) {
      from += writeSync(this.#file, this.#buffer, from, this.#used - from);
    }
    this.#used = 0;
  }
}
