/**
 * What CUPED leaves of the variance and how often its 95 % interval misses the effect: with the metric's own values before the exposure,
 * with whether a user has any past beside them, and with slopes of each arm's own:
 * `node infrastructure/run.mjs tests/simulation/adjustment.ts` writes the table of docs/statistics.md (two minutes of one core).
 */
import process from 'node:process';
import { expectedUsers } from '../../layers/analysis/enough-users.ts';
import { adjustmentSlopes, compareAdjusted, interactedSlopes } from '../../layers/statistics/adjustment.ts';
import { Aggregates, type ColumnPair } from '../../layers/statistics/aggregates.ts';
import { markdownTable, replaceSection } from '../oracle/document.ts';
import { normal, type Random, randomOf } from './samplers.ts';

const alpha = 0.05;
const repetitions = 1_000;

const columns = ['after', 'before', 'active'];
const pairs = columns.flatMap((a, i) => columns.slice(i).map((b): ColumnPair => [a, b]));
const metric = { numerator: 'after' };
const own = [{ numerator: 'before' }];
const both = [...own, { numerator: 'active' }];

interface Population {
  readonly name: string;
  /** What a user did after and before, and whether anything is known of the user from before. */
  readonly user: (
    random: Random,
    isTreated: boolean,
  ) => readonly [after: number, before: number, active: number];
  readonly effect: number;
}

const chance = (random: Random, p: number) => Number(random() < p);
const cents = (log: number) => Math.round(100 * Math.exp(3 + log));

const populations: readonly Population[] = [
  {
    name: 'conversion, half of the users new and eager',
    user(random) {
      const active = chance(random, 0.5);
      const before = active * chance(random, 0.2);
      return [chance(random, active === 0 ? 0.5 : before === 0 ? 0.03 : 0.3), before, active];
    },
    effect: 0,
  },
  {
    name: 'revenue, half of the users new',
    user(random) {
      const active = chance(random, 0.5);
      const taste = normal(random);
      const before = active * chance(random, 0.2) * cents(taste);
      const rate = active === 0 ? 0.02 : before === 0 ? 0.08 : 0.5;
      return [chance(random, rate) * cents(0.6 * taste + 0.8 * normal(random)), before, active];
    },
    effect: 0,
  },
  {
    name: 'events, the treatment doubles what a user does anyway',
    user(random, isTreated) {
      const taste = Math.exp(normal(random) / 2);
      const before = Math.floor(10 * taste + 2 * random());
      return [Math.floor(before * (isTreated ? 2 : 1) + 6 * random()), before, 1];
    },
    // The mean of floor(10 e^(z/2) + 2u), to which the floor adds what it takes: 10 e^(1/8) + 1 - 1/2.
    effect: 10 * Math.exp(1 / 8) + 0.5,
  },
  {
    name: 'conversion, a past that says nothing',
    user(random) {
      const active = chance(random, 0.5);
      return [chance(random, 0.1), active * chance(random, 0.3), active];
    },
    effect: 0,
  },
];

/** Users of the control and of the treatment. */
const sizes = [
  [2_500, 2_500],
  [9_000, 1_000],
  [18_000, 2_000],
] as const;

function draw(users: number, random: Random, { user }: Population, isTreated: boolean): Aggregates {
  const sums = new Map<string, number>();
  const add = (name: string, value: number) => sums.set(name, (sums.get(name) ?? 0) + value);
  for (let i = 0; i < users; i++) {
    const values = user(random, isTreated);
    for (const [a, name] of columns.entries()) {
      const value = values[a] ?? 0;
      if (value === 0) continue;
      add(name, value);
      for (let b = a; b < columns.length; b++) add(`${name} ${columns[b]}`, value * (values[b] ?? 0));
    }
  }
  const sum = (name: string) => BigInt(sums.get(name) ?? 0);
  return Aggregates.from(BigInt(users), { columns, pairs }, sum, (a, b) => sum(`${a} ${b}`));
}

const methods = ['unadjusted', 'own past', 'and whether there is one', 'and slopes of each arm'] as const;

function simulate(population: Population, [controls, treated]: (typeof sizes)[number]): string[] {
  const random = randomOf(`adjustment/${population.name}/${controls}/${treated}`);
  const width = methods.map(() => 0);
  const missed = methods.map(() => 0);
  let expected = 0;
  for (let i = 0; i < repetitions; i++) {
    const control = draw(controls, random, population, false);
    const treatment = draw(treated, random, population, true);
    expected += Math.min(
      ...columns.map((column) => expectedUsers(control.moments(column), treatment.moments(column))),
    );
    const arms = [control, treatment];
    const effects = [
      { covariates: [], slopes: adjustmentSlopes(arms, metric, []) },
      { covariates: own, slopes: adjustmentSlopes(arms, metric, own) },
      { covariates: both, slopes: adjustmentSlopes(arms, metric, both) },
      { covariates: both, slopes: interactedSlopes(control, treatment, metric, both) },
    ].map((adjustment) => compareAdjusted({ control, treatment, metric, ...adjustment, alpha }));
    for (const [m, { absoluteCi }] of effects.entries()) {
      if (absoluteCi === null) throw new Error('every arm has enough users for an interval');
      const [low, high] = absoluteCi;
      width[m] = (width[m] ?? 0) + (high - low) / repetitions;
      if (population.effect < low || population.effect > high) missed[m] = (missed[m] ?? 0) + 1;
    }
  }
  const plain = width[0] ?? 1;
  return [
    population.name,
    `${controls} : ${treated}`,
    String(Math.round(expected / repetitions)),
    ...methods.map((_, m) => {
      const left = ((width[m] ?? 0) / plain) ** 2;
      const share = m === 0 ? '' : `${(100 * left).toFixed(1)} %, `;
      return `${share}${((100 * (missed[m] ?? 0)) / repetitions).toFixed(1)} %`;
    }),
  ];
}

const rows = populations.flatMap((population) => sizes.map((size) => simulate(population, size)));
const table = markdownTable(['Metric', 'Users', 'Expected users', ...methods], rows);
process.stdout.write(`${table}\n`);
replaceSection('adjustment', table);
