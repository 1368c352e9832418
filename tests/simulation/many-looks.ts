import type { Counts } from '../../layers/statistics/moments.ts';
import { sampleSizeForProportion } from '../../layers/statistics/power.ts';
import { compareProportions, proportionLift } from '../../layers/statistics/proportion.ts';
import {
  alwaysValidEffect,
  groupSequentialLooks,
  obrienFlemingSpending,
  pocockSpending,
  quadraticSpending,
} from '../../layers/statistics/sequential.ts';
import { alwaysValidInflation, groupSequentialInflation } from '../../layers/statistics/sequential-power.ts';
import { conversions, type Random } from './samplers.ts';
import type { Scenario } from './scenario.ts';

const alpha = 0.05;

interface Arms {
  readonly control: Counts;
  readonly treatment: Counts;
}

const plus = (a: Counts, b: Counts): Counts => ({ n: a.n + b.n, sum: a.sum + b.sum });

/** Whether some look at a growing experiment is significant. */
function anyLook(
  random: Random,
  day: { control: ReturnType<typeof conversions>; treatment: ReturnType<typeof conversions> },
  looks: number,
  decide: (arms: Arms, look: number) => boolean,
): boolean {
  let arms: Arms = { control: { n: 0n, sum: 0n }, treatment: { n: 0n, sum: 0n } };
  for (let look = 0; look < looks; look++) {
    arms = {
      control: plus(arms.control, day.control(random)),
      treatment: plus(arms.treatment, day.treatment(random)),
    };
    if (decide(arms, look)) return true;
  }
  return false;
}

const perDay = (n: number, rate: number, lift = 0) => ({
  control: conversions(n, rate),
  treatment: conversions(n, rate + lift),
});

const alwaysValid = (tunedFor: number) => (arms: Arms) => {
  const effect = alwaysValidEffect(proportionLift(arms), { alpha, tunedFor });
  return effect.reason === null && effect.test.p < alpha;
};

function peeking(): Scenario[] {
  const days = 28;
  const setting = `${days} daily looks, 300 users an arm and day at 10 %`;
  const day = perDay(300, 0.1);
  const base = { setting, measures: 'false positives', nominal: alpha, repetitions: 10_000 } as const;
  return [
    {
      ...base,
      method: 'Fixed test, looked at daily',
      promise: 'equal',
      deviation: 'this is what looking does to a fixed test, and why the others exist',
      trial: (random) =>
        anyLook(random, day, days, (arms) => {
          const effect = compareProportions({ ...arms, alpha });
          return effect.reason === null && effect.test.p < alpha;
        }),
    },
    {
      ...base,
      method: 'Always valid, tuned for the end',
      promise: 'at most',
      trial: (random) => anyLook(random, day, days, alwaysValid(2 * 300 * days)),
    },
    {
      ...base,
      method: 'Always valid, tuned for day 3',
      promise: 'at most',
      trial: (random) => anyLook(random, day, days, alwaysValid(2 * 300 * 3)),
    },
  ];
}

const spendings = [
  ['quadratic', quadraticSpending],
  ["O'Brien-Fleming", obrienFlemingSpending],
  ['Pocock', pocockSpending],
] as const;

function groupSequential(): Scenario[] {
  return spendings.flatMap(([name, spending]) => {
    const information = [0.2, 0.4, 0.6, 0.8, 1];
    const looks = groupSequentialLooks(information, alpha, spending);
    const decide = (arms: Arms, look: number) => {
      const level = looks[look]?.alpha ?? 0;
      const effect = compareProportions({ ...arms, alpha: level });
      return effect.reason === null && effect.test.p < level;
    };
    const plan = { alpha, power: 0.8, baseline: 0.1, lift: 0.02 };
    const inflation = groupSequentialInflation({ information, alpha, power: 0.8, spending });
    const each = Math.ceil(sampleSizeForProportion({ ...plan, inflation }).control / 5);
    const [same, better] = [perDay(each, 0.1), perDay(each, 0.1, 0.02)];
    const base = {
      method: `Group sequential, ${name} spending`,
      promise: 'equal',
      repetitions: 20_000,
    } as const;
    return [
      {
        ...base,
        setting: `5 looks, ${each} users an arm and look at 10 %`,
        measures: 'false positives',
        nominal: alpha,
        trial: (random) => anyLook(random, same, 5, decide),
      },
      {
        ...base,
        setting: `5 looks, ${each} users an arm and look, 10 % to 12 %`,
        measures: 'power',
        nominal: 0.8,
        trial: (random) => anyLook(random, better, 5, decide),
      },
    ] satisfies Scenario[];
  });
}

function alwaysValidPower(): Scenario {
  const inflation = alwaysValidInflation({ alpha, power: 0.8 });
  const users = sampleSizeForProportion({ alpha, power: 0.8, baseline: 0.1, lift: 0.02, inflation }).control;
  const each = Math.ceil(users / 14);
  const day = perDay(each, 0.1, 0.02);
  return {
    method: 'Always valid, planned sample size',
    setting: `14 looks, ${each} users an arm and look, 10 % to 12 %`,
    measures: 'power',
    nominal: 0.8,
    promise: 'at least',
    repetitions: 5000,
    trial: (random) => anyLook(random, day, 14, alwaysValid(2 * each * 14)),
  };
}

export const manyLooks: readonly Scenario[] = [...peeking(), ...groupSequential(), alwaysValidPower()];
