import { z } from 'zod';
import { count, day, number, probability, reason } from './values.ts';

export const sampleRatio = z.strictObject({
  chi2: number.nullable(),
  df: count.nullable(),
  p: probability.nullable(),
  status: z.enum(['pass', 'fail', 'not_checked']),
  reason: reason.nullable(),
  arms: z.array(z.strictObject({ variant: z.string(), users: count, expected: number })),
});
export type SampleRatio = z.infer<typeof sampleRatio>;

/** One check. Only `fail` makes a decision invalid. */
export const trustCheck = z
  .strictObject({
    name: z.enum([
      'sample_ratio_exposed',
      'sample_ratio_assigned',
      'sample_ratio_by_segment',
      'sample_ratio_by_day',
      'crossovers',
      'crossover_asymmetry',
      'unknown_variants',
      'covariate_balance',
      'exposure_rate',
      'assignment_before_exposure',
      'immature_users',
      'duplicates',
      'quarantine',
      'time_order',
    ]),
    status: z.enum(['pass', 'warn', 'fail', 'not_checked']),
    statistic: number.nullable(),
    /** What `statistic` is: Pearson's chi-square, without a unit. Reports of earlier versions lack it, and mean the same. */
    statisticName: z.literal('chi_square').nullable().optional(),
    /** Degrees of freedom of `statistic`. */
    df: count.nullable().optional(),
    /** Smallest p of several, corrected by Holm. */
    p: probability.nullable(),
    /** What was found and what it means, in a plain sentence or two. */
    explanation: z.string(),
  })
  .meta({ id: 'trustCheck' });
export type TrustCheck = z.infer<typeof trustCheck>;

/** A sample ratio test among many: `pAdjusted` by Holm. */
const oneOfMany = sampleRatio.extend({ pAdjusted: probability.nullable() });

const share = z.strictObject({ users: count, share: number.nullable() });

export const trust = z.strictObject({
  srm: sampleRatio,
  srmAssigned: sampleRatio,
  crossovers: share,
  immature: share,
  warnings: z.array(z.string()),
  /** Every check, the ones that can fail first. */
  checks: z.array(trustCheck),
  /** Exposed users at each level that is large enough. */
  srmBySegment: z.array(oneOfMany.extend({ segment: z.string(), level: z.string() })),
  /** Users assigned on each day that is large enough. */
  srmByDay: z.array(oneOfMany.extend({ day })),
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
