import { type Delimiter, delimiters, headerBytes } from './dialect.ts';

/** What one pass over a CSV file's bytes says about its shape. */
export interface Inspection {
  readonly bytes: number;
  /**
   * Every line is one record: no quotation marks, no blank lines, no NUL, one kind of line end. Only then do counted
   * lines say how many records there are.
   */
  readonly plain: boolean;
  /** Lines with any content, the header included, of a plain file. */
  readonly lines: number;
  /** All line feeds, those of quoted fields and blank lines included. */
  readonly lineFeeds: number;
  /** The delimiter that the first line has most of, and how often a plain file has it. */
  readonly delimiter: Delimiter;
  readonly delimiters: number;
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
/** In each byte one more than a quotation mark: subtracted, it sets the high bit of a byte of ASCII that is at most that. */
const BELOW_HASH = 0x23232323;
const HIGH_BITS = 0x80808080 | 0;
/** Words whose delimiters are counted in their four bytes before these are added up: a byte counts to 127. */
const WORDS_AT_ONCE = 127;

/** Inspects a file while its bytes stream by. */
export class Inspector {
  #bytes = 0;
  #plain = true;
  #lineFeeds = 0;
  #lineFeedsAfterReturn = 0;
  #returns = 0;
  #previous = LF;
  #beforePrevious = LF;
  #delimiter: Delimiter | undefined;
  #delimiters = 0;

  /** Looks at the next piece. */
  update(piece: Uint8Array): void {
    this.#delimiter ??= piece.length === 0 ? undefined : mostOf(piece);
    this.#bytes += piece.length;
    if (!this.#plain) {
      for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) this.#lineFeeds += 1;
      return;
    }
    // Four bytes at a time: most have none of those that count.
    const first = -piece.byteOffset & 3;
    const words = Math.max(0, piece.length - first) >> 2;
    const rest = words === 0 ? 0 : first + 4 * words;
    if (words > 0) {
      this.#look(piece, 0, first);
      const view = new Int32Array(piece.buffer, piece.byteOffset + first, words);
      for (let i = 0; i < words; i += 1) {
        const word = view[i] as number;
        const some = (word - BELOW_HASH) & ~word & HIGH_BITS;
        if (some !== 0) this.#look(piece, first + 4 * i, first + 4 * i + 4);
      }
      this.#delimiters += countInWords(view, this.#delimiter ?? ',');
    }
    this.#look(piece, rest, piece.length);
    this.#countEach(piece, 0, words > 0 ? first : 0);
    this.#countEach(piece, rest, piece.length);
    const { length } = piece;
    [this.#previous, this.#beforePrevious] = [this.#at(piece, length - 1), this.#at(piece, length - 2)];
  }

  #look(piece: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i += 1) {
      const byte = piece[i] as number;
      if (byte > QUOTE) continue;
      if (byte === LF) {
        const previous = this.#at(piece, i - 1);
        const blank = previous === LF || (previous === CR && this.#at(piece, i - 2) === LF);
        if (blank) this.#plain = false;
        this.#lineFeeds += 1;
        if (previous === CR) this.#lineFeedsAfterReturn += 1;
      } else if (byte === CR) {
        this.#returns += 1;
      } else if (byte === QUOTE || byte === 0) {
        this.#plain = false;
      }
    }
  }

  #countEach(piece: Uint8Array, start: number, end: number): void {
    const delimiter = (this.#delimiter ?? ',').charCodeAt(0);
    for (let i = start; i < end; i += 1) if (piece[i] === delimiter) this.#delimiters += 1;
  }

  /** A byte of the piece, or of those before it. */
  #at(piece: Uint8Array, index: number): number {
    if (index >= 0) return piece[index] as number;
    return index === -1 ? this.#previous : this.#beforePrevious;
  }

  /** What all pieces together were. */
  finish(): Inspection {
    const uniform =
      this.#returns === 0 ||
      (this.#returns === this.#lineFeeds && this.#returns === this.#lineFeedsAfterReturn);
    return {
      bytes: this.#bytes,
      plain: this.#plain && uniform,
      lines: this.#lineFeeds + (this.#bytes > 0 && this.#previous !== LF ? 1 : 0),
      lineFeeds: this.#lineFeeds,
      delimiter: this.#delimiter ?? ',',
      delimiters: this.#delimiters,
    };
  }
}

/** Counts the delimiters of four bytes at a time: a byte is one where no bit of its difference to it is set. */
function countInWords(words: Int32Array, delimiter: Delimiter): number {
  const four = delimiter.charCodeAt(0) * 0x01010101;
  const low = 0x7f7f7f7f;
  let count = 0;
  for (let from = 0; from < words.length; from += WORDS_AT_ONCE) {
    const to = Math.min(words.length, from + WORDS_AT_ONCE);
    let counts = 0;
    for (let i = from; i < to; i += 1) {
      const difference = (words[i] as number) ^ four;
      const some = ((difference & low) + low) | difference;
      counts += (~some >> 7) & 0x01010101;
    }
    count += (counts & 0xff) + ((counts >> 8) & 0xff) + ((counts >> 16) & 0xff) + ((counts >> 24) & 0xff);
  }
  return count;
}

/** The delimiter that the first line has most of, as far as the piece shows it. */
function mostOf(piece: Uint8Array): Delimiter {
  const lineFeed = piece.indexOf(LF);
  const line = Buffer.from(piece.subarray(0, lineFeed < 0 ? headerBytes : lineFeed)).toString('latin1');
  const counts = delimiters.map((delimiter) => line.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}
