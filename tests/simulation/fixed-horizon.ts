import { adjustmentSlopes, compareAdjusted } from '../../layers/statistics/adjustment.ts';
import type { Effect, Interval } from '../../layers/statistics/effect.ts';
import { compareMeans } from '../../layers/statistics/mean.ts';
import { testNonInferiority } from '../../layers/statistics/non-inferiority.ts';
import { sampleSizeForMean, sampleSizeForProportion } from '../../layers/statistics/power.ts';
import { compareProportions, newcombeInterval, proportionLift } from '../../layers/statistics/proportion.ts';
import { compareQuantiles, type QuantileSample, quantileRanks } from '../../layers/statistics/quantile.ts';
import { compareRatios } from '../../layers/statistics/ratio.ts';
import { aggregatesOfPair } from '../oracle/sums.ts';
import {
  conversions,
  geometric,
  momentsFrom,
  normal,
  pairMomentsFrom,
  purchases,
  type Random,
} from './samplers.ts';
import type { Scenario } from './scenario.ts';

const alpha = 0.05;

export const significant = (effect: Effect<string>): boolean =>
  effect.reason === null && effect.test.p < alpha;
/** Where there is no interval nothing is claimed: Fieller's is unbounded then. */
const covers = (interval: Interval | null, truth: number): boolean =>
  interval === null || (interval[0] <= truth && truth <= interval[1]);

const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;

// --- proportions -----------------------------------------------------------------------------------------------

function proportions(): Scenario[] {
  const settings = [
    { n: [2000, 2000], rate: 0.01 },
    { n: [20_000, 20_000], rate: 0.01 },
    {
      n: [18_000, 2000],
      rate: 0.01,
      deviation: 'some 20 conversions in the small arm: the discrete, skewed counts show',
    },
    { n: [5000, 5000], rate: 0.05 },
    { n: [9000, 1000], rate: 0.1 },
    { n: [1000, 1000], rate: 0.5 },
  ] as const;
  return settings.flatMap((setting) => {
    const { n, rate } = setting;
    const deviation = 'deviation' in setting ? { deviation: setting.deviation } : {};
    const lift = rate * 0.2;
    const control = conversions(n[0], rate);
    const same = conversions(n[1], rate);
    const better = conversions(n[1], rate + lift);
    const name = `${n[0]} and ${n[1]} users at ${percent(rate)}`;
    const base = { setting: name, repetitions: 40_000, promise: 'equal', ...deviation } as const;
    const arms = (random: Random) => ({ control: control(random), treatment: better(random), alpha });
    const coverage = { ...base, measures: 'coverage', nominal: 1 - alpha } as const;
    return [
      {
        ...base,
        method: 'Proportion, unpooled z',
        measures: 'false positives',
        nominal: alpha,
        trial: (random) =>
          significant(compareProportions({ control: control(random), treatment: same(random), alpha })),
      },
      {
        ...coverage,
        method: 'Proportion, Wald interval',
        trial: (random) => covers(compareProportions(arms(random)).absoluteCi, lift),
      },
      {
        ...coverage,
        method: 'Proportion, Fieller interval of the relative lift',
        trial: (random) => covers(compareProportions(arms(random)).relativeCi, 0.2),
      },
      {
        ...coverage,
        method: 'Proportion, Newcombe interval',
        trial: (random) => covers(newcombeInterval(arms(random)), lift),
      },
    ] satisfies Scenario[];
  });
}

function powerOfProportion(): Scenario {
  const plan = { alpha, power: 0.8, baseline: 0.1, lift: 0.02 };
  const { control, treatment } = sampleSizeForProportion(plan);
  const [c, t] = [conversions(control, 0.1), conversions(treatment, 0.12)];
  return {
    method: 'Proportion, planned sample size',
    setting: `${control} users an arm, 10 % to 12 %`,
    measures: 'power',
    nominal: 0.8,
    promise: 'equal',
    repetitions: 40_000,
    trial: (random) => significant(compareProportions({ control: c(random), treatment: t(random), alpha })),
  };
}

// --- means, capped means -----------------------------------------------------------------------------------------

const meanOfBuyer = (sigma: number) => 2000 * Math.exp(sigma ** 2 / 2);

