import type { Counts, Moments, PairMoments } from '../../layers/statistics/moments.ts';

/** Uniform numbers in (0, 1), repeatable from a seed. */
export type Random = () => number;

/** sfc32, seeded by the text's FNV-1a hash, so that a scenario's numbers depend on its name alone. */
export function randomOf(seed: string): Random {
  let hash = 0x811c9dc5;
  for (const character of seed) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  let [a, b, c, counter] = [hash, hash ^ 0x9e3779b9, 0x243f6a88, 1];
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6) + 0.5) / 2 ** 53;
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Number of failures before a success of probability p. */
export function geometric(random: Random, p: number): number {
  return Math.floor(Math.log(random()) / Math.log1p(-p));
}

/** Draws from Binomial(n, p) by inversion of its tabulated distribution: exact to double precision, quick per draw. */
export function binomial(n: number, p: number): (random: Random) => number {
  const cumulative = new Float64Array(n + 1);
  const mode = Math.floor((n + 1) * p);
  // Weights relative to the mode's, outwards, so that none over- or underflows where it matters.
  cumulative[mode] = 1;
  const odds = p / (1 - p);
  for (let k = mode; k < n; k++) cumulative[k + 1] = (cumulative[k] as number) * ((n - k) / (k + 1)) * odds;
  for (let k = mode; k > 0; k--) cumulative[k - 1] = ((cumulative[k] as number) * (k / (n - k + 1))) / odds;
  for (let k = 1; k <= n; k++) cumulative[k] = (cumulative[k] as number) + (cumulative[k - 1] as number);
  const total = cumulative[n] as number;
  return (random) => {
    const target = random() * total;
    let [low, high] = [0, n];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Users and successes of an arm with a conversion rate. */
export function conversions(n: number, rate: number): (random: Random) => Counts {
  const draw = binomial(n, rate);
  return (random) => ({ n: BigInt(n), sum: BigInt(draw(random)) });
}

/** Moments of numbers that doubles add up exactly. */
export function momentsFrom(n: number, values: Iterable<number>): Moments {
  let [sum, sumSquares] = [0, 0];
  for (const value of values) {
    sum += value;
    sumSquares += value * value;
  }
  return { n: BigInt(n), sum: BigInt(sum), sumSquares: BigInt(sumSquares) };
}

export function pairMomentsFrom(n: number, pairs: Iterable<readonly [number, number]>): PairMoments {
  let [sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0];
  for (const [x, y] of pairs) {
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumYY += y * y;
    sumXY += x * y;
  }
  const [a, b, aa, bb, ab] = [sumX, sumY, sumXX, sumYY, sumXY].map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { n: BigInt(n), sumX: a, sumY: b, sumXX: aa, sumYY: bb, sumXY: ab };
}

/** Amounts of an arm's buyers, in whole units: lognormal, skewed as revenue is; the other users have zero. */
export function purchases(n: number, rate: number, shop: { median: number; sigma: number }) {
  const buyers = binomial(n, rate);
  return (random: Random): number[] => {
    const count = buyers(random);
    const amounts = new Array<number>(count);
    for (let i = 0; i < count; i++)
      amounts[i] = Math.round(shop.median * Math.exp(shop.sigma * normal(random)));
    return amounts;
  };
}
