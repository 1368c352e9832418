import { describe, expect, test } from 'vitest';
import { compareAdjustedMeans, cupedSlope } from '../../layers/statistics/cuped.ts';
import type { Effect } from '../../layers/statistics/effect.ts';
import { compareMeans } from '../../layers/statistics/mean.ts';
import {
  EMPTY_MOMENTS,
  type Moments,
  mergeMoments,
  momentsOf,
  pairMomentsOf,
} from '../../layers/statistics/moments.ts';
import { testNonInferiority } from '../../layers/statistics/non-inferiority.ts';
import { compareProportions, newcombeInterval, proportionLift } from '../../layers/statistics/proportion.ts';
import { compareRatios } from '../../layers/statistics/ratio.ts';
import { alwaysValidEffect, groupSequentialLooks } from '../../layers/statistics/sequential.ts';

/** Repeatable uniform numbers (mulberry32), so that a simulation is the same everywhere. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Arms {
  readonly control: Moments;
  readonly treatment: Moments;
}

const REPETITIONS = 2000;
const alpha = 0.05;

function share(seed: number, happens: (random: () => number) => boolean): number {
  const random = uniform(seed);
  let count = 0;
  for (let i = 0; i < REPETITIONS; i++) if (happens(random)) count++;
  return count / REPETITIONS;
}

/** Within four standard errors of the simulation. */
function expectShare(actual: number, nominal: number): void {
  const slack = 4 * Math.sqrt((nominal * (1 - nominal)) / REPETITIONS);
  expect(Math.abs(actual - nominal), `${actual} against ${nominal}`).toBeLessThan(slack);
}

const significant = (effect: Effect) => effect.reason === null && effect.test.p < alpha;

function successes(random: () => number, n: number, rate: number): { n: bigint; sum: bigint } {
  let sum = 0n;
  for (let i = 0; i < n; i++) if (random() < rate) sum++;
  return { n: BigInt(n), sum };
}

/** Cents of a user: most spend nothing, the others a skewed amount. */
const revenue = (random: () => number) =>
  random() < 0.2 ? BigInt(Math.round(2000 * Math.exp(1.5 * (random() + random() - 1)))) : 0n;

const users = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);

describe('without an effect a test is significant as often as its level says', () => {
  test('proportions', () => {
    const rate = share(1, (random) =>
      significant(
        compareProportions({
          control: successes(random, 800, 0.1),
          treatment: successes(random, 800, 0.1),
          alpha,
        }),
      ),
    );
    expectShare(rate, alpha);
  });

  test('means of skewed revenue in unequal arms', () => {
    const rate = share(2, (random) => {
      const arm = (n: number) => momentsOf(users(n, () => revenue(random)));
      return significant(compareMeans({ control: arm(300), treatment: arm(150), alpha }));
    });
    expectShare(rate, alpha);
  });

  test('ratios of revenue to orders', () => {
    const order = (random: () => number) => {
      const orders = Math.floor(random() * 3);
      let cents = 0n;
      for (let i = 0; i < orders; i++) cents += 500n + revenue(random);
      return [cents, BigInt(orders)] as const;
    };
    const rate = share(3, (random) => {
      const arm = () => pairMomentsOf(users(200, () => order(random)));
      return significant(compareRatios({ control: arm(), treatment: arm(), alpha }));
    });
    expectShare(rate, alpha);
  });

  test('means adjusted by a covariate', () => {
    const rate = share(4, (random) => {
      const arm = () =>
        pairMomentsOf(
          users(150, () => {
            const before = revenue(random);
            return [before / 2n + revenue(random), before] as const;
          }),
        );
      const [control, treatment] = [arm(), arm()];
      const slope = cupedSlope([control, treatment]);
      return significant(compareAdjustedMeans({ control, treatment, slope, alpha }));
    });
    expectShare(rate, alpha);
  });

  test('non-inferiority at the very margin', () => {
    const rate = share(5, (random) => {
      const control = successes(random, 1000, 0.2);
      const treatment = successes(random, 1000, 0.2 * 0.9);
      const plan = { margin: { relative: 0.1 }, better: 'higher', alpha } as const;
      const result = testNonInferiority(proportionLift({ control, treatment }), plan);
      return result.reason === null && result.p < alpha;
    });
    expectShare(rate, alpha);
  });
});

describe('intervals cover the true lift as often as they say', () => {
  const covers = (interval: readonly [number, number] | null, truth: number) =>
    interval !== null && interval[0] <= truth && truth <= interval[1];
  const draw = (random: () => number) => ({
    control: successes(random, 900, 0.1),
    treatment: successes(random, 900, 0.13),
    alpha,
  });

  test('absolute', () => {
    expectShare(
      share(6, (random) => covers(compareProportions(draw(random)).absoluteCi, 0.03)),
      0.95,
    );
  });

  test('relative, after Fieller', () => {
    expectShare(
      share(7, (random) => covers(compareProportions(draw(random)).relativeCi, 0.3)),
      0.95,
    );
  });

  test('absolute, after Newcombe', () => {
    expectShare(
      share(8, (random) => covers(newcombeInterval(draw(random)), 0.03)),
      0.95,
    );
  });
});

describe('looking many times without an effect', () => {
  const looks = 14;

  function day(random: () => number): Moments {
    const { n, sum } = successes(random, 60, 0.3);
    return { n, sum, sumSquares: sum };
  }

  /** Whether any look at a growing experiment without effect is significant. */
  function anyLook(random: () => number, decide: (arms: Arms, look: number) => boolean): boolean {
    let arms: Arms = { control: EMPTY_MOMENTS, treatment: EMPTY_MOMENTS };
    for (let look = 0; look < looks; look++) {
      arms = {
        control: mergeMoments(arms.control, day(random)),
        treatment: mergeMoments(arms.treatment, day(random)),
      };
      if (decide(arms, look)) return true;
    }
    return false;
  }

  test('the fixed test is wrong several times as often as its level', () => {
    const rate = share(9, (random) =>
      anyLook(random, (arms) => significant(compareProportions({ ...arms, alpha }))),
    );
    expect(rate).toBeGreaterThan(3 * alpha);
  });

  test('the always valid one keeps it', () => {
    const rate = share(10, (random) =>
      anyLook(random, (arms) => {
        const effect = alwaysValidEffect(proportionLift(arms), { alpha, tunedFor: 1680 });
        return effect.reason === null && effect.test.p < alpha;
      }),
    );
    expect(rate).toBeLessThan(alpha);
  });

  test('the group sequential one spends it', () => {
    const information = Array.from({ length: looks }, (_, i) => (i + 1) / looks);
    const plan = groupSequentialLooks(information, alpha);
    const rate = share(11, (random) =>
      anyLook(random, (arms, look) => {
        const level = plan[look]?.alpha ?? 0;
        const effect = compareProportions({ ...arms, alpha: level });
        return effect.reason === null && effect.test.p < level;
      }),
    );
    expectShare(rate, alpha);
  });
});
