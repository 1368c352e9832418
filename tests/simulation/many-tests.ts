import { correct } from '../../layers/analysis/families.ts';
import { dunnett } from '../../layers/statistics/dunnett.ts';
import { effectOf } from '../../layers/statistics/effect.ts';
import { liftsOfSegments, testHeterogeneity } from '../../layers/statistics/heterogeneity.ts';
import { fitLogit } from '../../layers/statistics/logit.ts';
import { averageMarginalEffect } from '../../layers/statistics/marginal-effect.ts';
import { benjaminiHochberg, holm } from '../../layers/statistics/multiplicity.ts';
import {
  compareProportions,
  proportionEstimate,
  proportionLift,
} from '../../layers/statistics/proportion.ts';
import { sampleRatioTest } from '../../layers/statistics/srm.ts';
import { binomial, conversions, type Random } from './samplers.ts';
import type { Scenario } from './scenario.ts';

const alpha = 0.05;

const p = (control: ReturnType<ReturnType<typeof conversions>>, treatment: typeof control): number => {
  const effect = compareProportions({ control, treatment, alpha });
  return effect.reason === null ? effect.test.p : 1;
};

function families(): Scenario[] {
  const same = conversions(1500, 0.1);
  const better = conversions(1500, 0.14);
  const nulls = (count: number) => (random: Random) =>
    Array.from({ length: count }, () => p(same(random), same(random)));
  const [four, ten] = [nulls(4), nulls(10)];
  const real = (random: Random) => Array.from({ length: 6 }, () => p(same(random), better(random)));
  return [
    {
      method: 'Holm, some of the family',
      setting: '10 metrics, none with an effect',
      measures: 'false positives',
      nominal: 1 - (1 - alpha / 10) ** 10,
      promise: 'equal',
      repetitions: 10_000,
      trial: (random) => holm(ten(random)).some((adjusted) => adjusted < alpha),
    },
    {
      method: 'Holm, some of the family',
      setting: '10 metrics, 6 of them with an effect',
      measures: 'false positives',
      nominal: alpha,
      promise: 'at most',
      repetitions: 10_000,
      trial: (random) =>
        holm([...four(random), ...real(random)])
          .slice(0, 4)
          .some((adjusted) => adjusted < alpha),
    },
    {
      method: 'Benjamini-Hochberg',
      setting: '10 metrics, 6 of them with an effect',
      measures: 'false discovery rate',
      nominal: alpha * 0.4,
      promise: 'equal',
      repetitions: 10_000,
      trial: (random) => {
        const found = benjaminiHochberg([...four(random), ...real(random)]).map(
          (adjusted) => adjusted < alpha,
        );
        const discoveries = found.filter(Boolean).length;
        return discoveries === 0 ? 0 : found.slice(0, 4).filter(Boolean).length / discoveries;
      },
    },
    {
      method: 'Dunnett, some of the treatments',
      setting: '3 treatments and a control, 1500 users each at 10 %',
      measures: 'false positives',
      nominal: alpha,
      promise: 'equal',
      repetitions: 4000,
      trial: (random) => {
        const control = same(random);
        const treatments = [same(random), same(random), same(random)];
        const adjusted = dunnett(
          proportionEstimate(control),
          treatments.map(proportionEstimate),
          treatments.map((treatment) => p(control, treatment)),
        );
        return adjusted.some((value) => value < alpha);
      },
    },
  ];
}

/** Of five metrics with a real effect, whether all corrected intervals cover theirs. */
function correctedIntervals(): Scenario[] {
  const same = conversions(1500, 0.1);
  const better = conversions(1500, 0.14);
  const levels = {
    'Corrected intervals of Holm, all of the family': (pValues: number[]) =>
      correct(pValues, alpha, 'holm').map(({ level }) => level),
    'Intervals at alpha / m, all of the family': (pValues: number[]) =>
      pValues.map(() => alpha / pValues.length),
  };
  return Object.entries(levels).map(
    ([method, levelsOf], i): Scenario => ({
      method,
      setting: '5 metrics, all with an effect',
      measures: 'coverage',
      nominal: 1 - alpha,
      promise: 'at least',
      ...(i === 0 && { deviation: 'each agrees with its own corrected p; they are not simultaneous' }),
      repetitions: 10_000,
      trial: (random) => {
        const estimates = Array.from({ length: 5 }, () =>
          proportionLift({ control: same(random), treatment: better(random) }),
        );
        const own = levelsOf(estimates.map((estimate) => effectOf(estimate, alpha).test?.p ?? 1));
        return estimates.every((estimate, k) => {
          const interval = effectOf(estimate, own[k] ?? alpha).absoluteCi;
          return interval !== null && interval[0] <= 0.04 && 0.04 <= interval[1];
        });
      },
    }),
  );
}

