import type { Moments } from '../../layers/statistics/moments.ts';
import { effectOverPooled, linearTrend } from '../../layers/statistics/trend.ts';
import { conversions, momentsFrom, purchases, type Random } from './samplers.ts';
import type { Scenario } from './scenario.ts';

const alpha = 0.05;
const days = 14;

/** Users observed on the k-th day since their exposure: each day fewer of them, who do less. */
const usersOn = (day: number) => Math.round(4000 * (1 - day / 16));
const rateOn = (day: number) => 0.05 * Math.exp(-day / 4) + 0.004;

type Draw = (random: Random) => Moments;

const buyers = (users: number, rate: number): Draw => {
  const draw = conversions(users, rate);
  return (random) => {
    const { n, sum } = draw(random);
    return { n, sum, sumSquares: sum };
  };
};
const revenue = (users: number, rate: number): Draw => {
  const draw = purchases(users, rate, { median: 2000, sigma: 1 });
  return (random) => momentsFrom(users, draw(random));
};

/** An effect that stays the same, which a trend is to take for falling as seldom as for rising. */
function trends(): Scenario[] {
  const settings = [
    { of: 'conversions, no effect', column: buyers, control: 1, lift: 0, repetitions: 10_000 },
    { of: 'conversions, +20 %', column: buyers, control: 1, lift: 0.2, repetitions: 10_000 },
    { of: 'conversions, no effect, 9 : 1 users', column: buyers, control: 9, lift: 0, repetitions: 10_000 },
    { of: 'revenue, no effect', column: revenue, control: 1, lift: 0, repetitions: 4000 },
  ];
  return settings.flatMap(({ of, column, control, lift, repetitions }) => {
    const draws = Array.from({ length: days }, (_, day) => ({
      control: column(control * usersOn(day), rateOn(day)),
      treatment: column(usersOn(day), rateOn(day) * (1 + lift)),
    }));
    const trend = (random: Random) => {
      const points = draws.flatMap((draw, x) => {
        const effect = effectOverPooled({ control: draw.control(random), treatment: draw.treatment(random) });
        return effect === null ? [] : [{ x, ...effect }];
      });
      return linearTrend(points);
    };
    return [
      { way: 'falls', sign: -1 },
      { way: 'grows', sign: 1 },
    ].map(
      ({ way, sign }): Scenario => ({
        method: `Trend since exposure, ${way}`,
        setting: `${days} days of ${of}`,
        measures: 'false positives',
        nominal: alpha / 2,
        promise: 'equal',
        repetitions,
        trial: (random) => {
          const found = trend(random);
          return found.reason === null && found.p < alpha && found.slope * sign > 0;
        },
      }),
    );
  });
}

export const sinceExposure: readonly Scenario[] = trends();
