import { expect, test } from 'vitest';
import { adjustmentSlopes, compareAdjusted, type Quantity } from '../../layers/statistics/adjustment.ts';
import type { Aggregates } from '../../layers/statistics/aggregates.ts';
import { posteriorOf, relativeEstimate } from '../../layers/statistics/bayes.ts';
import { normalCdf, normalCritical } from '../../layers/statistics/distributions.ts';
import {
  type Effect,
  effectOf,
  type InestimableEffect,
  type LiftEstimate,
  welchLift,
} from '../../layers/statistics/effect.ts';
import { compareMeans, meanLift } from '../../layers/statistics/mean.ts';
import { benjaminiHochberg, benjaminiYekutieli, holm } from '../../layers/statistics/multiplicity.ts';
import {
  compareProportions,
  pooledZTest,
  proportionEstimate,
  proportionLift,
} from '../../layers/statistics/proportion.ts';
import { compareRatios, ratioLift } from '../../layers/statistics/ratio.ts';
import { alwaysValidEffect, groupSequentialLooks } from '../../layers/statistics/sequential.ts';
import { sampleRatioTest } from '../../layers/statistics/srm.ts';
import { describeAgainst, expectClose } from './close.ts';
import gbstats from './fixtures/gbstats.json';
import spotify from './fixtures/spotify-confidence.json';
import teaTasting from './fixtures/tea-tasting.json';
import { aggregatesIn } from './sums.ts';

const alpha = 0.05;

interface Expected {
  readonly estimate: number;
  readonly ci: readonly number[];
  readonly p: number;
}

/** gbstats takes p = 1 - cdf, which keeps 16 decimals rather than 16 digits. */
const ofComplement = ({ p }: Expected) => Math.max(1e-9, 1e-15 / p);

function expectEffect(effect: Effect<string>, { estimate, ci, p }: Expected, toleranceOfP?: number): void {
  expectClose(effect.absolute, estimate);
  expectClose(effect.absoluteCi?.[0], ci[0] ?? Number.NaN);
  expectClose(effect.absoluteCi?.[1], ci[1] ?? Number.NaN);
  expectClose(effect.test?.p, p, toleranceOfP);
}

function estimated(estimate: LiftEstimate | InestimableEffect): LiftEstimate {
  if (estimate.reason !== null) throw new Error(estimate.reason);
  return estimate;
}

/** GrowthBook and tea-tasting estimate a relative lift by the delta method; ours serves the posterior alone. */
function expectRelative(
  estimate: LiftEstimate | InestimableEffect,
  expected: { estimate: number; se: number },
) {
  const { value, variance } = relativeEstimate(estimated(estimate));
  expectClose(value, expected.estimate);
  expectClose(Math.sqrt(variance), expected.se);
}

const counts = ({ n, sum }: { n: string; sum: string }) => ({ n: BigInt(n), sum: BigInt(sum) });

const arms = (row: {
  control: Parameters<typeof aggregatesIn>[0];
  treatment: Parameters<typeof aggregatesIn>[0];
}) => ({
  control: aggregatesIn(row.control),
  treatment: aggregatesIn(row.treatment),
});

const means = ({ control, treatment }: ReturnType<typeof arms>) => ({
  control: control.moments('a'),
  treatment: treatment.moments('a'),
});

const ratios = ({ control, treatment }: ReturnType<typeof arms>) => ({
  control: control.pair('a', 'b'),
  treatment: treatment.pair('a', 'b'),
});

function adjusted(
  { control, treatment }: { control: Aggregates; treatment: Aggregates },
  metric: Quantity,
  covariates: Quantity[],
) {
  const slopes = adjustmentSlopes([control, treatment], metric, covariates);
  return compareAdjusted({ control, treatment, metric, covariates, slopes, alpha });
}

const numbered = <T>(rows: readonly T[]) => rows.map((row, index) => ({ row, index }));

describeAgainst('Welch test of means', 'GrowthBook (gbstats)', () => {
  test.each(numbered(gbstats.cases))('case $index', ({ row }) => {
    expectEffect(
      compareMeans({ ...means(arms(row)), alpha }),
      row.mean.absolute,
      ofComplement(row.mean.absolute),
    );
    expectRelative(meanLift(means(arms(row))), row.mean.relative);
  });
});

