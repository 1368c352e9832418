import { z } from 'zod';
import { datasetNames } from '../contracts/datasets/index.ts';
import { populationStep, ruleCount } from '../contracts/run-documents.ts';

const count = z.number().int().nonnegative();
const number = z.number();
const probability = z.number().min(0).max(1);
const interval = z.tuple([number, number]);
/** Why a number is null, in snake_case. */
const reason = z.string();

/** Sums of one arm: n exposed users; mean = sum / n, for a ratio sum / denominator. */
const armSummary = z.strictObject({
  n: count,
  sum: number,
  mean: number.nullable(),
  denominator: number.optional(),
});

const effect = z.strictObject({
  /** treatment - control, in the metric's unit. */
  absolute: number.nullable(),
  absoluteCi: interval.nullable(),
  /** (treatment - control) / |control|. */
  relative: number.nullable(),
  /** Fieller's interval. */
  relativeCi: interval.nullable(),
  relativeReason: reason.nullable(),
});

const test = z.strictObject({
  name: z.enum(['z_unpooled', 'welch_t']),
  statistic: number,
  df: number.nullable(),
  /** Two-sided, unadjusted; the intervals exclude zero exactly when p < alpha. */
  p: probability,
  /** Holm over the family of the metric's role; null for guardrails, which are not adjusted. */
  pAdjusted: probability.nullable(),
});

const nonInferiority = z.strictObject({
  marginRelative: number.nullable(),
  marginAbsolute: number.nullable(),
  /** One-sided. */
  p: probability.nullable(),
  status: z.enum(['non_inferior', 'not_shown', 'inferior']),
  reason: reason.nullable(),
});

const comparison = z.strictObject({
  variant: z.string(),
  control: armSummary,
  treatment: armSummary,
  effect,
  test: test.nullable(),
  /** Newcombe's interval of a conversion's absolute effect, for display at small counts. */
  newcombeCi: interval.nullable().optional(),
  nonInferiority: nonInferiority.optional(),
  verdict: z.enum(['better', 'worse', 'inconclusive']),
  reason: reason.nullable(),
});

export const metricReport = z.strictObject({
  metric: z.string(),
  role: z.enum(['primary', 'secondary', 'guardrail']),
  kind: z.enum(['conversion', 'mean', 'ratio']),
  unit: z.enum(['share', 'count', 'currency', 'seconds']),
  better: z.enum(['higher', 'lower']),
  comparisons: z.array(comparison),
  /** Why the metric is not computed, or null. */
  unavailable: z.string().nullable(),
});
export type MetricReport = z.infer<typeof metricReport>;
export type Comparison = MetricReport['comparisons'][number];

export const sampleRatio = z.strictObject({
  chi2: number.nullable(),
  df: count.nullable(),
  p: probability.nullable(),
  status: z.enum(['pass', 'fail', 'not_checked']),
  reason: reason.nullable(),
  arms: z.array(z.strictObject({ variant: z.string(), users: count, expected: number })),
});
export type SampleRatio = z.infer<typeof sampleRatio>;

const share = z.strictObject({ users: count, share: number.nullable() });

export const decision = z.strictObject({
  action: z.enum(['ship', 'do_not_ship', 'keep_running', 'invalid']),
  /** What was declared beforehand: which estimate and which way of testing decide. */
  basis: z.strictObject({ estimate: z.literal('unadjusted'), testing: z.literal('fixed_horizon') }),
  /** Treatment the decision is about. */
  variant: z.string().nullable(),
  /** Name of the rule that fired. */
  rule: z.string(),
  /** Plain sentences, the deciding one first. */
  reasons: z.array(z.string()).min(1),
});
export type Decision = z.infer<typeof decision>;

const logitTerm = z.strictObject({
  name: z.enum(['intercept', 'is_treatment', 'events_in_window']),
  coefficient: number,
  se: number,
  z: number,
  p: probability,
});

export const parity = z.strictObject({
  /** Treatment the original's two analyses compare with the control. */
  variant: z.string(),
  twoProportionZ: z.union([
    z.strictObject({
      control: number,
      treatment: number,
      lift: number,
      z: number,
      /** Two-sided, pooled. */
      p: probability,
      /** Unpooled. */
      ci: interval,
    }),
    z.strictObject({ reason }),
  ]),
  logit: z.union([
    z.strictObject({ note: z.string(), terms: z.array(logitTerm) }),
    z.strictObject({ note: z.string(), reason }),
  ]),
});
export type Parity = z.infer<typeof parity>;

export const experimentReport = z.strictObject({
  experimentId: z.string(),
  control: z.string(),
  settings: z.strictObject({
    exposure: z.string(),
    requireAssignmentBefore: z.boolean(),
    outcomeWindowDays: count,
    immature: z.enum(['include', 'exclude']),
    primary: z.string(),
    alpha: probability,
    weights: z.record(z.string(), number),
    plannedEnd: z.string().nullable(),
    plannedUsers: count.nullable(),
  }),
  arms: z.array(z.strictObject({ variant: z.string(), users: count, exposed: count, assigned: count })),
  trust: z.strictObject({
    srm: sampleRatio,
    srmAssigned: sampleRatio,
    crossovers: share,
    immature: share,
    warnings: z.array(z.string()),
  }),
  decision,
  metrics: z.array(metricReport),
  segments: z.array(
    z.strictObject({ segment: z.string(), level: z.string(), metrics: z.array(metricReport) }),
  ),
  parity: parity.nullable(),
});
export type ExperimentReport = z.infer<typeof experimentReport>;

/** `report.json`. Byte-identical for the same run id: no wall-clock data. */
export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  run: z.strictObject({
    runId: z.string(),
    drop: z.string(),
    inputs: z.array(z.strictObject({ key: z.string(), etag: z.string(), size: count })),
    configHash: z.string(),
    asOf: z.string().nullable(),
    engine: z.strictObject({ codeVersion: z.string() }),
  }),
  experiments: z.array(experimentReport),
  population: z.array(populationStep),
  quality: z.partialRecord(
    z.enum(datasetNames),
    z.strictObject({ lines: count, accepted: count, quarantined: count, duplicates: count }),
  ),
  quarantineRules: z.array(ruleCount),
  warnings: z.array(ruleCount),
  unavailable: z.array(z.strictObject({ what: z.string(), reason: z.string() })),
});
export type Report = z.infer<typeof reportSchema>;
