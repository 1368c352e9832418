/**
 * Random numbers that are the same on every machine: sfc32 (C. Doty-Humphrey, PractRand) seeded by splitmix32.
 * Only integer operations and exact IEEE 754 arithmetic are used; no function whose last digit an engine may choose.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 0;

  /** Starts the stream of (seed, purpose, index) anew: streams of different indices are independent. */
  restart(seed: number, purpose: number, index: number): this {
    const key = splitmix(splitmix(splitmix(seed) ^ purpose) ^ index);
    this.#a = splitmix(key);
    this.#b = splitmix(this.#a ^ index);
    this.#c = splitmix(this.#b);
    this.#counter = 1;
    for (let round = 0; round < 12; round += 1) this.#next();
    return this;
  }

  /** In [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.#next() / 4294967296;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** An integer whose quantiles at equal steps from 0 to 1 are `quantiles`, linear in between. */
  between(quantiles: readonly number[]): number {
    const position = this.uniform() * (quantiles.length - 1);
    const step = Math.floor(position);
    const low = quantiles[step] as number;
    const high = quantiles[step + 1] as number;
    return low + Math.floor((position - step) * (high - low));
  }

  /** One of `levels`, each with the probability `share`; the shares sum to 1. */
  pick<Level extends { readonly share: number }>(levels: readonly Level[]): Level {
    let left = this.uniform();
    for (const level of levels) {
      left -= level.share;
      if (left < 0) return level;
    }
    return levels.at(-1) as Level;
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

function splitmix(state: number): number {
  let mixed = (state + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
