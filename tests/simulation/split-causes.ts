/**
 * How often the causes that the report names of a wrong split are those that were planted, and how often one is named where nothing is:
 * `node infrastructure/run.mjs tests/simulation/split-causes.ts` writes the table of docs/statistics.md (two minutes of one core).
 */
import process from 'node:process';
import { markdownTable, replaceSection } from '../oracle/document.ts';
import { causesOf, faults } from './planted-splits.ts';

const drops = 40;
const cleanDrops = 500;
const told = 3;

const percent = (count: number, of: number) => `${((100 * count) / of).toFixed(1)} %`;
const rows = Object.entries(faults).map(([name, { right }]) => {
  const ranks = Array.from({ length: drops }, (_, seed) => {
    const causes = causesOf(name, seed);
    return { found: causes.length > 0, rank: causes.findIndex((cause) => right.includes(cause)) };
  });
  const within = (last: number) => ranks.filter(({ rank }) => rank >= 0 && rank < last).length;
  return [
    name,
    right.join(', '),
    percent(ranks.filter(({ found }) => found).length, drops),
    percent(within(1), drops),
    percent(within(told), drops),
  ];
});
const blamed = Array.from({ length: cleanDrops }, (_, seed) => causesOf('nothing', seed)).filter(
  (causes) => causes.length > 0,
).length;
const table = markdownTable(
  ['What goes wrong', 'Named', 'Anything named', 'Named first', 'Among the first three'],
  [...rows, ['nothing', 'nothing', percent(blamed, cleanDrops), '', '']],
);
process.stdout.write(`${table}\n`);
replaceSection('split-causes', table);