function trust(): Scenario[] {
  const users = 100_000;
  const [even, uneven] = [binomial(users, 0.5), binomial(users, 0.9)];
  const level = 0.001;
  const fails = (counts: number[], weights: number[]) => {
    const result = sampleRatioTest(
      counts.map((count, i) => ({ variant: `${i}`, users: count, weight: weights[i] ?? 0 })),
    );
    return result.reason === null && result.p < level;
  };
  const base = {
    method: 'Sample ratio test',
    nominal: level,
    promise: 'equal',
    repetitions: 200_000,
  } as const;
  return [
    {
      ...base,
      setting: `${users} users, 1 : 1`,
      measures: 'false positives',
      trial: (random) => {
        const a = even(random);
        return fails([a, users - a], [1, 1]);
      },
    },
    {
      ...base,
      setting: `${users} users, 9 : 1`,
      measures: 'false positives',
      trial: (random) => {
        const a = uneven(random);
        return fails([a, users - a], [9, 1]);
      },
    },
  ];
}

function interactions(): Scenario[] {
  const settings = [
    { of: 'no effect', users: [800, 1500, 600, 2500], rates: [0.05, 0.1, 0.2, 0.08], lift: 0 },
    { of: '+20 % in each', users: [20_000, 20_000], rates: [0.02, 0.06], lift: 0.2 },
    { of: '+50 % in each', users: [800, 1500, 600, 2500], rates: [0.05, 0.1, 0.2, 0.08], lift: 0.5 },
  ];
  return settings.map(({ of, users, rates, lift }) => {
    const levels = users.map((n, i) => {
      const rate = rates[i] ?? 0;
      return { control: conversions(n, rate), treatment: conversions(n, rate * (1 + lift)) };
    });
    const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
    const [fewest, most] = range(users);
    const [low, high] = range(rates).map((rate) => `${100 * rate} %`);
    return {
      method: "Interaction, Cochran's Q of log ratios",
      setting: `${users.length} segments of ${fewest} to ${most} users an arm at ${low} to ${high}, ${of}`,
      measures: 'false positives',
      nominal: alpha,
      promise: 'equal',
      repetitions: 10_000,
      trial: (random) => {
        const estimates = levels.flatMap(({ control, treatment }) => {
          const estimate = proportionLift({ control: control(random), treatment: treatment(random) });
          return estimate.reason === null ? [estimate] : [];
        });
        const result = testHeterogeneity(liftsOfSegments(estimates).segments);
        return result.reason === null && result.p < alpha;
      },
    };
  });
}

/** Regression on the treatment and what users did before: the average marginal effect against the true lift. */
function regression(): Scenario[] {
  const groups = [0, 1, 2, 3, 5].map((before) => {
    const rate = (treated: number) => 1 / (1 + Math.exp(2.2 - 0.3 * before - 0.25 * treated));
    return { before, users: 400, rate, draw: [0, 1].map((treated) => binomial(400, rate(treated))) };
  });
  const truth = groups.reduce((total, { rate }) => total + (rate(1) - rate(0)) / groups.length, 0);
  return (['model', 'robust'] as const).map((errors) => ({
    method: `Logit, average marginal effect, ${errors} errors`,
    setting: '2000 users an arm, one covariate from before exposure',
    measures: 'coverage',
    nominal: 1 - alpha,
    promise: 'equal',
    repetitions: 4000,
    trial: (random) => {
      const cells = groups.flatMap(({ before, users, draw }) =>
        draw.map((successes, treated) => ({
          x: [treated, before],
          trials: users,
          successes: successes(random),
        })),
      );
      const fit = fitLogit({ terms: ['is_treatment', 'before'], cells });
      if (fit.reason !== null) return false;
      const { ci } = averageMarginalEffect(fit, cells, 'is_treatment', { alpha, errors });
      return ci[0] <= truth && truth <= ci[1];
    },
  }));
}

export const manyTests: readonly Scenario[] = [
  ...families(),
  ...correctedIntervals(),
  ...trust(),
  ...interactions(),
  ...regression(),
];
