import type { StageName } from './documents.ts';

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

/** Stages that run once per chunk (stage) or per user bucket; the others run once. */
export const mappedStages = { stage: 'chunks', clean: 'buckets', marts: 'buckets', load: 'buckets' } as const;

/** How many parts of a stage a plan asks for. */
export function partsOf(
  stage: StageName,
  plan: { readonly chunks: readonly unknown[]; readonly buckets: number },
): number {
  if (!isMapped(stage)) return 1;
  return mappedStages[stage] === 'chunks' ? plan.chunks.length : plan.buckets;
}

/** Whether the plan says how many parts a stage has. */
export function isMapped(stage: StageName): stage is keyof typeof mappedStages {
  return stage in mappedStages;
}
