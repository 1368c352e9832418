import { effectOf } from '../../layers/statistics/effect.ts';
import type { Counts } from '../../layers/statistics/moments.ts';
import { proportionLift } from '../../layers/statistics/proportion.ts';
import { stratifiedLift } from '../../layers/statistics/stratified.ts';
import { conversions, type Random } from './samplers.ts';
import type { Scenario } from './scenario.ts';

const alpha = 0.05;

interface Drawn {
  readonly control: Counts;
  readonly treatment: Counts;
}

/** 9 : 1 among the users of a busy week, then half and half. */
const periods = [
  { users: [9000, 1000], rate: 0.06 },
  { users: [5000, 5000], rate: 0.05 },
] as const;

function drawn(lift: number): (random: Random) => Drawn[] {
  const draws = periods.map(({ users: [c, t], rate }) => ({
    control: conversions(c, rate),
    treatment: conversions(t, rate + lift),
  }));
  return (random) =>
    draws.map(({ control, treatment }) => ({ control: control(random), treatment: treatment(random) }));
}

function within(strata: readonly Drawn[]) {
  return effectOf(
    stratifiedLift(
      strata.map((arms) => ({
        estimate: proportionLift(arms),
        weight: Number(arms.control.n + arms.treatment.n),
      })),
    ),
    alpha,
  );
}

function together(strata: readonly Drawn[]) {
  const all = (arm: keyof Drawn) =>
    strata.reduce((sum, own) => ({ n: sum.n + own[arm].n, sum: sum.sum + own[arm].sum }), { n: 0n, sum: 0n });
  return effectOf(proportionLift({ control: all('control'), treatment: all('treatment') }), alpha);
}

const setting = '9000 and 1000 users at 6 %, then 5000 and 5000 at 5 %';
const [none, some] = [drawn(0), drawn(0.01)];

export const ramp: readonly Scenario[] = [
  {
    method: 'Ramp, lift within periods',
    setting,
    measures: 'false positives',
    nominal: alpha,
    promise: 'equal',
    repetitions: 40_000,
    trial: (random) => (within(none(random)).test?.p ?? 1) < alpha,
  },
  {
    method: 'Ramp, interval of the lift within periods',
    setting: `${setting}, one point more in both`,
    measures: 'coverage',
    nominal: 1 - alpha,
    promise: 'equal',
    repetitions: 40_000,
    trial: (random) => {
      const { absoluteCi } = within(some(random));
      return absoluteCi !== null && absoluteCi[0] <= 0.01 && 0.01 <= absoluteCi[1];
    },
  },
  {
    method: 'Ramp, all users together',
    setting,
    measures: 'false positives',
    nominal: alpha,
    promise: 'equal',
    deviation: 'the arms have different shares of the busy week, which is why it is invalid unless declared',
    repetitions: 40_000,
    trial: (random) => (together(none(random)).test?.p ?? 1) < alpha,
  },
];
