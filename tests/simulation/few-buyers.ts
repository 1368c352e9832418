/**
 * How often Welch's test of revenue finds an effect that is not there, by the buyers in the smaller arm:
 * `node infrastructure/run.mjs tests/simulation/few-buyers.ts` writes the table of docs/statistics.md (a minute).
 */
import process from 'node:process';
import { compareMeans } from '../../layers/statistics/mean.ts';
import { markdownTable, replaceSection } from '../oracle/document.ts';
import { momentsFrom, purchases, randomOf } from './samplers.ts';

const alpha = 0.05;
const repetitions = 20_000;
const rate = 0.05;
const buyers = [10, 20, 50, 100, 200, 400];
/** Users of the control for each one of the treatment, and the spread of the logarithm of a buyer's amount. */
const shops = [
  { ratio: 1, sigma: 1 },
  { ratio: 1, sigma: 1.5 },
  { ratio: 9, sigma: 1 },
  { ratio: 9, sigma: 1.5 },
];

function falsePositives({ ratio, sigma }: (typeof shops)[number], count: number): number {
  const users = count / rate;
  const random = randomOf(`few buyers/${ratio}/${sigma}/${count}`);
  const shop = { median: 2000, sigma };
  const [control, treatment] = [purchases(ratio * users, rate, shop), purchases(users, rate, shop)];
  let significant = 0;
  for (let i = 0; i < repetitions; i++) {
    const { test } = compareMeans({
      control: momentsFrom(ratio * users, control(random)),
      treatment: momentsFrom(users, treatment(random)),
      alpha,
    });
    if (test !== null && test.p < alpha) significant += 1;
  }
  return significant / repetitions;
}

const header = [
  'Buyers in the smaller arm',
  ...shops.map(({ ratio, sigma }) => `${ratio} : 1 users, log sd ${sigma}`),
];
const rows = buyers.map((count) => [
  String(count),
  ...shops.map((shop) => `${(100 * falsePositives(shop, count)).toFixed(1)} %`),
]);
const table = markdownTable(header, rows);
process.stdout.write(`${table}\n`);
replaceSection('few-buyers', table);
