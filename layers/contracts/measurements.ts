import { z } from 'zod';
import { datasetNames } from './datasets/index.ts';
import { populationStep, ruleCount } from './run-documents.ts';

const count = z.number().int().nonnegative();
/** An exact integer as a decimal string: sums may exceed 2^53. */
const integer = z.string().regex(/^-?\d+$/);

/** Exact sums of one arm over its analysed users; columns are those of user_outcomes, in their integer units. */
export const armMeasurement = z.strictObject({
  variant: z.string(),
  /** Users assigned (crossovers and unknown variants excluded). */
  assigned: count,
  /** Exposed users before maturity filters: the population of trust.srm. */
  exposed: count,
  /** Users analysed: n of every metric. */
  users: count,
  sums: z.record(z.string(), integer),
  /**
   * products[a][b] = Σ a·b, a before b in the order of `columns`, for the numerator and the denominator of each ratio;
   * products[a][a] is the sum of squares.
   */
  products: z.record(z.string(), z.record(z.string(), integer)),
});
export type ArmMeasurement = z.infer<typeof armMeasurement>;

export const segmentMeasurement = z.strictObject({
  segment: z.string(),
  level: z.string(),
  arms: z.array(armMeasurement),
});
export type SegmentMeasurement = z.infer<typeof segmentMeasurement>;

/** Users of an arm that share events_in_window and purchased: the cells of the original's logit. */
export const logitCell = z.strictObject({
  variant: z.string(),
  eventsInWindow: count,
  users: count,
  purchased: count,
});

export const experimentMeasurement = z.strictObject({
  experimentId: z.string(),
  columns: z.array(z.strictObject({ column: z.string(), unit: z.enum(['count', 'cents', 'milliseconds']) })),
  arms: z.array(armMeasurement),
  crossovers: count,
  /** Crossovers by the variant they were assigned to first: where the arms differ in it, leaving them out biases. */
  crossoversByFirstVariant: z.array(z.strictObject({ variant: z.string(), users: count })).optional(),
  segments: z.array(segmentMeasurement),
  logitCells: z.array(logitCell),
  /** Exposed users whose outcome window had not ended by `asOf`: analysed, or left out with `immature: exclude`. */
  immatureUsers: count,
});
export type ExperimentMeasurement = z.infer<typeof experimentMeasurement>;

/** `runs/<id>/measurements.json`: everything `analyze` reads. No wall-clock data. */
export const measurements = z.strictObject({
  schemaVersion: z.literal(1),
  asOf: z.iso.datetime().nullable(),
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
