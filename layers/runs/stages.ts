/** Name of the state machine. */
export const pipelineName = 'ecom-experiment-pipeline';

/** The stages of the state machine, in the order in which data flow through them. */
export const stageNames = [
  'plan',
  'stage',
  'clean',
  'marts',
  'measure',
  'load',
  'analyze',
  'publish',
] as const;

export type StageName = (typeof stageNames)[number];

/** Stages whose work lies in the database, which may have changed since: they look at it in every attempt. */
export const databaseStages: readonly StageName[] = ['load', 'publish'];

/** Stages that run once per chunk (stage) or per user bucket (clean, marts); the others run once. */
export const mappedStages = { stage: 'chunks', clean: 'buckets', marts: 'buckets' } as const;

/** How many parts of a stage a plan asks for. */
export function partsOf(
  stage: StageName,
  plan: { readonly chunks: readonly unknown[]; readonly buckets: number },
): number {
  if (!(stage in mappedStages)) return 1;
  return mappedStages[stage as keyof typeof mappedStages] === 'chunks' ? plan.chunks.length : plan.buckets;
}
