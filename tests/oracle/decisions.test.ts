import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Cell } from '../simulation/decisions/cell.ts';
import { binomial, multinomial } from '../simulation/decisions/draws.ts';
import { noGuardrails, settings, shop, shopOf } from '../simulation/decisions/grid/shop.ts';
import { grid } from '../simulation/decisions/grid.ts';
import { randomFrom } from '../simulation/decisions/random.ts';
import decisionResults from '../simulation/decisions/results.json';
import { simulateCell } from '../simulation/decisions/simulate.ts';
import { type Result, summarise, tallyOfResult } from '../simulation/decisions/summary.ts';
import { table } from '../simulation/decisions/table.ts';
import { shopBehaviour, twoArms } from '../simulation/decisions/truth.ts';
import { configOf } from '../simulation/decisions/verdict.ts';
import { evidence, section } from './document.ts';

const lean = [noGuardrails, 'planned_end: 2024-02-14', 'cuped: null', 'secondary: []'];
const made = { seed: 'small', versions: { node: '', package: '' } };

function simulated(truth: Cell['truth'], experiments: number): Result {
  const cell: Cell = {
    group: '',
    name: JSON.stringify(truth),
    truth,
    yaml: settings(...lean),
    looks: [30],
    experiments,
    promises: [],
  };
  return summarise(cell, simulateCell(cell, made.seed, 0, experiments), made);
}

describe('of some hundred simulated experiments', () => {
  test('those without an effect ship no more often than half of alpha', () => {
    const { bands, rates } = simulated(shop(5000), 200);
    expect(bands.ship.lower).toBeLessThanOrEqual(0.025);
    expect(rates.do_not_ship).toBeGreaterThan(0.9);
  });

  test('those with an effect ship as often as the power says', () => {
    // 4 % to 6 %, 2,250 users an arm: the normal approximation gives 0.869.
    const { bands } = simulated(shop(5000, { conversion: 0.06 }, { conversion: 0.04 }), 120);
    expect(bands.ship.lower).toBeLessThan(0.869);
    expect(bands.ship.upper).toBeGreaterThan(0.869);
  });

  test('those with a broken split are invalid', () => {
    const { rates } = simulated(shopOf(5000, twoArms(shopBehaviour, {}, 0.42)), 20);
    expect(rates.invalid).toBe(1);
  });
});

test('every cell of the grid has a name of its own and an experiment.yaml that loads', () => {
  expect(new Set(grid.map(({ name }) => name)).size).toBe(grid.length);
  for (const cell of grid) expect(() => configOf(cell), cell.name).not.toThrow();
});

test('docs/statistics-evidence.md shows the committed results, which are of cells of the grid', () => {
  const results = decisionResults as unknown as Result[];
  const named = grid.filter(({ name }) => results.some(({ cell }) => cell === name));
  expect(results.map(({ cell }) => cell)).toEqual(named.map(({ name }) => name));
  expect(section('decisions', evidence)).toBe(table(results));
});

test('a cell gives the same counts however its experiments are shared out', () => {
  const [cell] = grid;
  if (cell === undefined) throw new Error('the grid is empty');
  const whole = simulateCell(cell, 'seed', 0, 4);
  expect(simulateCell(cell, 'seed', 0, 4)).toEqual(whole);
  expect(simulateCell(cell, 'other seed', 0, 4).users).not.toBe(whole.users);
  const parts = [simulateCell(cell, 'seed', 0, 1), simulateCell(cell, 'seed', 1, 4)];
  expect(parts.reduce((sum, { users }) => sum + users, 0)).toBe(whole.users);
});

test('a result can be gone on from', () => {
  const [cell] = grid;
  if (cell === undefined) throw new Error('the grid is empty');
  const tally = simulateCell(cell, 'seed', 0, 7);
  const { users, ...counted } = tallyOfResult(summarise(cell, tally, made));
  const { users: exact, ...rest } = tally;
  expect(counted).toEqual(rest);
  expect(Math.abs(users - exact)).toBeLessThanOrEqual(7 / 2);
});

test('what generates the experiments and their files imports nothing of the product', () => {
  const folder = path.join(PROJECT_ROOT, 'tests/simulation/decisions');
  const files = ['generate', 'history', 'csv'];
  for (const file of files) {
    const text = readFileSync(path.join(folder, `${file}.ts`), 'utf8');
    for (const [, from = ''] of text.matchAll(/from '([^']+)'/g)) {
      expect(from, `${file}.ts`).toMatch(/^\.\/[a-z]+\.ts$/);
      const name = path.basename(from, '.ts');
      if (!files.includes(name)) files.push(name);
    }
  }
  expect(files.toSorted()).toEqual([
    'calendar',
    'csv',
    'draws',
    'generate',
    'history',
    'random',
    'sink',
    'truth',
    'visits',
  ]);
});

describe('counts are drawn from their distribution', () => {
  test.each([
    [40, 0.1],
    [40, 0.9],
    [60, 0.3],
    [2000, 0.4],
  ])('Binomial(%d, %d)', (n, p) => {
    const random = randomFrom(`binomial ${n} ${p}`);
    const draws = 20_000;
    const seen = new Map<number, number>();
    for (let i = 0; i < draws; i++) {
      const k = binomial(random, n, p);
      seen.set(k, (seen.get(k) ?? 0) + 1);
    }
    let [chi2, classes, logMass] = [0, 0, n * Math.log1p(-p)];
    for (let k = 0; k <= n; k++) {
      const expected = draws * Math.exp(logMass);
      if (expected >= 5) {
        chi2 += ((seen.get(k) ?? 0) - expected) ** 2 / expected;
        classes++;
      }
      logMass += Math.log((n - k) / (k + 1)) + Math.log(p / (1 - p));
    }
    // Mean and deviation of a chi-square: five deviations are out of reach of chance.
    expect(classes).toBeGreaterThan(8);
    expect(chi2).toBeLessThan(classes + 5 * Math.sqrt(2 * classes));
  });

  test('a multinomial hands out every user', () => {
    const counts = multinomial(randomFrom('multinomial'), 1000, [0.2, 0.5, 0.3]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
  });
});
