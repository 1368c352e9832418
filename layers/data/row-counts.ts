import { z } from 'zod';
import { datasetNames } from './datasets/index.ts';

const count = z.number().int().nonnegative();

/** Rows that broke one rule, with a few examples. */
export const ruleCount = z.strictObject({
  dataset: z.enum(datasetNames),
  column: z.string().nullable(),
  rule: z.string(),
  rows: count,
  examples: z.array(
    z.strictObject({
      /** As `chunkName` gives it; older runs did not tell. */
      file: z.string().optional(),
      line: count.nullable(),
      value: z.string(),
    }),
  ),
});
export type RuleCount = z.infer<typeof ruleCount>;

/** Rows of the events of one name. */
export const eventRows = z.strictObject({ event: z.string(), rows: count });
export type EventRows = z.infer<typeof eventRows>;

/** What became of the events of one name. */
export const eventFate = z.strictObject({ event: z.string(), accepted: count, quarantined: count });
export type EventFate = z.infer<typeof eventFate>;

/** What became of some lines: lines = accepted + quarantined, duplicates aside. */
export interface LineCounts {
  readonly lines: number;
  readonly accepted: number;
  readonly quarantined: number;
}
