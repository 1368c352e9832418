import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import { type Comparison, type ExperimentReport, experimentReport } from '../../../layers/report/schema.ts';
import { armOf, configOf, experimentOf } from './measurement.ts';
import { shoppers } from './shoppers.ts';

const alpha = 0.05;

const experiment = fc.record({
  arms: fc.array(
    fc.record({
      users: fc.integer({ min: 2, max: 160 }),
      uplift: fc.double({ min: -0.9, max: 1.5, noNaN: true }),
    }),
    {
      minLength: 2,
      maxLength: 4,
    },
  ),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  correction: fc.constantFrom('holm', 'benjamini_hochberg', 'none'),
  dunnett: fc.boolean(),
  estimate: fc.constantFrom('unadjusted', 'cuped'),
  values: fc.constantFrom('uncapped', 'capped'),
  sequential: fc.constantFrom(
    '{ method: none }',
    '{ method: always_valid }',
    '{ method: group_sequential }',
    '{ method: group_sequential, spending: pocock, looks: [0.5, 1] }',
  ),
  planned: fc.integer({ min: 2, max: 2000 }),
});

type Experiment = typeof experiment extends fc.Arbitrary<infer Value> ? Value : never;

function analyze(made: Experiment): ExperimentReport {
  const multipleArms =
    made.dunnett && made.correction !== 'benjamini_hochberg' && !made.sequential.includes('always_valid')
      ? 'dunnett'
      : 'holm';
  const config = configOf(`
experiments:
  checkout:
    correction: ${made.correction}
    multiple_arms: ${multipleArms}
    decision: { estimate: ${made.estimate}, values: ${made.values} }
    sequential: ${made.sequential}
    planned_users: ${made.planned}
`);
  const arms = made.arms.map(({ users, uplift }, i) =>
    armOf(
      i === 0 ? 'control' : `variant-${i}`,
      shoppers(users, made.seed + i, uplift).map((user) => ({
        ...user,
        revenue_per_user__capped: Math.min(user.revenue ?? 0, 6000),
      })),
    ),
  );
  const cap = {
    column: 'revenue_per_user__capped',
    of: 'revenue',
    percentile: 99.9,
    ignoreZeros: false,
    cap: '6000',
    capped: [],
  };
  return analyzeExperiment(experimentOf(arms, { caps: [cap] }), settingsOf(config, 'checkout'), {
    config,
    unavailable: [],
    asOf: '2026-02-01T00:00:00Z',
    quality: {},
    warnings: [],
  });
}

type Intervals = { absoluteCi: readonly number[] | null; relativeCi: readonly number[] | null };

/** Both intervals exclude zero exactly when the p-value lies below the level. */
function expectOneStatement({ absoluteCi, relativeCi }: Intervals, p: number | null, level: number): void {
  for (const interval of [absoluteCi, relativeCi]) {
    if (interval === null || p === null) continue;
    const [lower = 0, upper = 0] = interval;
    // Where p is the level to ten digits, rounding decides.
    if (Math.abs(p / level - 1) > 1e-9) expect(lower > 0 || upper < 0).toBe(p < level);
  }
}

function comparisonsOf(report: ExperimentReport): Comparison[] {
  return report.metrics.flatMap(({ comparisons }) => comparisons);
}

describe('one alpha and one correction stand behind every interval and flag of a report', () => {
  const made = fc.sample(experiment, { numRuns: 40, seed: 20 });
  const reports = made.map(analyze);
  const comparisons = reports.flatMap(comparisonsOf);

  it('an interval excludes zero exactly when its p lies below its level', () => {
    for (const { effect, test, adjustedCi, plain, cuped, capped } of comparisons) {
      if (test === null) continue;
      expectOneStatement(effect, test.p, alpha);
      if (adjustedCi !== null) expectOneStatement(adjustedCi, test.pAdjusted, alpha);
      for (const other of [plain, cuped, capped]) {
        if (other !== undefined && 'test' in other && other.test !== null) {
          expectOneStatement(other.effect, other.test.p, alpha);
        }
      }
    }
  });

  it('an interval of this look excludes zero exactly when its p lies below the level of the look', () => {
    for (const { sequential } of comparisons) {
      if (sequential === undefined) continue;
      expectOneStatement(sequential, sequential.p, sequential.alpha);
      if (sequential.adjustedCi !== null) {
        expectOneStatement(sequential.adjustedCi, sequential.pAdjusted, sequential.alpha);
      }
    }
  });

  it('a verdict follows the corrected p of the declared test, and the direction of the effect', () => {
    for (const { better, comparisons: own } of reports.flatMap(({ metrics }) => metrics)) {
      for (const { verdict, effect, test, sequential } of own) {
        const p = sequential ? (sequential.pAdjusted ?? sequential.p) : (test?.pAdjusted ?? test?.p ?? null);
        const significant = p !== null && p < (sequential?.alpha ?? alpha);
        expect(verdict !== 'inconclusive').toBe(significant);
        if (significant) {
          expect(verdict === 'better').toBe((effect.absolute ?? 0) > 0 === (better === 'higher'));
        }
      }
    }
  });

  it('no corrected p is smaller than the plain one, and no corrected interval narrower', () => {
    const width = (interval: readonly number[] | null | undefined) =>
      (interval?.[1] ?? 0) - (interval?.[0] ?? 0);
    for (const { test, effect, adjustedCi } of comparisons) {
      if (test === null || test.pAdjusted === null) continue;
      expect(test.pAdjusted).toBeGreaterThanOrEqual(test.p * (1 - 1e-9));
      expect(width(adjustedCi?.absoluteCi)).toBeGreaterThanOrEqual(width(effect.absoluteCi) * (1 - 1e-9));
    }
  });

  it('a guardrail is non-inferior exactly when the bound lies within its margin', () => {
    for (const { better, comparisons: own } of reports.flatMap(({ metrics }) => metrics)) {
      for (const { nonInferiority } of own) {
        const { bound, marginRelative, p, status } = nonInferiority ?? {};
        if (bound == null || marginRelative == null || p == null || Math.abs(p / 0.025 - 1) < 1e-9) continue;
        const within = better === 'higher' ? bound > -marginRelative : bound < marginRelative;
        expect(within).toBe(status === 'non_inferior');
      }
    }
  });

  it('holds finite numbers only, and reports are the same text for the same measurement', () => {
    for (const [i, report] of reports.slice(0, 10).entries()) {
      expect(experimentReport.safeParse(report).error).toBeUndefined();
      expect(JSON.stringify(analyze(made[i] ?? raise()))).toBe(JSON.stringify(report));
    }
  });
});

function raise(): never {
  throw new Error('there are as many reports as experiments');
}
