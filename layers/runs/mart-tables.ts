/** The marts, and at the same time their partitioned tables in PostgreSQL. */
export const martNames = ['user_exposure', 'user_outcomes'] as const;
export type MartName = (typeof martNames)[number];

/** Table of a run's rows: a partition of the mart's table. `runId` is 16 hex digits, so the name needs no quotes. */
export function partitionOf(mart: MartName, runId: string): string {
  return `${mart}_${runId}`;
}
