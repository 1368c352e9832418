import type { DatasetContract } from './contract.ts';

export const sessions = {
  dataset: 'sessions',
  required: false,
  key: ['session_id'],
  keepsOtherColumns: false,
  maxBadRate: 0.05,
  references: [{ column: 'user_id', dataset: 'users', key: 'user_id', onFail: 'warn' }],
  columns: [
    { name: 'session_id', type: 'id', presence: 'required', description: 'Id of the session.' },
    { name: 'user_id', type: 'id', presence: 'required', description: 'User of the session.' },
    {
      name: 'session_start_ts',
      type: 'timestamp',
      presence: 'required',
      description: 'Start of the session.',
    },
    { name: 'session_end_ts', type: 'timestamp', presence: 'optional', description: 'End of the session.' },
    { name: 'device', type: 'text', presence: 'optional', description: 'Device of the session.' },
  ],
} as const satisfies DatasetContract;
