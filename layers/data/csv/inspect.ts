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
}

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** Inspects a file while its bytes stream by. */
export class Inspector {
  #bytes = 0;
  #plain = true;
  #lineFeeds = 0;
  #lineFeedsAfterReturn = 0;
  #returns = 0;
  #previous = LF;
  #beforePrevious = LF;

  /** Looks at the next piece. */
  update(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (!this.#plain) {
      for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) this.#lineFeeds += 1;
      return;
    }
    let previous = this.#previous;
    let beforePrevious = this.#beforePrevious;
    for (let i = 0; i < piece.length; i += 1) {
      const byte = piece[i] as number;
      if (byte <= QUOTE) {
        if (byte === LF) {
          const blank = previous === LF || (previous === CR && beforePrevious === LF);
          if (blank) this.#plain = false;
          this.#lineFeeds += 1;
          if (previous === CR) this.#lineFeedsAfterReturn += 1;
        } else if (byte === CR) {
          this.#returns += 1;
        } else if (byte === QUOTE || byte === 0) {
          this.#plain = false;
        }
      }
      beforePrevious = previous;
      previous = byte;
    }
    this.#previous = previous;
    this.#beforePrevious = beforePrevious;
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
    };
  }
}
