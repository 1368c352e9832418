/** How an experiment may be looked at before its end. */
export const sequentialMethods = ['none', 'always_valid', 'group_sequential'] as const;

export type SequentialMethod = (typeof sequentialMethods)[number];
