import { z } from 'zod';
import { loadResult, output, runInputs, stageNames } from './documents.ts';

const count = z.number().int().nonnegative();
const moment = z.iso.datetime();

/**
 * `runs/<id>/manifest.json`: what a run was made of and what it made. The objects it names are the run's results; other
 * keys that carry the run's id are leftovers of failed attempts. Written once, before anything is published.
 */
export const runManifest = z.strictObject({
  schemaVersion: z.literal(1),
  runId: z.string(),
  drop: z.string(),
  attempt: z.number().int().positive(),
  configHash: z.string(),
  codeVersion: z.string(),
  versions: z.strictObject({ node: z.string(), duckdb: z.string() }),
  inputs: runInputs.shape.inputs,
  inputsAsOf: moment,
  stages: z.array(
    z.strictObject({
      stage: z.enum(stageNames),
      parts: count,
      rows: count,
      bytes: count,
      startedAt: moment,
      finishedAt: moment,
      /** From the beginning of the first part to the end of the last. */
      seconds: z.number().nonnegative(),
      /** Of all parts together. Older runs did not tell. */
      functionSeconds: z.number().nonnegative().optional(),
    }),
  ),
  outputs: z.array(output.omit({ bucket: true }).extend({ stage: z.enum(stageNames), etag: z.string() })),
  tables: loadResult.shape.tables,
  variants: loadResult.shape.variants,
  decisions: z.array(z.strictObject({ experimentId: z.string(), action: z.string() })),
});
export type RunManifest = z.infer<typeof runManifest>;
