import { z } from 'zod';
import { datasetNames } from '../data/datasets/index.ts';
import { ruleCount } from '../data/row-counts.ts';
import { populationStep } from '../experiment/measurements.ts';
import { effectOnAssigned } from './assigned-schema.ts';
import { metricReport } from './comparison-schema.ts';
import { count, day, interval, number, probability, reason } from './schema-values.ts';
import { cap, distribution, novelty, sinceExposure } from './series-schema.ts';
import { trust } from './trust-schema.ts';

export type { EffectOnAssigned } from './assigned-schema.ts';
export type { Comparison, Deciding, MetricPart, MetricReport } from './comparison-schema.ts';
export { decidingOf } from './comparison-schema.ts';
export type { Cap, Distribution, Novelty, SinceExposure } from './series-schema.ts';
export type { SampleRatio, SplitCause, TrustCheck } from './trust-schema.ts';

export const decision = z.strictObject({
  action: z.enum(['ship', 'do_not_ship', 'keep_running', 'invalid']),
  /** What was declared beforehand: which estimate and which way of testing decide. */
  basis: z.strictObject({
    estimate: z.enum(['unadjusted', 'cuped']),
    values: z.enum(['uncapped', 'capped']),
    testing: z.enum(['fixed_horizon', 'always_valid', 'group_sequential']),
  }),
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

export const originalAnalyses = z.strictObject({
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
export type OriginalAnalyses = z.infer<typeof originalAnalyses>;

/** Logistic regression of purchased on the treatment and what users did before their exposure. */
export const regression = z.strictObject({
  variant: z.string(),
  covariates: z.array(z.string()),
  standardErrors: z.enum(['model', 'hc1']),
  note: z.string(),
  result: z.union([
    z.strictObject({
      terms: z.array(z.strictObject({ ...logitTerm.shape, name: z.string() })),
      /** Average over all users of P(purchase | treatment) - P(purchase | control). */
      averageMarginalEffect: z.strictObject({
        value: number,
        se: number,
        z: number,
        p: probability,
        ci: interval,
      }),
    }),
    z.strictObject({ reason }),
  ]),
});
export type Regression = z.infer<typeof regression>;

const segment = z.strictObject({
  segment: z.string(),
  level: z.string(),
  /** Analysed users of all arms. */
  users: count,
  /** Exploratory: p-values are corrected by Holm over the levels of the segment, per metric and treatment. */
  metrics: z.array(metricReport),
  /** Why there are no metrics, or null. */
  reason: reason.nullable(),
});
export type SegmentReport = z.infer<typeof segment>;

/** Whether a metric's effect differs between the levels of a segment: Cochran's Q on the levels' effects. */
const interaction = z.strictObject({
  segment: z.string(),
  metric: z.string(),
  variant: z.string(),
  /**
   * Whether relative effects are compared (logarithms of treatment / control), or differences, where some level has a
   * value that is not clearly above zero; absent in old reports, which compared differences.
   */
  method: z.enum(['cochran_q_log_ratio', 'cochran_q_difference']).optional(),
  q: number.nullable(),
  df: count.nullable(),
  p: probability.nullable(),
  /** Holm over the segments, per metric and treatment. */
  pAdjusted: probability.nullable(),
  reason: reason.nullable(),
});
export type Interaction = z.infer<typeof interaction>;

const errorRate = z.strictObject({
  rate: probability,
  /** What holds the rate with 99.9 %. */
  lower: probability,
  upper: probability,
});

/** How often rules like an experiment's err, by simulation of whole experiments without any effect. */
export const errorRates = z.strictObject({
  /** What was simulated. */
  simulated: z.strictObject({
    looks: z.enum(['at_the_end', 'daily_until_the_end', 'at_any_time', 'obrien_fleming', 'pocock']),
    /** Of the primary metric. */
    kind: z.enum(['conversion', 'mean', 'ratio', 'quantile']),
    /** The control included. */
    arms: count,
    /** Whether the arms are of about one size. */
    even: z.boolean(),
  }),
  /** Whether the experiment is like what was simulated in all of this, and not in looks and kind alone. */
  isAlike: z.boolean(),
  experiments: count,
  /** At some look the decision was to ship. */
  shipped: errorRate,
  /** At some look the decision was not to ship, because harm was shown. */
  harmShown: errorRate,
});
export type ErrorRates = z.infer<typeof errorRates>;

export const experimentReport = z.strictObject({
  experimentId: z.string(),
  control: z.string(),
  settings: z.strictObject({
    hypothesis: z.string().nullable(),
    exposure: z.string(),
    requireAssignmentBefore: z.boolean(),
    outcomeWindowDays: count,
    /** The data are sums by arm, and windows what the sums had; absent where there are users. */
    ofSums: z.literal(true).optional(),
    immature: z.enum(['include', 'exclude']),
    primary: z.string(),
    /** Two-sided level of every test and interval; guardrails are tested one-sided at guardrailAlpha. */
    alpha: probability,
    guardrailAlpha: probability,
    correction: z.enum(['holm', 'benjamini_hochberg', 'none']),
    multipleArms: z.enum(['holm', 'dunnett']),
    /** Planned share of each arm, of all users together. */
    weights: z.record(z.string(), number),
    /**
     * Periods of assignment in which other shares held, the last one without an end, and the weight of each one's effect in
     * that of all. Absent where the shares were not changed.
     */
    ramp: z
      .array(
        z.strictObject({
          until: day.nullable(),
          weights: z.record(z.string(), number),
          share: probability,
        }),
      )
      .optional(),
    plannedEnd: z.string().nullable(),
    plannedUsers: count.nullable(),
    /** Days before exposure that covariates come from; null: no covariates. */
    cupedLookbackDays: count.nullable(),
    /** Levels with fewer analysed users in an arm are not analysed. */
    segmentMinimumUsers: count,
  }),
  arms: z.array(z.strictObject({ variant: z.string(), users: count, exposed: count, assigned: count })),
  trust,
  decision,
  /** Null where nothing like it was simulated; absent in old reports. */
  errorRates: errorRates.nullable().optional(),
  metrics: z.array(metricReport),
  /** Effects on everyone assigned, and by first assignment, beside those on the analysed users. Older reports lack it. */
  assigned: z.array(effectOnAssigned).optional(),
  segments: z.array(segment),
  interactions: z.array(interaction),
  novelty: z.array(novelty),
  sinceExposure: z.array(sinceExposure),
  regression: z.array(regression),
  distributions: z.array(distribution),
  caps: z.array(cap),
  /** The analyses of the original project. */
  parity: originalAnalyses.nullable(),
});
export type ExperimentReport = z.infer<typeof experimentReport>;

const unavailableByName = z.strictObject({
  kind: z.enum(['metric', 'check', 'segment']),
  name: z.string(),
  reason: z.string(),
});

/** What the drop lacks the data for. Earlier versions wrote `what` in words: `segment country`. */
export const unavailable = z.union([
  unavailableByName,
  z
    .strictObject({ what: z.string(), reason: z.string() })
    .transform(({ what, reason }): z.infer<typeof unavailableByName> => {
      const [, segment] = /^segment (.+)$/s.exec(what) ?? [];
      if (segment !== undefined) return { kind: 'segment', name: segment, reason };
      return { kind: what.startsWith('check of ') ? 'check' : 'metric', name: what, reason };
    }),
]);
export type Unavailable = z.infer<typeof unavailable>;

/** `report.json`. Byte-identical for the same run id: no wall-clock data. */
export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  run: z.strictObject({
    runId: z.string(),
    drop: z.string(),
    inputs: z.array(z.strictObject({ key: z.string(), etag: z.string(), size: count })),
    configHash: z.string(),
    asOf: z.string().nullable(),
    /** Nobody declared that the files are all of the drop; absent where somebody did. */
    undeclared: z.literal(true).optional(),
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
  unavailable: z.array(unavailable),
});
export type Report = z.infer<typeof reportSchema>;

/** The report's schema as JSON Schema 2020-12, which docs/report.schema.json publishes. */
export function reportJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(reportSchema, { target: 'draft-2020-12', io: 'input' }),
    title: 'Experiment report',
    description: 'report.json of a run: decision, checks, metrics and population of each experiment.',
  };
}
