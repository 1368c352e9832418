import { z } from 'zod';
import { datasetNames } from '../data/datasets/index.ts';
import { eventFate, ruleCount } from '../data/row-counts.ts';

const count = z.number().int().nonnegative();
/** An exact integer as a decimal string: sums may exceed 2^53. */
const integer = z.string().regex(/^-?\d+$/);

const day = z.iso.date();

/** A step of the way from assigned to analysed users. */
export const populationStep = z.strictObject({
  experimentId: z.string().nullable(),
  step: z.string(),
  rows: count,
  users: count,
});
export type PopulationStep = z.infer<typeof populationStep>;

/** Exposure events before their user's assignment, the users who have one, and those of them who are left out for it. */
export const earlyExposures = z.strictObject({ events: count, users: count, usersLeftOut: count });
export type EarlyExposures = z.infer<typeof earlyExposures>;

/** Exact sums over some users; columns are those of user_outcomes, or made from them, in their integer units. */
export const moments = z.strictObject({
  sums: z.record(z.string(), integer),
  /**
   * products[a][b] = Σ a·b, a before b in the order of `columns`, for all columns of each metric: numerator (capped or
   * not), denominator and covariates; products[a][a] is the sum of squares.
   */
  products: z.record(z.string(), z.record(z.string(), integer)),
  /** Σ of cubes of amounts, where the arms are so unequal that their skews do not cancel. */
  cubes: z.record(z.string(), integer).optional(),
});
export type Moments = z.infer<typeof moments>;

/** An arm's users who were assigned in one period of a ramp, the first being 0. */
export const periodMeasurement = moments.extend({ period: count, exposed: count, users: count });

/** Sums of one arm over its analysed users. */
export const armMeasurement = moments.extend({
  variant: z.string(),
  /** Users assigned (crossovers and unknown variants excluded). */
  assigned: count,
  /** Exposed users before maturity filters: the population of trust.srm. */
  exposed: count,
  /** Users analysed: n of every metric. */
  users: count,
  /** The same by period of assignment, where the shares of the arms were changed. */
  periods: z.array(periodMeasurement).optional(),
});
export type ArmMeasurement = z.infer<typeof armMeasurement>;

/**
 * What everyone assigned did from the assignment on, exposed or not: of the metrics that are sums over events or orders.
 * `crossed`: users who came to several variants, by the first of them; they are in no arm.
 */
export const assignedOutcomes = moments.extend({
  variant: z.string(),
  crossed: z.boolean(),
  users: count,
});
export type AssignedOutcomes = z.infer<typeof assignedOutcomes>;

export const segmentMeasurement = z.strictObject({
  segment: z.string(),
  level: z.string(),
  /** `assigned` is 0: segments are those of exposed users. */
  arms: z.array(armMeasurement),
});
export type SegmentMeasurement = z.infer<typeof segmentMeasurement>;

/** The users who are exposed in another experiment of the drop, too, by their arm there; sums of the primary metric alone. */
export const parallelMeasurement = z.strictObject({
  experimentId: z.string(),
  variant: z.string(),
  /** Of this experiment. */
  arms: z.array(armMeasurement),
});
export type ParallelMeasurement = z.infer<typeof parallelMeasurement>;

/** The users exposed on one UTC day. Their arms without covariates and capped columns; all cohorts add up to the arms. */
export const cohortMeasurement = z.strictObject({ day, arms: z.array(armMeasurement) });
export type CohortMeasurement = z.infer<typeof cohortMeasurement>;

/** How a column was capped. */
export const capMeasurement = z.strictObject({
  /** The capped column, and the one it was made of. */
  column: z.string(),
  of: z.string(),
  percentile: z.number(),
  ignoreZeros: z.boolean(),
  /** Largest value left as it is; null where the percentile is no more than zero, and nothing was capped. */
  cap: integer.nullable(),
  /** Users by arm whose value was cut. */
  capped: z.array(z.strictObject({ variant: z.string(), users: count })),
});
export type CapMeasurement = z.infer<typeof capMeasurement>;

/** One arm's users on their day k since exposure, day 0 the 24 hours from it on. */
export const dayMeasurement = z.strictObject({
  day: count,
  /** Analysed users whose whole day lies before `asOf`. */
  users: count,
  /** Σ and Σ of squares of what each of them did on that day alone. */
  sums: z.record(z.string(), integer),
  squares: z.record(z.string(), integer),
});

/**
 * A quantile of one arm, by nearest rank. `lower` and `upper` are the order statistics `z` standard deviations of the
 * share of values up to `value` below and above it, so that se = (upper - lower) / 2z; null where there are none so far out.
 */
export const quantileArm = z.strictObject({
  variant: z.string(),
  /** Values ranked: users, or sessions. */
  n: count,
  value: integer.nullable(),
  lower: integer.nullable(),
  upper: integer.nullable(),
  /** Of values that are sessions, clustered in users: s sessions of a user, b of them up to `value`. */
  clusters: z
    .strictObject({
      /** Users with a session. */
      users: count,
      below: count,
      sessionsSquared: integer,
      belowSquared: integer,
      sessionsTimesBelow: integer,
    })
    .nullable(),
});

export const quantileMeasurement = z.strictObject({
  metric: z.string(),
  unit: z.enum(['count', 'cents', 'milliseconds']),
  quantile: z.number(),
  z: z.number(),
  arms: z.array(quantileArm),
});
export type QuantileMeasurement = z.infer<typeof quantileMeasurement>;

