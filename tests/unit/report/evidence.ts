import { trustChecks } from '../../../layers/analysis/trust/index.ts';
import type {
  Comparison,
  ExperimentReport,
  MetricReport,
  TrustCheck,
} from '../../../layers/report/schema.ts';

/**
 * The experiment with evidence of every kind that a report may hold, made up but plausible: what is shown, not whether
 * it is right, is what tests of the page are about.
 */
export function withEvidence(experiment: ExperimentReport): ExperimentReport {
  const treatments = experiment.arms.slice(1).map(({ variant }) => variant);
  return {
    ...experiment,
    settings: {
      ...experiment.settings,
      hypothesis: 'Fewer steps in the checkout let more visitors buy.',
      guardrailAlpha: 0.025,
      correction: 'holm',
      multipleArms: 'holm',
      cupedLookbackDays: 14,
      segmentMinimumUsers: 100,
    },
    decision: {
      ...experiment.decision,
      basis: { estimate: 'unadjusted', values: 'uncapped', testing: 'fixed_horizon' },
    },
    assigned: (['assigned', 'first_assignment'] as const).flatMap((users) =>
      treatments.map((variant) => ({
        metric: experiment.settings.primary,
        variant,
        users,
        control: { n: 12_000, sum: 540, mean: 0.045 },
        treatment: { n: 12_000, sum: 588, mean: 0.049 },
        effect: {
          absolute: 0.004,
          relative: 0.0889,
          absoluteCi: [-0.0013, 0.0093],
          relativeCi: [-0.0281, 0.2216],
          relativeReason: null,
        },
        test: { name: 'z_unpooled', statistic: 1.47, df: null, p: 0.1416 },
        exposedShare: users === 'assigned' ? 0.83 : null,
        diluted: users === 'assigned' ? 0.0041 : null,
        reason: null,
      })),
    ),
    trust: {
      ...experiment.trust,
      srmCauses: [
        {
          cause: 'one_day',
          users: 150,
          explanation: 'The exposed of 2026-03-02: treatment lacks 150 users there.',
          query: 'SELECT variant FROM user_exposure WHERE day < 2',
          left: 0.4,
        },
      ],
      checks,
      warnings: checks.filter(({ status }) => status === 'warn').map(({ explanation }) => explanation),
      srmBySegment: ['desktop', 'mobile', 'tablet'].map((level, index) => ({
        ...experiment.trust.srm,
        segment: 'device',
        level,
        p: 0.2 + index / 5,
        pAdjusted: 1,
      })),
      srmByDay: days(21).map((day, index) => ({
        ...experiment.trust.srmAssigned,
        day,
        p: 0.05 + index / 30,
        pAdjusted: 1,
      })),
      balance: treatments.flatMap((variant) =>
        ['pre_events', 'pre_revenue'].map((covariate, index) => ({
          covariate,
          variant,
          control: 3.41 + index,
          treatment: 3.38 + index,
          p: 0.61,
          pAdjusted: 1,
          reason: null,
        })),
      ),
      exposureRates: experiment.arms.map(({ variant, assigned, exposed }) => ({
        variant,
        assigned,
        exposed,
        share: exposed / assigned,
      })),
    },
    metrics: experiment.metrics.map((metric) => ({
      ...metric,
      comparisons: metric.comparisons.map((comparison) => otherEstimates(metric, comparison)),
    })),
    interactions: treatments.map((variant) => ({
      segment: 'device',
      metric: experiment.settings.primary,
      variant,
      method: 'cochran_q_log_ratio',
      q: 1.84,
      df: 2,
      p: 0.3985,
      pAdjusted: 0.3985,
      reason: null,
    })),
    novelty: experiment.metrics.flatMap(({ metric, role, comparisons }) =>
      role === 'guardrail' ? [] : comparisons.map((comparison) => cumulative(metric, comparison)),
    ),
    sinceExposure: treatments.map((variant) => ({
      column: 'revenue',
      unit: 'currency',
      variant,
      days: Array.from({ length: 14 }, (_, day) => {
        const absolute = 0.16 * Math.exp(-day / 9) + 0.02 * Math.sin(day * 2.3);
        const half = 0.05 + day * 0.003;
        return {
          day,
          users: { control: 6200 - day * 90, treatment: 6170 - day * 90 },
          absolute,
          relative: absolute / 0.31,
          absoluteCi: [absolute - half, absolute + half] as [number, number],
          relativeCi: [(absolute - half) / 0.31, (absolute + half) / 0.31] as [number, number],
          reason: null,
        };
      }),
      trend: { slope: -0.0231, se: 0.0111, z: -2.08, p: 0.0375 },
    })),
    regression: treatments.map((variant) => ({
      variant,
      covariates: ['log_pre_events', 'pre_purchased'],
      standardErrors: 'hc1',
      note: 'The covariates come from before the exposure, so the treatment cannot have changed them.',
      result: {
        terms: [
          { name: 'intercept', coefficient: -2.7011, se: 0.0512, z: -52.76, p: 0 },
          { name: 'is_treatment', coefficient: 0.2461, se: 0.0669, z: 3.68, p: 0.0002 },
          { name: 'log_pre_events', coefficient: 0.1804, se: 0.0311, z: 5.8, p: 6.6e-9 },
          { name: 'pre_purchased', coefficient: 0.9022, se: 0.1204, z: 7.49, p: 6.9e-14 },
        ],
        averageMarginalEffect: { value: 0.0178, se: 0.0048, z: 3.71, p: 0.0002, ci: [0.0084, 0.0272] },
      },
    })),
    caps: [
      {
        metric: 'revenue_per_user',
        unit: 'currency',
        percentile: 99.9,
        ignoreZeros: true,
        cap: 240,
        arms: experiment.arms.map(({ variant }, index) => ({ variant, users: 5 + index })),
      },
    ],
    distributions: [
      {
        column: 'revenue',
        unit: 'currency',
        arms: experiment.arms.map(({ variant, users }, arm) => ({
          variant,
          negative: arm === 0 ? 1 : 0,
          zero: Math.round(users * 0.92),
          bins: [10, 20, 50, 100, 200].map((from, index) => ({
            from,
            to: [20, 50, 100, 200, 500][index] ?? from,
            users: Math.round((users * (5 - index + arm)) / 260),
          })),
        })),
      },
    ],
  };
}