describeAgainst('Ratio by the delta method', 'GrowthBook (gbstats)', () => {
  test.each(numbered(gbstats.cases))('case $index', ({ row }) => {
    expectEffect(
      compareRatios({ ...ratios(arms(row)), alpha }),
      row.ratio.absolute,
      ofComplement(row.ratio.absolute),
    );
    expectRelative(ratioLift(ratios(arms(row))), row.ratio.relative);
  });
});

describeAgainst('CUPED, one covariate', 'GrowthBook (gbstats)', () => {
  test.each(numbered(gbstats.cases))('case $index', ({ row }) => {
    expectEffect(
      adjusted(arms(row), { numerator: 'a' }, [{ numerator: 'c' }]),
      row.adjusted,
      ofComplement(row.adjusted),
    );
  });
});

describeAgainst('Always valid intervals', 'GrowthBook (gbstats)', () => {
  test.each(numbered(gbstats.cases))('case $index', ({ row }) => {
    const lift = estimated(meanLift(means(arms(row))));
    const { value, variance } = relativeEstimate(lift);
    for (const expected of row.sequential) {
      const estimate =
        expected.difference === 'absolute' ? lift : { ...lift, lift: value, liftVariance: variance };
      expectEffect(alwaysValidEffect(estimate, { alpha, tunedFor: expected.tunedFor }), expected);
    }
  });
});

describeAgainst('Posterior of the relative lift', 'GrowthBook (gbstats)', () => {
  type Posterior = (typeof gbstats.cases)[number]['bayesian'][number];
  const expectPosterior = (estimate: LiftEstimate | InestimableEffect, expected: Posterior) => {
    const result = posteriorOf(estimate, { prior: expected.prior, alpha, better: 'higher' });
    if (result.reason !== null) throw new Error(result.reason);
    expectClose(result.mean, expected.mean);
    expectClose(result.sd, expected.sd);
    expectClose(result.credibleInterval[0], expected.ci[0] ?? Number.NaN);
    expectClose(result.credibleInterval[1], expected.ci[1] ?? Number.NaN);
    // Theirs has the relative lift's error.
    expectClose(normalCdf(result.mean / result.sd), expected.chanceToWin);
    // gbstats takes the loss from a truncated normal's mean, which cancels where there is next to nothing to lose.
    expectClose(result.expectedLoss.control, expected.risk[0] ?? Number.NaN, 1e-6);
    expectClose(result.expectedLoss.treatment, expected.risk[1] ?? Number.NaN, 1e-6);
  };

  test.each(numbered(gbstats.cases))('means, case $index', ({ row }) => {
    for (const expected of row.bayesian) expectPosterior(meanLift(means(arms(row))), expected);
  });

  test.each(numbered(gbstats.proportions))('proportions, case $index', ({ row }) => {
    const lift = proportionLift({ control: counts(row.control), treatment: counts(row.treatment) });
    for (const expected of row.bayesian) expectPosterior(lift, expected as Posterior);
  });
});

describeAgainst('Proportions as means, Welch test', 'GrowthBook (gbstats)', () => {
  test.each(numbered(gbstats.proportions))('case $index', ({ row }) => {
    const [control, treatment] = [counts(row.control), counts(row.treatment)];
    const lift = welchLift(proportionEstimate(control), proportionEstimate(treatment));
    expectEffect(effectOf(lift, alpha), row.absolute, ofComplement(row.absolute));
    expectRelative(lift, row.relative);
  });
});

describeAgainst('Sample ratio', 'GrowthBook (gbstats)', () => {
  test.each(gbstats.srm)('$users', ({ users, weights, p }) => {
    const result = sampleRatioTest(
      users.map((count, i) => ({ variant: `${i}`, users: count, weight: weights[i] ?? Number.NaN })),
    );
    // gbstats takes 1 - cdf, which keeps 16 decimals rather than 16 digits.
    expect(Math.abs((result.reason === null ? result.p : Number.NaN) - p)).toBeLessThan(1e-15);
    if (p > 1e-6) expectClose(result.reason === null ? result.p : null, p);
  });
});

describeAgainst('Welch test of means', 'tea-tasting', () => {
  test.each(numbered(teaTasting.cases))('case $index', ({ row }) => {
    expectEffect(compareMeans({ ...means(arms(row)), alpha }), row.mean);
  });
});

