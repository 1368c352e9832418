/**
 * How often the test of revenue finds an effect that is not there, by the buyers in the smaller arm, as Welch's and as the report
 * makes it: `node infrastructure/run.mjs tests/simulation/few-buyers.ts` writes the table of docs/statistics.md (a minute).
 */
import process from 'node:process';
import { effectOf } from '../../layers/statistics/effect.ts';
import { meanLift } from '../../layers/statistics/mean.ts';
import type { Moments } from '../../layers/statistics/moments.ts';
import { mostSkewed } from '../../layers/statistics/skewness.ts';
import { markdownTable, replaceSection } from '../oracle/document.ts';
import { momentsFrom, purchases, randomOf } from './samplers.ts';

const alpha = 0.05;
const repetitions = 10_000;
const rate = 0.05;
const buyers = [50, 100, 200, 400, 1000];
/** Users of the control for each one of the treatment, and the spread of the logarithm of a buyer's amount. */
const shops = [
  { ratio: 1, sigma: 1 },
  { ratio: 1, sigma: 1.5 },
  { ratio: 3, sigma: 1.5 },
  { ratio: 9, sigma: 1 },
  { ratio: 9, sigma: 1.5 },
];

type Arms = { readonly control: Moments; readonly treatment: Moments };

/** Experiments in which the treatment was found better, and worse. */
interface Found {
  above: number;
  below: number;
}

function count(found: Found, arms: Arms): void {
  const { test } = effectOf(meanLift(arms), alpha);
  if (test === null || test.p >= alpha) return;
  if (test.statistic > 0) found.above += 1;
  else found.below += 1;
}

function cell({ ratio, sigma }: (typeof shops)[number], smallest: number): string {
  const users = smallest / rate;
  const random = randomOf(`few buyers/${ratio}/${sigma}/${smallest}`);
  const shop = { median: 2000, sigma };
  const [control, treatment] = [purchases(ratio * users, rate, shop), purchases(users, rate, shop)];
  const [welch, told] = [
    { above: 0, below: 0 },
    { above: 0, below: 0 },
  ];
  let tested = 0;
  for (let i = 0; i < repetitions; i++) {
    const [c, t] = [control(random), treatment(random)];
    const arms = { control: momentsFrom(ratio * users, c), treatment: momentsFrom(users, t) };
    count(welch, arms);
    if (ratio === 1) continue;
    const skewed = {
      control: { ...arms.control, sumCubes: cubes(c) },
      treatment: { ...arms.treatment, sumCubes: cubes(t) },
    };
    const lift = meanLift(skewed);
    if (lift.reason !== null || Math.abs(lift.skewness ?? 0) > mostSkewed) continue;
    tested += 1;
    count(told, skewed);
  }
  const percent = (part: number, of: number) => `${((100 * part) / of).toFixed(1)} %`;
  const sides = (found: Found, of: number) => `${percent(found.above, of)} and ${percent(found.below, of)}`;
  if (ratio === 1) return sides(welch, repetitions);
  const corrected =
    tested < repetitions / 20 ? 'not tested' : `${sides(told, tested)} of ${percent(tested, repetitions)}`;
  return `${sides(welch, repetitions)}; ${corrected}`;
}

function cubes(amounts: readonly number[]): bigint {
  return amounts.reduce((sum, amount) => sum + BigInt(amount) ** 3n, 0n);
}

const header = [
  'Buyers in the smaller arm',
  ...shops.map(({ ratio, sigma }) => `${ratio} : 1 users, log sd ${sigma}`),
];
const rows = buyers.map((smallest) => [String(smallest), ...shops.map((shop) => cell(shop, smallest))]);
const table = markdownTable(header, rows);
process.stdout.write(`${table}\n`);
replaceSection('few-buyers', table);