function means(): Scenario[] {
  const settings = [
    { n: [4000, 4000], rate: 0.05, sigma: 1 },
    {
      n: [3600, 400],
      rate: 0.05,
      sigma: 1,
      deviation: 'twenty buyers with skewed amounts in the small arm: Welch is liberal there',
    },
    { n: [1000, 1000], rate: 0.5, sigma: 0.5 },
    {
      n: [1000, 1000],
      rate: 0.02,
      sigma: 1.5,
      deviation: 'twenty buyers an arm, one of whom may make up half of the revenue: Welch is conservative',
    },
  ] as const;
  return settings.flatMap((setting) => {
    const { n, rate, sigma } = setting;
    const deviation = 'deviation' in setting ? { deviation: setting.deviation } : {};
    const own = { median: 2000, sigma };
    const control = purchases(n[0], rate, own);
    const treatment = purchases(n[1], rate, own);
    const more = purchases(n[1], rate * 1.3, own);
    const lift = 0.3 * rate * meanOfBuyer(sigma);
    const name = `revenue of ${n[0]} and ${n[1]} users, ${percent(rate)} buy, log sd ${sigma}`;
    const base = { setting: name, repetitions: 10_000, promise: 'equal', ...deviation } as const;
    const effect = (random: Random, other: typeof treatment) =>
      compareMeans({
        control: momentsFrom(n[0], control(random)),
        treatment: momentsFrom(n[1], other(random)),
        alpha,
      });
    return [
      {
        ...base,
        method: 'Mean, Welch t',
        measures: 'false positives',
        nominal: alpha,
        trial: (random) => significant(effect(random, treatment)),
      },
      {
        ...base,
        method: 'Mean, Welch interval',
        measures: 'coverage',
        nominal: 1 - alpha,
        trial: (random) => covers(effect(random, more).absoluteCi, lift),
      },
      {
        ...base,
        method: 'Mean, Fieller interval of the relative lift',
        measures: 'coverage',
        nominal: 1 - alpha,
        trial: (random) => covers(effect(random, more).relativeCi, 0.3),
      },
    ] satisfies Scenario[];
  });
}

function powerOfMean(): Scenario {
  const rate = 0.2;
  const mean = meanOfBuyer(0.5);
  const variance = rate * 2000 ** 2 * Math.exp(2 * 0.25) - (rate * mean) ** 2;
  const lift = 0.15 * rate * mean;
  const { control, treatment } = sampleSizeForMean({ alpha, power: 0.8, variance, lift });
  // The lift comes from larger amounts; the variance grows with it, which the plan takes as equal.
  const c = purchases(control, rate, { median: 2000, sigma: 0.5 });
  const t = purchases(treatment, rate, { median: 2000 * 1.15, sigma: 0.5 });
  return {
    method: 'Mean, planned sample size',
    setting: `revenue of ${control} users an arm, +15 %`,
    measures: 'power',
    nominal: 0.8,
    promise: 'equal',
    deviation:
      'larger amounts vary more too, which a plan from the variance before the experiment cannot know',
    repetitions: 4000,
    trial: (random) =>
      significant(
        compareMeans({
          control: momentsFrom(control, c(random)),
          treatment: momentsFrom(treatment, t(random)),
          alpha,
        }),
      ),
  };
}

function cappedMeans(): Scenario[] {
  const n = 3000;
  const draw = purchases(n, 0.05, { median: 2000, sigma: 1.5 });
  return [0.95, 0.99].map((percentile) => ({
    method: 'Capped mean, Welch t',
    setting: `${n} users an arm, 5 % buy, log sd 1.5, cap at ${percent(percentile)} of buyers of both arms`,
    measures: 'false positives',
    nominal: alpha,
    promise: 'equal',
    repetitions: 10_000,
    trial: (random) => {
      const [c, t] = [draw(random), draw(random)];
      const ordered = Float64Array.from([...c, ...t]).sort();
      const cap = ordered[Math.ceil(ordered.length * percentile) - 1] ?? 0;
      const capped = (amounts: number[]) =>
        momentsFrom(
          n,
          amounts.map((amount) => Math.min(amount, cap)),
        );
      return significant(compareMeans({ control: capped(c), treatment: capped(t), alpha }));
    },
  }));
}

// --- ratios, CUPED -------------------------------------------------------------------------------------------------

