/**
 * Simulates experiments to see what each method promises: `node infrastructure/run.mjs tests/simulation/run.ts [--fast | --new]`.
 * The full run writes results.json and the table of docs/statistics-evidence.md; --new does the scenarios that results.json does not
 * have and keeps the others' results; --fast does a twentieth of all and writes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { evidence, replaceSection } from '../oracle/document.ts';
import { type Result, simulate } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { table } from './table.ts';

const fast = process.argv.includes('--fast');
const file = path.join(PROJECT_ROOT, 'tests/simulation/results.json');
const known: readonly Result[] = process.argv.includes('--new') ? JSON.parse(readFileSync(file, 'utf8')) : [];
const results = scenarios.map((scenario) => {
  const before = known.find(
    ({ method, setting, measures, repetitions }) =>
      method === scenario.method &&
      setting === scenario.setting &&
      measures === scenario.measures &&
      repetitions === scenario.repetitions,
  );
  if (before !== undefined) return before;
  const result = simulate(scenario, fast ? Math.ceil(scenario.repetitions / 20) : scenario.repetitions);
  const mark = result.kept ? 'kept' : result.deviation === null ? 'BROKEN' : 'explained';
  process.stdout.write(
    `${mark.padEnd(10)}${result.measured.toFixed(4)} of ${result.nominal.toFixed(4)}  ${result.method}; ${result.setting}\n`,
  );
  return result;
});
if (!fast) {
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  replaceSection('simulation', table(results), evidence);
}
const broken = results.filter(({ kept, deviation }) => !kept && deviation === null);
process.stdout.write(
  `${results.length} scenarios, ${broken.length} outside their band without a known reason\n`,
);
process.exitCode = broken.length === 0 ? 0 : 1;
