import { z } from 'zod';
import { count, day, interval, number, probability, reason } from './schema-values.ts';

/** Does the effect fade or grow? Of one metric and treatment. */
export const novelty = z.strictObject({
  metric: z.string(),
  variant: z.string(),
  /** The effect among all users exposed up to and including each day. */
  cumulative: z.array(
    z.strictObject({
      day,
      users: z.strictObject({ control: count, treatment: count }),
      absolute: number.nullable(),
      relative: number.nullable(),
      /** Fixed-horizon intervals at alpha: right for one look only. */
      absoluteCi: interval.nullable(),
      relativeCi: interval.nullable(),
      /** Intervals that hold on all days at once. */
      alwaysValidCi: interval.nullable(),
      alwaysValidRelativeCi: interval.nullable(),
      reason: reason.nullable(),
    }),
  ),
});
export type Novelty = z.infer<typeof novelty>;

/** What users did on the k-th day since their exposure, of those observed for the whole of it. */
export const sinceExposure = z.strictObject({
  column: z.string(),
  unit: z.enum(['count', 'currency', 'seconds']),
  variant: z.string(),
  days: z.array(
    z.strictObject({
      /** 0 is the day that begins with the exposure. */
      day: count,
      users: z.strictObject({ control: count, treatment: count }),
      /** Difference of the means per user and day. */
      absolute: number.nullable(),
      relative: number.nullable(),
      absoluteCi: interval.nullable(),
      relativeCi: interval.nullable(),
      reason: reason.nullable(),
    }),
  ),
  /**
   * Change per day of the effect relative to the mean of both arms together, days weighted by their precision and taken
   * for independent: below zero the effect of a treatment that raises the column fades (novelty), above it grows.
   */
  trend: z.union([
    z.strictObject({ slope: number, se: number, z: number, p: probability }),
    z.strictObject({ reason }),
  ]),
});
export type SinceExposure = z.infer<typeof sinceExposure>;

/** How revenue per user is distributed in each arm, for display. */
export const distribution = z.strictObject({
  column: z.string(),
  unit: z.enum(['count', 'currency', 'seconds']),
  arms: z.array(
    z.strictObject({
      variant: z.string(),
      /** Users below zero, and at zero. */
      negative: count,
      zero: count,
      /** Users in [from, to), roughly even on a logarithmic scale; bins without users are left out. */
      bins: z.array(z.strictObject({ from: number, to: number, users: count })),
    }),
  ),
});
export type Distribution = z.infer<typeof distribution>;

/** Where large values of a metric are cut, and how many users that concerns. */
export const cap = z.strictObject({
  metric: z.string(),
  unit: z.enum(['count', 'currency', 'seconds']),
  percentile: number,
  /** Whether users with a value of zero are left out of the percentile. */
  ignoreZeros: z.boolean(),
  /** Null where the percentile is zero or less, and nothing was cut. */
  cap: number.nullable(),
  arms: z.array(z.strictObject({ variant: z.string(), users: count })),
});
export type Cap = z.infer<typeof cap>;