/** Users with sessions, some of which end in an order: a user's sessions share a taste, so orders are clustered. */
function sessions(n: number, conversion: number) {
  return (random: Random) => {
    const pairs: [number, number][] = [];
    for (let i = 0; i < n; i++) {
      const visits = 1 + geometric(random, 0.5);
      const taste = conversion * 2 * random();
      let orders = 0;
      for (let visit = 0; visit < visits; visit++) if (random() < taste) orders++;
      pairs.push([orders, visits]);
    }
    return pairMomentsFrom(n, pairs);
  };
}

function ratios(): Scenario[] {
  const [n, small] = [800, 300];
  const [control, treatment] = [sessions(n, 0.1), sessions(small, 0.1)];
  const more = sessions(small, 0.13);
  const base = {
    setting: `orders per session of ${n} and ${small} users`,
    repetitions: 6000,
    promise: 'equal',
  } as const;
  const effect = (random: Random, other: typeof treatment) =>
    compareRatios({ control: control(random), treatment: other(random), alpha });
  return [
    {
      ...base,
      method: 'Ratio, delta method',
      measures: 'false positives',
      nominal: alpha,
      trial: (random) => significant(effect(random, treatment)),
    },
    {
      ...base,
      method: 'Ratio, interval of the delta method',
      measures: 'coverage',
      nominal: 1 - alpha,
      trial: (random) => covers(effect(random, more).absoluteCi, 0.03),
    },
    {
      ...base,
      method: 'Ratio, Fieller interval of the relative lift',
      measures: 'coverage',
      nominal: 1 - alpha,
      trial: (random) => covers(effect(random, more).relativeCi, 0.3),
    },
  ];
}

/** Users whose metric after exposure and covariate before share a skewed taste. */
function habits(n: number, lift: number) {
  return (random: Random) => {
    const pairs: [number, number][] = [];
    for (let i = 0; i < n; i++) {
      const taste = 100 * Math.exp(normal(random));
      const after = random() < 0.6 ? Math.round(taste * (0.5 + random())) : 0;
      pairs.push([after + lift, random() < 0.6 ? Math.round(taste * (0.5 + random())) : 0]);
    }
    return pairMomentsFrom(n, pairs);
  };
}

function cuped(): Scenario[] {
  const [n, small] = [600, 400];
  const [control, treatment, better] = [habits(n, 0), habits(small, 0), habits(small, 30)];
  const base = {
    setting: `${n} and ${small} users, skewed metric and covariate`,
    repetitions: 4000,
    promise: 'equal',
  } as const;
  const effect = (random: Random, other: typeof treatment) => {
    const [c, t] = [aggregatesOfPair(control(random)), aggregatesOfPair(other(random))];
    const [metric, covariates] = [{ numerator: 'a' }, [{ numerator: 'b' }]];
    const slopes = adjustmentSlopes([c, t], metric, covariates);
    return compareAdjusted({ control: c, treatment: t, metric, covariates, slopes, alpha });
  };
  return [
    {
      ...base,
      method: 'CUPED, Welch t',
      measures: 'false positives',
      nominal: alpha,
      trial: (random) => significant(effect(random, treatment)),
    },
    {
      ...base,
      method: 'CUPED, interval',
      measures: 'coverage',
      nominal: 1 - alpha,
      trial: (random) => covers(effect(random, better).absoluteCi, 30),
    },
  ];
}

// --- quantiles -------------------------------------------------------------------------------------------------------

const z = 1.959963984540054;

function quantileSample(
  values: Float64Array,
  users: number,
  quantile: number,
  clusters?: number[],
): QuantileSample | null {
  const ordered = Float64Array.from(values).sort();
  const first = ordered[Math.ceil(values.length * quantile - 1e-9) - 1] ?? 0;
  const pairs = (): [number, number][] => {
    let at = 0;
    return (clusters ?? []).map((size) => {
      let below = 0;
      for (const end = at + size; at < end; at++) if ((values[at] ?? 0) <= first) below++;
      return [below, size];
    });
  };
  const ranks = quantileRanks(
    { observations: values.length, ...(clusters && { clusters: pairMomentsFrom(users, pairs()) }) },
    { quantile, z },
  );
  if (ranks === null) return null;
  const at = (rank: number) => BigInt(ordered[rank - 1] ?? 0);
  return { users, value: at(ranks.value), lower: at(ranks.lower), upper: at(ranks.upper), z };
}

