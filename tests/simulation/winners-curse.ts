/**
 * By how much significant lifts are too large, as they are found and as they are shrunken, where true lifts scatter by 5 %:
 * `node infrastructure/run.mjs tests/simulation/winners-curse.ts` writes the table of docs/statistics.md (some seconds).
 */
import process from 'node:process';
import { normalTwoSided } from '../../layers/statistics/distributions.ts';
import { shrunkenLift } from '../../layers/statistics/shrinkage.ts';
import { markdownTable, replaceSection } from '../oracle/document.ts';
import { normal, randomOf } from './samplers.ts';

const alpha = 0.05;
const repetitions = 100_000;
const scatter = 0.05;
const errors = [0.01, 0.025, 0.05, 0.1];
/** The scatter that the shrinking believes in. */
const priors = [0.025, 0.05, 0.1];

/** Mean distance beyond the truth, in the direction of what was found, of those found significant. */
function exaggeration(error: number): number[] {
  const random = randomOf(`winner's curse/${error}`);
  const totals = [0, ...priors.map(() => 0)];
  let found = 0;
  for (let i = 0; i < repetitions; i++) {
    const truth = scatter * normal(random);
    const value = truth + error * normal(random);
    if (normalTwoSided(value / error) >= alpha) continue;
    found += 1;
    const lift = { value, variance: error ** 2 };
    const shown = [value, ...priors.map((priorSd) => shrunkenLift(lift, { priorSd, alpha }).value)];
    for (const [k, own] of shown.entries()) {
      totals[k] = (totals[k] ?? 0) + Math.sign(value) * (own - truth);
    }
  }
  return totals.map((total) => total / found);
}

const points = (share: number) => `${(100 * share).toFixed(1).replace(/^-(0\.0)$/, '$1')} pp`;
const header = ['Standard error', 'As found', ...priors.map((sd) => `Shrunken by ${100 * sd} %`)];
const rows = errors.map((error) => [`${100 * error} %`, ...exaggeration(error).map(points)]);
const table = markdownTable(header, rows);
process.stdout.write(`${table}\n`);
replaceSection('winners-curse', table);
