import { z } from 'zod';
import table from './data-sets.json' with { type: 'json' };
import found from './results.json' with { type: 'json' };

/** A data set of a public repository, and what an analyst says of it. */
const dataSet = z.strictObject({
  name: z.string(),
  repository: z.string(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  files: z.array(z.string()).min(1),
  shape: z.string(),
  /** Options of `ecom init`, beside the folder. */
  init: z.array(z.string()),
  /** Answer to the question for the control, where `init` asks it. */
  control: z.string().optional(),
  /** What compute.py needs; absent where no comparison of users can be made of the files as they are. */
  independent: z
    .strictObject({
      /** Column of what is compared, where it has several rows, which add up. */
      unit: z.string().optional(),
      arm: z.string(),
      control: z.string(),
      outcome: z.string(),
      value: z.string().optional(),
      /** Whether rows that repeat another one count, as they do where lines are the users. */
      repeats: z.literal(true).optional(),
    })
    .optional(),
});
export type DataSet = z.infer<typeof dataSet>;

const arm = z.object({ n: z.number(), mean: z.number() });
/** Of an arm against the control; the interval is that of the difference. */
export const figures = z.object({
  variant: z.string(),
  control: arm,
  treatment: arm,
  lift: z.number(),
  interval: z.tuple([z.number(), z.number()]),
  p: z.number(),
});
export type Figures = z.infer<typeof figures>;

const result = z.strictObject({
  name: z.string(),
  product: z.array(figures),
  /** Why the product makes no comparison. */
  refused: z.string().optional(),
  independent: z.array(figures).nullable(),
});
export type Result = z.infer<typeof result>;

export const dataSets: readonly DataSet[] = z.array(dataSet).parse(table);
export const results: readonly Result[] = z.array(result).parse(found);