const checks: TrustCheck[] = [
  check(
    'sample_ratio_exposed',
    'pass',
    0.7463,
    'The split of exposed users is as configured, as far as chance allows.',
  ),
  check(
    'sample_ratio_assigned',
    'pass',
    0.7341,
    'The split of assigned users is as configured, as far as chance allows.',
  ),
  check(
    'crossover_asymmetry',
    'pass',
    0.44,
    'As many users left either arm: leaving them out does not favour one.',
  ),
  check('sample_ratio_by_segment', 'pass', 0.61, 'The split is as configured in each segment.'),
  check('covariate_balance', 'pass', 0.92, 'Before their exposure, the users of all arms were alike.'),
  check(
    'crossovers',
    'warn',
    null,
    '83 users (0.6 %) saw more than one version and are left out.',
    '0.6 % of the assigned left out',
  ),
  check(
    'immature_users',
    'warn',
    null,
    'The outcome window of 412 users had not ended: numbers may still change.',
    '3.3 % not ended',
  ),
  check('sample_ratio_by_day', 'not_checked', null, 'No day has enough users.'),
];

function check(
  name: TrustCheck['name'],
  status: TrustCheck['status'],
  p: number | null,
  explanation: string,
  note: string | null = null,
): TrustCheck {
  const known = trustChecks.find((candidate) => candidate.name === name);
  if (known === undefined) throw new Error(`there is no check ${name}`);
  const { label, isAdjusted = false } = known;
  return { name, label, status, statistic: p === null ? null : 0.1, p, isAdjusted, explanation, note };
}

function otherEstimates(metric: MetricReport, comparison: Comparison): Comparison {
  const { effect, test } = comparison;
  if (test === null || effect.absoluteCi === null || effect.relativeCi === null) return comparison;
  const narrowed = {
    ...effect,
    absoluteCi: scaled(effect.absolute ?? 0, effect.absoluteCi, 0.88),
    relativeCi: scaled(effect.relative ?? 0, effect.relativeCi, 0.88),
  };
  const { pAdjusted: _, ...plainTest } = test;
  return {
    ...comparison,
    cuped: {
      effect: narrowed,
      test: { ...plainTest, p: test.p / 2 },
      covariates: ['pre_events'],
      thetas: [0.02],
      varianceReduction: 0.226,
      reason: null,
    },
    ...(metric.unit === 'currency'
      ? {
          capped: {
            effect: narrowed,
            test: plainTest,
            cap: 240,
            percentile: 99.9,
            cappedUsers: { control: 5, treatment: 7 },
            control: comparison.control,
            treatment: comparison.treatment,
            reason: null,
          },
        }
      : {}),
    sequential: {
      method: 'always_valid',
      tunedFor: 12_000,
      alpha: 0.05,
      p: Math.min(1, test.p * 9),
      pAdjusted: null,
      absoluteCi: scaled(effect.absolute ?? 0, effect.absoluteCi, 1.4),
      relativeCi: scaled(effect.relative ?? 0, effect.relativeCi, 1.4),
      relativeReason: null,
      adjustedCi: null,
      reason: null,
    },
    bayes: {
      prior: { mean: 0, sd: 0.3 },
      chanceToWin: 0.999,
      expectedLoss: { treatment: 0.0001, control: 0.2301 },
      lift: { mean: 0.24, sd: 0.07, credibleInterval: [0.1, 0.38] },
    },
    power: {
      power: 0.8,
      mdeNow: { absolute: 0.0136, relative: 0.19 },
      targetLift: 0.1,
      usersNeeded: 44_870,
      usersNow: 12_384,
      daysLeft: 78.4,
    },
  };
}

function cumulative(metric: string, { variant, effect }: Comparison): ExperimentReport['novelty'][number] {
  const all = days(28);
  return {
    metric,
    variant,
    cumulative: all.map((day, index) => {
      const share = (index + 1) / all.length;
      const relative = (effect.relative ?? 0) + (0.3 * Math.sin(index * 1.7)) / (index + 2);
      const half = 0.15 / Math.sqrt(share);
      return {
        day,
        users: { control: Math.round(6210 * share), treatment: Math.round(6174 * share) },
        absolute: relative * 0.07,
        relative,
        absoluteCi: [(relative - half) * 0.07, (relative + half) * 0.07] as [number, number],
        relativeCi: [relative - half, relative + half] as [number, number],
        alwaysValidCi: [(relative - 1.6 * half) * 0.07, (relative + 1.6 * half) * 0.07] as [number, number],
        alwaysValidRelativeCi: [relative - 1.6 * half, relative + 1.6 * half] as [number, number],
        reason: null,
      };
    }),
  };
}

function scaled(middle: number, [low, high]: readonly [number, number], factor: number): [number, number] {
  return [middle - (middle - low) * factor, middle + (high - middle) * factor];
}

function days(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.UTC(2026, 2, 1 + index)).toISOString().slice(0, 10),
  );
}