/** Users of an arm by revenue: bins are half-open and roughly even on a logarithmic scale, empty ones left out. */
export const histogramArm = z.strictObject({
  variant: z.string(),
  negative: count,
  zero: count,
  bins: z.array(z.strictObject({ from: integer, to: integer, users: count })),
});

/** Users of an arm that share events_in_window and purchased: the cells of the original's logit. */
export const logitCell = z.strictObject({
  variant: z.string(),
  eventsInWindow: count,
  users: count,
  purchased: count,
});

/** Users of an arm that share what they did before the exposure: the cells of a regression that adjusts for it. */
export const adjustedCell = z.strictObject({
  variant: z.string(),
  /** Events in the lookback, at most `adjustedCellEvents`. */
  preEvents: count,
  prePurchased: z.boolean(),
  users: count,
  purchased: count,
});

/** Beyond so many events before the exposure, users are told apart no more. */
export const adjustedCellEvents = 50;

const variantUsers = z.strictObject({ variant: z.string(), users: count });

/** Buyers of an arm, and how their purchases are written. */
export const armPurchases = z.strictObject({
  variant: z.string(),
  buyers: count,
  /** Their purchases, and those of them without an amount. Older runs did not tell. */
  purchases: count.optional(),
  withoutAmount: count.optional(),
  /** Buyers with a purchase that is there again under another event id: product and amount of the same order. */
  repeatedInOrder: count,
  /** The same of purchases without an order, at one moment. */
  repeatedAtMoment: count,
  /** Orders of several products, and those of them whose every row has the same amount. */
  severalProducts: count,
  oneAmount: count,
});
export type ArmPurchases = z.infer<typeof armPurchases>;

/** What the events of an experiment tell of how they were logged. */
export const eventQuality = z.strictObject({
  purchases: z.array(armPurchases),
  /** Exposure events and purchases from the first day of assignment on, and those of users without an assignment. */
  byAssignment: z.array(z.strictObject({ event: z.string(), events: count, unassigned: count })),
  /** Events by arm, of names that are much like one that decides, and of those names. */
  spellings: z.array(z.strictObject({ variant: z.string(), event: z.string(), events: count })),
});
export type EventQuality = z.infer<typeof eventQuality>;

export const experimentMeasurement = z.strictObject({
  experimentId: z.string(),
  columns: z.array(z.strictObject({ column: z.string(), unit: z.enum(['count', 'cents', 'milliseconds']) })),
  caps: z.array(capMeasurement),
  arms: z.array(armMeasurement),
  /** Older runs did not tell. */
  assignedOutcomes: z.array(assignedOutcomes).optional(),
  crossovers: count,
  /**
   * Crossovers by the variant they were assigned to first, without those of whom it is not known, being assigned to several at
   * one time: where the arms differ in it, leaving them out biases.
   */
  crossoversByFirstVariant: z.array(variantUsers),
  /** Users by a variant that the weights do not name, in the order of variants. */
  unknownVariants: z.array(variantUsers),
  earlyExposures,
  /** Users of each arm who are excluded as no people, and who were exposed only before the assignment. Older runs did not tell. */
  leftOut: z.array(z.strictObject({ variant: z.string(), excluded: count, early: count })).optional(),
  /** Older runs did not tell. */
  eventQuality: eventQuality.optional(),
  segments: z.array(segmentMeasurement),
  /** None where no user is in another experiment. Older runs did not tell. */
  parallel: z.array(parallelMeasurement).optional(),
  /** By exposure day, in order. */
  cohorts: z.array(cohortMeasurement),
  /** Users assigned by UTC day of assignment, crossovers and unknown variants excluded. */
  assignedByDay: z.array(z.strictObject({ day, arms: z.array(variantUsers) })),
  /** By day since exposure, up to the end of the outcome window; `columns` are keys of each day's sums. */
  sinceExposure: z.strictObject({
    columns: z.array(z.string()),
    arms: z.array(z.strictObject({ variant: z.string(), days: z.array(dayMeasurement) })),
  }),
  quantiles: z.array(quantileMeasurement),
  /** Revenue per user in cents. */
  revenueHistogram: z.array(histogramArm),
  logitCells: z.array(logitCell),
  /** None without `cuped`, whose lookback says what "before" is. */
  adjustedCells: z.array(adjustedCell),
  /** Exposed users whose outcome window had not ended by `asOf`: analysed, or left out with `immature: exclude`. */
  immatureUsers: count,
});
export type ExperimentMeasurement = z.infer<typeof experimentMeasurement>;

/** `runs/<id>/measurements.json`: everything `analyze` reads. No wall-clock data. */
export const measurements = z.strictObject({
  schemaVersion: z.literal(1),
  asOf: z.iso.datetime().nullable(),
  /** Names of all accepted events; absent where there are too many of them, or an older run did not tell. */
  eventNames: z.array(z.string()).optional(),
  /** What became of the events that decide, over all stages; of none that the files do not have. */
  decisiveEvents: z.array(eventFate).optional(),
  experiments: z.array(experimentMeasurement),
  population: z.array(populationStep),
  quality: z.partialRecord(
    z.enum(datasetNames),
    z.strictObject({ lines: count, accepted: count, quarantined: count, duplicates: count }),
  ),
  quarantineRules: z.array(ruleCount),
  warnings: z.array(ruleCount),
});
export type Measurements = z.infer<typeof measurements>;
