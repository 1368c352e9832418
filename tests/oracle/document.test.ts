import { expect, test } from 'vitest';
import { mutations } from '../mutation/mutations.ts';
import mutationResults from '../mutation/results.json';
import { table as mutationTable } from '../mutation/table.ts';
import simulationResults from '../simulation/results.json';
import type { Result } from '../simulation/scenario.ts';
import { scenarios } from '../simulation/scenarios.ts';
import { table as simulationTable } from '../simulation/table.ts';
import { evidence, section } from './document.ts';

test('docs/statistics-evidence.md shows the committed simulations, which are those of the scenarios', () => {
  expect(section('simulation', evidence)).toBe(simulationTable(simulationResults as unknown as Result[]));
  expect(
    simulationResults.map(({ method, setting, measures, repetitions }) => [
      method,
      setting,
      measures,
      repetitions,
    ]),
  ).toEqual(
    scenarios.map(({ method, setting, measures, repetitions }) => [method, setting, measures, repetitions]),
  );
});

test('docs/statistics-evidence.md shows the committed mutations, all of which the tests noticed', () => {
  expect(section('mutation', evidence)).toBe(mutationTable(mutationResults));
  expect(mutationResults.map(({ file, breaks }) => [file, breaks])).toEqual(
    mutations.map(({ file, breaks }) => [file, breaks]),
  );
  expect(mutationResults.filter(({ noticed }) => !noticed)).toEqual([]);
});
