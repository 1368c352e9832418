/**
 * How often the z-test of a conversion finds an effect that is not there, by the conversions to be expected in the
 * smaller arm, with and without the least that the report asks for:
 * `node infrastructure/run.mjs tests/simulation/too-few-users.ts` writes the table of docs/statistics.md (some seconds).
 */
import process from 'node:process';
import { enoughUsers } from '../../layers/analysis/enough-users.ts';
import type { Counts } from '../../layers/statistics/moments.ts';
import { compareProportions } from '../../layers/statistics/proportion.ts';
import { markdownTable, replaceSection } from '../oracle/document.ts';
import { conversions, randomOf } from './samplers.ts';

const alpha = 0.05;
const repetitions = 20_000;
const rate = 0.05;
const expected = [0.15, 2, 5, 10, 20, 40];
/** Users of the control for each one of the treatment. */
const ratios = [1, 2, 4, 100];

const momentsOf = ({ n, sum }: Counts) => ({ n, sum, sumSquares: sum });

function falsePositives(ratio: number, conversionsExpected: number): string {
  const users = Math.round(conversionsExpected / rate);
  const random = randomOf(`too few users/${ratio}/${conversionsExpected}`);
  const [control, treatment] = [conversions(ratio * users, rate), conversions(users, rate)];
  let all = 0;
  let judged = 0;
  for (let i = 0; i < repetitions; i++) {
    const arms = { control: control(random), treatment: treatment(random) };
    const { test } = compareProportions({ ...arms, alpha });
    if (test === null || test.p >= alpha) continue;
    all += 1;
    if (enoughUsers(momentsOf(arms.control), momentsOf(arms.treatment))) judged += 1;
  }
  const percent = (count: number) => `${((100 * count) / repetitions).toFixed(1)} %`;
  return `${percent(all)}, ${percent(judged)}`;
}

const header = ['Conversions expected', ...ratios.map((ratio) => `${ratio} : 1 users`)];
const rows = expected.map((count) => [String(count), ...ratios.map((ratio) => falsePositives(ratio, count))]);
const table = markdownTable(header, rows);
process.stdout.write(`${table}\n`);
replaceSection('too-few-users', table);
