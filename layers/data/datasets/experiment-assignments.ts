import type { DatasetContract } from './contract.ts';

export const experimentAssignments = {
  dataset: 'experiment_assignments',
  required: true,
  key: ['user_id', 'experiment_id', 'variant', 'assigned_ts'],
  keepsOtherColumns: false,
  maxBadRate: 0.05,
  references: [{ column: 'user_id', dataset: 'users', key: 'user_id', onFail: 'warn' }],
  columns: [
    { name: 'user_id', type: 'id', presence: 'required', description: 'The assigned user.' },
    { name: 'experiment_id', type: 'text', presence: 'required', description: 'Id of the experiment.' },
    {
      name: 'variant',
      type: 'text',
      presence: 'required',
      keeps: ['None', 'NA'],
      description: 'Arm the user was assigned to.',
    },
    {
      name: 'assigned_ts',
      type: 'timestamp',
      presence: 'required',
      description: 'When the user was assigned.',
    },
  ],
} as const satisfies DatasetContract;
