import type { DatasetContract } from './contract.ts';

export const users = {
  dataset: 'users',
  required: false,
  key: ['user_id'],
  keepsOtherColumns: true,
  maxBadRate: 0.05,
  references: [],
  columns: [
    { name: 'user_id', type: 'id', presence: 'required', description: 'Id of the user.' },
    {
      name: 'signup_ts',
      type: 'timestamp',
      presence: 'optional',
      description: 'When the user signed up (UTC unless the value has an offset).',
    },
    {
      name: 'device',
      type: 'text',
      presence: 'optional',
      description: 'Device; else that of the first session.',
    },
    {
      name: 'country',
      type: 'text',
      presence: 'optional',
      keeps: ['NA'],
      description: 'Country; NA is Namibia.',
    },
  ],
} as const satisfies DatasetContract;