describeAgainst('Ratio by the delta method', 'tea-tasting', () => {
  test.each(numbered(teaTasting.cases))('case $index', ({ row }) => {
    expectEffect(compareRatios({ ...ratios(arms(row)), alpha }), row.ratio);
  });
});

describeAgainst('CUPED, one covariate', 'tea-tasting', () => {
  test.each(numbered(teaTasting.cases))('case $index', ({ row }) => {
    expectEffect(adjusted(arms(row), { numerator: 'a' }, [{ numerator: 'c' }]), row.adjustedMean);
  });
});

describeAgainst('CUPED of a ratio', 'tea-tasting', () => {
  test.each(numbered(teaTasting.cases))('on the same ratio before, case $index', ({ row }) => {
    const effect = adjusted(arms(row), { numerator: 'a', denominator: 'b' }, [
      { numerator: 'c', denominator: 'd' },
    ]);
    expectEffect(effect, row.adjustedRatio);
  });
});

describeAgainst('Proportions: pooled and unpooled z, Newcombe, Wilson, Fieller', 'tea-tasting', () => {
  test.each(numbered(teaTasting.proportions))('case $index', ({ row }) => {
    const comparison = { control: counts(row.control), treatment: counts(row.treatment), alpha };
    const pooled = pooledZTest(comparison);
    expectClose(pooled.reason === null ? pooled.p : null, row.pooledP);
    const effect = compareProportions(comparison);
    expectClose(effect.test?.p, row.unpooledP);
    expectClose(effect.absoluteCi?.[0], row.unpooledCi[0] ?? Number.NaN);
    expectClose(effect.absoluteCi?.[1], row.unpooledCi[1] ?? Number.NaN);
  });
});

describeAgainst('Holm, Benjamini-Hochberg', 'tea-tasting', () => {
  test.each(teaTasting.multiplicity)('family of $p.length', (family) => {
    for (const [i, p] of holm(family.p).entries()) expectClose(p, family.holm[i] ?? Number.NaN);
    for (const [i, p] of benjaminiHochberg(family.p).entries()) expectClose(p, family.bh[i] ?? Number.NaN);
  });
});

describeAgainst('Benjamini-Yekutieli', 'tea-tasting', () => {
  test.each(teaTasting.multiplicity)('family of $p.length', (family) => {
    for (const [i, p] of benjaminiYekutieli(family.p).entries()) expectClose(p, family.by[i] ?? Number.NaN);
  });
});

describeAgainst('Welch test of means', 'Spotify Confidence', () => {
  test.each(numbered(spotify.cases))('case $index', ({ row }) => {
    expectEffect(compareMeans({ ...means(arms(row)), alpha }), row.mean);
  });
});

describeAgainst('CUPED, several covariates', 'Spotify Confidence', () => {
  test.each(numbered(spotify.cases))('case $index', ({ row }) => {
    const { control, treatment } = arms(row);
    const effect = adjusted({ control, treatment }, { numerator: 'a' }, [
      { numerator: 'b' },
      { numerator: 'c' },
    ]);
    expectClose(effect.absolute, row.adjusted.estimate);
    // Of the variance, Spotify divides what the covariates take away by n where we take n - 1: with equal arms a factor.
    if (control.n !== treatment.n) return;
    const [lower = Number.NaN, upper = Number.NaN] = row.adjusted.ci;
    const theirs = ((upper - lower) / 2 / normalCritical(alpha)) ** 2;
    const plain =
      (compareMeans({ ...means({ control, treatment }), alpha }).standardError ?? Number.NaN) ** 2;
    const ours = (effect.standardError ?? Number.NaN) ** 2;
    expectClose(plain + (ours - plain) * (1 - 1 / Number(control.n)), theirs);
  });
});

describeAgainst('Group sequential boundaries', 'Spotify Confidence', () => {
  test.each(spotify.groupSequential)('$information at $alpha', (plan) => {
    for (const [i, look] of groupSequentialLooks(plan.information, plan.alpha).entries()) {
      // Spotify integrates by trapezoids on a grid; the Gauss-Legendre reference agrees with ours to 1e-9.
      expectClose(look.z, plan.z[i] ?? Number.NaN, 5e-5);
    }
  });
});
