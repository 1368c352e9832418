/**
 * Simulates whole experiments to see what the decision rule does: `npm run simulate:decisions -- [options]`.
 * --only <text>: cells whose group or name has it; --experiments <n>: so many of each; --threads <n>; --seed <text>;
 * --dry: leaves results.json and docs/statistics-evidence.md as they are. Results of other cells stay.
 * Stopped early, it leaves what there is of each cell; --more goes on from there, while rule and seed are the same.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { evidence, replaceSection } from '../../oracle/document.ts';
import type { Cell } from './cell.ts';
import { grid } from './grid.ts';
import { type Result, summarise, tallyOfResult } from './summary.ts';
import { table } from './table.ts';
import type { Tally } from './tally.ts';
import { serveJobs, simulateCells } from './workers.ts';

const file = path.join(PROJECT_ROOT, 'tests/simulation/decisions/results.json');

const { version } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8'));
const versions = { node: process.versions.node, package: String(version) };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      experiments: { type: 'string' },
      threads: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      more: { type: 'boolean', default: false },
      dry: { type: 'boolean', default: false },
    },
  });
  const cells = grid
    .filter(({ group, name }) => `${group}: ${name}`.includes(values.only))
    .map((cell) =>
      values.experiments === undefined ? cell : { ...cell, experiments: Number(values.experiments) },
    );
  await simulateCells(cells, values.seed, {
    entry: new URL(import.meta.url),
    threads: Number(values.threads),
    before: (cell) => (values.more ? known(cell) : undefined),
    added(cell, tally) {
      const result = summarise(cell, tally, { seed: values.seed, versions });
      if (tally.experiments === cell.experiments) process.stdout.write(`${lineOf(result)}\n`);
      if (!values.dry) keep(result);
    },
  });
}

function lineOf({ group, cell, experiments, rates, power, promises }: Result): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const shown = Object.entries(rates).filter(([, rate]) => rate > 0);
  const broken = promises.filter(({ kept }) => !kept);
  return [
    `${broken.length === 0 ? 'kept  ' : 'BROKEN'} ${group}: ${cell} (${experiments})`,
    ...shown.map(([rate, share]) => `${rate} ${percent(share)}`),
    ...(power === null ? [] : [`power ${percent(power.found)} of ${percent(power.promised)}`]),
    ...broken.map(({ rate, is, value }) => `NOT ${rate} ${is} ${percent(value)}`),
  ].join('; ');
}

function readResults(): Result[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

function known(cell: Cell): Tally | undefined {
  const result = readResults().find((found) => found.cell === cell.name);
  return result === undefined ? undefined : tallyOfResult(result);
}

/** Puts a result into results.json and the document, those of cells that the grid no longer has out. */
function keep(result: Result): void {
  const before = readResults();
  const cells = grid.flatMap(({ name }) => {
    if (name === result.cell) return [result];
    return before.filter(({ cell }) => cell === name);
  });
  writeFileSync(file, `${JSON.stringify(cells, null, 2)}\n`);
  replaceSection('decisions', table(cells), evidence);
}

if (isMainThread) await main();
else serveJobs();
