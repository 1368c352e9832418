import type { DatasetContract } from './contract.ts';

export const products = {
  dataset: 'products',
  required: false,
  key: ['product_id'],
  keepsOtherColumns: true,
  references: [],
  columns: [
    { name: 'product_id', type: 'id', presence: 'required', description: 'Id of the product.' },
    { name: 'category', type: 'text', presence: 'optional', description: 'Category.' },
    { name: 'price', type: 'money', presence: 'optional', description: 'List price.' },
  ],
} as const satisfies DatasetContract;
