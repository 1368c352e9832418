import { z } from 'zod';

const column = z.string().min(1);

/** The sums of one outcome over the users of a row, from which mean and variance follow. */
export const summaryOutcome = z.union([
  z.strictObject({ conversions: column.describe('Users who did it.') }),
  z.strictObject({
    sum: column.describe('Sum over the users of the row.'),
    sum_squares: column.describe("Sum of the users' squared values."),
  }),
  z.strictObject({
    mean: column.describe('Mean over the users of the row.'),
    variance: column.describe('Variance between its users (n - 1).'),
  }),
  z.strictObject({ mean: column, sd: column.describe('Standard deviation between its users (n - 1).') }),
]);
export type SummaryOutcome = z.infer<typeof summaryOutcome>;

/** A file of sums in place of users: a row an arm, or an arm and day. */
export const summaryFile = z.strictObject({
  file: z
    .string()
    .regex(/^[^/\\*]+\.(csv|tsv)$/, 'must be a file name that ends in .csv or .tsv')
    .describe('Name of the file in the folder.'),
  experiment_id: z
    .union([column, z.strictObject({ constant: column })])
    .describe('Column of the experiment, or `{ constant }` where the file has one alone.'),
  variant: column.describe('Column of the arm.'),
  users: column.describe('Column of the number of users.'),
  day: column.optional().describe('Column of the day (`2024-05-31`) on which the users of the row came.'),
  counts: z
    .enum(['daily', 'cumulative'])
    .optional()
    .describe(
      'Whether the row of a day tells of its own users or of all up to it. Where it is not said, days whose numbers never fall are refused, since both may be meant.',
    ),
  outcomes: z
    .record(z.string(), summaryOutcome)
    .refine((outcomes) => Object.keys(outcomes).length > 0, { message: 'needs a metric' })
    .describe('For each metric that the file tells of: the columns of its sums.'),
});
export type SummaryFile = z.infer<typeof summaryFile>;

/** Columns of the file that hold an outcome. */
export function columnsOfOutcome(outcome: SummaryOutcome): string[] {
  return Object.values(outcome);
}

const integer = z.string().regex(/^-?\d+$/);

/** `runs/<id>/summary.json`: the rows of the file, exact integers in the units of the metrics' columns. */
export const summaryRows = z.array(
  z.strictObject({
    line: z.number().int(),
    experimentId: z.string(),
    variant: z.string(),
    day: z.iso.date().nullable(),
    users: z.number().int().nonnegative(),
    /** By metric. */
    outcomes: z.record(z.string(), z.strictObject({ sum: integer, squares: integer })),
  }),
);
export type SummaryRow = z.infer<typeof summaryRows>[number];
