import { z } from 'zod';
import { sentenceCase } from './labels.ts';
import { count, day, number, probability, reason } from './schema-values.ts';

export const sampleRatio = z.strictObject({
  chi2: number.nullable(),
  df: count.nullable(),
  p: probability.nullable(),
  status: z.enum(['pass', 'fail', 'not_checked']),
  reason: reason.nullable(),
  arms: z.array(z.strictObject({ variant: z.string(), users: count, expected: number })),
});
export type SampleRatio = z.infer<typeof sampleRatio>;

/** What may have made a split wrong. */
export const splitCause = z
  .strictObject({
    cause: z.enum([
      'reassignment',
      'variant_label',
      'excluded_users',
      'exposed_before_assignment',
      'one_level',
      'one_day',
      'first_days',
      'exposures_missing',
      'weights',
    ]),
    /** Users it concerns: those who are left out, or those who are missing. */
    users: count,
    explanation: z.string(),
    /** Where to look for them, or null. */
    query: z.string().nullable(),
    /** p of the split without the cause. */
    left: probability,
  })
  .meta({ id: 'splitCause' });
export type SplitCause = z.infer<typeof splitCause>;

const adjustedOfEarlier = ['sample_ratio_by_segment', 'sample_ratio_by_day', 'covariate_balance'];

/**
 * One check, with its words: a report can be shown without knowing which checks there are. Only `fail` makes a decision
 * invalid. Reports of earlier versions lack the optional parts.
 */
export const trustCheck = z
  .strictObject({
    name: z.string(),
    /** What is checked, in a few words. */
    label: z.string().optional(),
    status: z.enum(['pass', 'warn', 'fail', 'not_checked']),
    statistic: number.nullable(),
    /** What `statistic` is: Pearson's chi-square, without a unit. */
    statisticName: z.literal('chi_square').nullable().optional(),
    /** Degrees of freedom of `statistic`. */
    df: count.nullable().optional(),
    p: probability.nullable(),
    /** Whether p is the smallest of several, corrected by Holm; statistic and df are then those of the same test. */
    isAdjusted: z.boolean().optional(),
    /** What was found and what it means, in a plain sentence or two. */
    explanation: z.string(),
    /** The number to note in a few words: `3.3 % not ended`. */
    note: z.string().nullable().optional(),
  })
  .meta({ id: 'trustCheck' })
  .transform((check) => ({
    ...check,
    label: check.label ?? sentenceCase(check.name),
    isAdjusted: check.isAdjusted ?? adjustedOfEarlier.includes(check.name),
    note: check.note ?? null,
  }));
export type TrustCheck = z.infer<typeof trustCheck>;

/** A sample ratio test among many: `pAdjusted` by Holm. */
const oneOfMany = sampleRatio.extend({ pAdjusted: probability.nullable() });

/** Whether the effect of an arm on the primary metric differs by the arm that its users have in another experiment. */
export const parallelExperiment = z
  .strictObject({
    /** The other experiment. */
    experimentId: z.string(),
    /** The treatment whose effect it is. */
    variant: z.string(),
    metric: z.string(),
    /** Analysed users who are in both experiments. */
    users: count,
    /** The effect beside each arm of the other one that has enough users. */
    effects: z.array(
      z.strictObject({ variant: z.string(), absolute: number.nullable(), relative: number.nullable() }),
    ),
    method: z.enum(['cochran_q_log_ratio', 'cochran_q_difference']),
    q: number.nullable(),
    df: count.nullable(),
    p: probability.nullable(),
    /** By Holm over all pairs of experiments of the run. */
    pAdjusted: probability.nullable(),
    reason: reason.nullable(),
  })
  .meta({ id: 'parallelExperiment' });
export type ParallelExperiment = z.infer<typeof parallelExperiment>;

const share = z.strictObject({ users: count, share: number.nullable() });

export const trust = z.strictObject({
  srm: sampleRatio,
  srmAssigned: sampleRatio,
  /** What may have made the splits wrong, the most likely first. Older reports lack them. */
  srmCauses: z.array(splitCause).optional(),
  srmAssignedCauses: z.array(splitCause).optional(),
  crossovers: share,
  immature: share,
  warnings: z.array(z.string()),
  /** Every check, the ones that can fail first. */
  checks: z.array(trustCheck),
  /** Exposed users at each level that is large enough. */
  srmBySegment: z.array(oneOfMany.extend({ segment: z.string(), level: z.string() })),
  /** Users assigned on each day that is large enough. */
  srmByDay: z.array(oneOfMany.extend({ day })),
  /** None where no user is in another experiment. Older reports lack them. */
  parallel: z.array(parallelExperiment).optional(),
  /** Means of covariates from before the exposure, which the treatment cannot have changed. */
  balance: z.array(
    z.strictObject({
      covariate: z.string(),
      variant: z.string(),
      control: number.nullable(),
      treatment: number.nullable(),
      p: probability.nullable(),
      pAdjusted: probability.nullable(),
      reason: reason.nullable(),
    }),
  ),
  exposureRates: z.array(
    z.strictObject({ variant: z.string(), assigned: count, exposed: count, share: number.nullable() }),
  ),
});
