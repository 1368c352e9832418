import type { Random } from './random.ts';

/** How many of n users do what each does with probability p, drawn at once: the same as drawing them one by one. */
export function binomial(random: Random, n: number, p: number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  return n * p < 10 ? byInversion(random, n, p) : byRejection(random, n, p);
}

/** Counts of n users over classes of the given probabilities, by conditional binomials. */
export function multinomial(random: Random, n: number, shares: readonly number[]): number[] {
  let left = n;
  let rest = 1;
  return shares.map((share, index) => {
    const isLast = index === shares.length - 1;
    const count = isLast ? left : binomial(random, left, Math.min(1, share / rest));
    left -= count;
    rest -= share;
    return count;
  });
}

/** The class of one user. */
export function choose(random: Random, shares: readonly number[]): number {
  let left = random.uniform();
  for (let index = 0; index < shares.length - 1; index++) {
    left -= shares[index] as number;
    if (left < 0) return index;
  }
  return shares.length - 1;
}

/** Walks up the distribution from zero: quick where few are expected. */
function byInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  let mass = Math.exp(n * Math.log1p(-p));
  let left = random.uniform();
  let k = 0;
  while (left > mass && k < n) {
    left -= mass;
    k++;
    mass *= (odds * (n - k + 1)) / k;
  }
  return k;
}

/** Transformed rejection (Hörmann 1993, algorithm BTRS), for p up to a half and n p from 10 on. */
function byRejection(random: Random, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const squeeze = 0.92 - 4.2 / b;
  const mode = Math.floor((n + 1) * p);
  const logOdds = Math.log(p / (1 - p));
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + centre);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > n) continue;
    const height = Math.log((v * alpha) / (a / (distance * distance) + b));
    const ratio =
      logFactorial(mode) +
      logFactorial(n - mode) -
      logFactorial(k) -
      logFactorial(n - k) +
      (k - mode) * logOdds;
    if (height <= ratio) return k;
  }
}

const tabulated = Float64Array.from({ length: 128 }, () => 0);
for (let k = 2; k < tabulated.length; k++) tabulated[k] = (tabulated[k - 1] as number) + Math.log(k);

/** ln k!, by Stirling's series beyond the table: exact to a double there. */
function logFactorial(k: number): number {
  if (k < tabulated.length) return tabulated[k] as number;
  const inverse = 1 / (k + 1);
  const series = inverse / 12 - inverse ** 3 / 360 + inverse ** 5 / 1260;
  return (k + 0.5) * Math.log(k + 1) - (k + 1) + 0.5 * Math.log(2 * Math.PI) + series;
}