function quantiles(): Scenario[] {
  const ofUsers = (n: number, quantile: number) => (random: Random) => {
    const values = Float64Array.from({ length: n }, () => Math.round(1e6 * Math.exp(normal(random))));
    return quantileSample(values, n, quantile);
  };
  const ofSessions = (users: number, quantile: number) => (random: Random) => {
    const sizes = Array.from({ length: users }, () => 1 + geometric(random, 0.4));
    const values = sizes.flatMap((size) => {
      const own = 0.7 * normal(random);
      return Array.from({ length: size }, () => Math.round(1e6 * Math.exp(own + 0.7 * normal(random))));
    });
    return quantileSample(Float64Array.from(values), users, quantile, sizes);
  };
  return [
    { of: 'users', draw: ofUsers, n: 1000, quantile: 0.5 },
    { of: 'users', draw: ofUsers, n: 1000, quantile: 0.9 },
    {
      of: 'users',
      draw: ofUsers,
      n: 2000,
      quantile: 0.99,
      deviation: 'twenty values above the quantile: its density is hard to know',
    },
    { of: 'sessions within users', draw: ofSessions, n: 600, quantile: 0.5 },
    { of: 'sessions within users', draw: ofSessions, n: 600, quantile: 0.9 },
  ].map(({ of, draw, n, quantile, deviation }) => {
    const sample = draw(n, quantile);
    return {
      method: `Quantile of ${of}`,
      setting: `${quantile} of ${n} users an arm, lognormal`,
      measures: 'false positives',
      nominal: alpha,
      promise: 'equal',
      repetitions: 3000,
      ...(deviation && { deviation }),
      trial: (random) =>
        significant(compareQuantiles({ control: sample(random), treatment: sample(random), alpha })),
    };
  });
}

/** Amounts that come in lumps: where there is no density to measure, nothing is to be claimed. */
function quantilesOfPrices(): Scenario[] {
  const [prices, shares] = [
    [1000, 2000, 3000, 4000, 9000],
    [0.5, 0.75, 0.9, 0.97],
  ];
  const price = (random: Random) => {
    const at = random();
    return prices[shares.filter((share) => share <= at).length] ?? 0;
  };
  const basket = (random: Random): number =>
    ([1990, 2990, 4990][Math.floor(3 * random())] ?? 0) + (random() < 0.3 ? basket(random) : 0);
  const rounded = (random: Random) => 1000 * Math.ceil(3 * Math.exp(normal(random)));
  return [
    { of: 'five price points, the quantile between two of them', draw: price, n: 1000, quantile: 0.97 },
    { of: 'baskets of three prices', draw: basket, n: 4000, quantile: 0.97 },
    { of: 'baskets of three prices', draw: basket, n: 2000, quantile: 0.99 },
    { of: 'lognormal amounts in steps of a third of the median', draw: rounded, n: 1000, quantile: 0.9 },
  ].map(({ of, draw, n, quantile }) => {
    const sample = (random: Random) =>
      quantileSample(
        Float64Array.from({ length: n }, () => draw(random)),
        n,
        quantile,
      );
    return {
      method: 'Quantile of few distinct values',
      setting: `${quantile} of ${n} users an arm, ${of}`,
      measures: 'false positives',
      nominal: alpha,
      promise: 'at most',
      repetitions: 3000,
      trial: (random) =>
        significant(compareQuantiles({ control: sample(random), treatment: sample(random), alpha })),
    };
  });
}

// --- non-inferiority -------------------------------------------------------------------------------------------------

function nonInferiority(): Scenario[] {
  return [0.02, 0.1, 0.5].map((rate) => {
    const [control, treatment] = [conversions(5000, rate), conversions(5000, rate * 0.9)];
    return {
      method: 'Non-inferiority, relative margin',
      setting: `5000 users an arm at ${percent(rate)}, in truth worse by the margin of 10 %`,
      measures: 'false positives',
      nominal: 0.025,
      promise: 'equal',
      repetitions: 40_000,
      trial: (random) => {
        const lift = proportionLift({ control: control(random), treatment: treatment(random) });
        const result = testNonInferiority(lift, {
          margin: { relative: 0.1 },
          better: 'higher',
          alpha: 0.025,
        });
        return result.reason === null && result.p < 0.025;
      },
    };
  });
}

export const fixedHorizon: readonly Scenario[] = [
  ...proportions(),
  powerOfProportion(),
  ...means(),
  powerOfMean(),
  ...cappedMeans(),
  ...ratios(),
  ...cuped(),
  ...quantiles(),
  ...quantilesOfPrices(),
  ...nonInferiority(),
];
