import { type StageName, stageNames } from './documents.ts';

/** Name of the state machine. */
export const pipelineName = 'ecom-experiment-pipeline';

/**
 * Stages that go on side by side once those before them are done, each list in its order: the decision does not wait for the
 * database. What comes after them waits for all.
 */
export const branches = [['measure', 'analyze'], ['load']] as const satisfies readonly StageName[][];

/** The branch that a stage is part of, or undefined where nothing goes on beside it. */
export function branchOf(stage: StageName): readonly StageName[] | undefined {
  return branches.find((branch: readonly StageName[]) => branch.includes(stage));
}

/** Stages whose work lies in the database, which may have changed since: they look at it in every attempt. */
export const databaseStages: readonly StageName[] = ['load', 'publish'];

/**
 * Stages that run once per chunk (stage), per user bucket (clean, marts, load), or per share of the ids, of which there are as
 * many as buckets (exchange); the others run once.
 */
export const mappedStages = {
  stage: 'chunks',
  exchange: 'buckets',
  clean: 'buckets',
  marts: 'buckets',
  load: 'buckets',
} as const;

/** Stages that have nothing to do where all users are in one bucket. */
export const stagesBetweenBuckets: readonly StageName[] = ['exchange'];

type Parts = { readonly chunks: readonly unknown[]; readonly buckets: number };

/** How many parts of a stage a plan asks for. */
export function partsOf(stage: StageName, { chunks, buckets }: Parts): number {
  if (!isMapped(stage)) return 1;
  if (mappedStages[stage] === 'chunks') return chunks.length;
  return buckets === 1 && stagesBetweenBuckets.includes(stage) ? 0 : buckets;
}

/** Whether the plan says how many parts a stage has. */
export function isMapped(stage: StageName): stage is keyof typeof mappedStages {
  return stage in mappedStages;
}

/** The stages that a run goes through, in their order; those of every run before there is a plan. */
export function stagesOf(plan: Parts | undefined): StageName[] {
  return stageNames.filter((stage) => partsOf(stage, plan ?? { chunks: [0], buckets: 1 }) > 0);
}
