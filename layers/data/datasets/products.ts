import type { DatasetContract } from './contract.ts';

export const products = {
  dataset: 'products',
  required: false,
  key: ['product_id'],
  keepsOtherColumns: true,
  maxBadRate: 0.05,
  references: [],
  columns: [
    { name: 'product_id', type: 'id', presence: 'required', description: 'Id of the product.' },
    { name: 'category', type: 'text', presence: 'optional', description: 'Category.' },
    {
      name: 'price',
      type: 'money',
      presence: 'optional',
      range: { rule: 'price_not_positive', min: 0.01, onFail: 'warn' },
      description: 'List price.',
    },
  ],
} as const satisfies DatasetContract;
