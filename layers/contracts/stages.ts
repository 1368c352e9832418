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

/** Stages that run once per chunk (stage) or per user bucket (clean, marts); the others run once. */
export const mappedStages = { stage: 'chunks', clean: 'buckets', marts: 'buckets' } as const;
