import type { DatasetContract } from './contract.ts';

export const events = {
  dataset: 'events',
  required: true,
  key: ['event_id'],
  keepsOtherColumns: false,
  maxBadRate: 0.05,
  references: [
    { column: 'user_id', dataset: 'users', key: 'user_id', onFail: 'quarantine' },
    { column: 'session_id', dataset: 'sessions', key: 'session_id', onFail: 'warn' },
    { column: 'product_id', dataset: 'products', key: 'product_id', onFail: 'warn' },
  ],
  columns: [
    { name: 'event_id', type: 'id', presence: 'required', description: 'Id of the event.' },
    { name: 'session_id', type: 'id', presence: 'optional', description: 'Session the event happened in.' },
    {
      name: 'user_id',
      type: 'id',
      presence: 'optional',
      description: 'User of the event; where it is missing, the user of its session.',
    },
    { name: 'event_name', type: 'text', presence: 'required', description: 'Kind of event, before aliases.' },
    {
      name: 'event_ts',
      type: 'timestamp',
      presence: 'required',
      dateAlone: 'end_of_day',
      description:
        'When it happened; a date alone is the end of its day, after every assignment of that day.',
    },
    { name: 'product_id', type: 'id', presence: 'optional', description: 'Product the event is about.' },
    {
      name: 'quantity',
      type: 'integer',
      presence: 'optional',
      range: { rule: 'negative_quantity', min: 0, onFail: 'warn' },
      description: 'Number of items.',
    },
    {
      name: 'revenue',
      type: 'money',
      presence: 'optional',
      description: 'Money of a purchase (whole event, not per item); a refund may be positive or negative.',
    },
    { name: 'order_id', type: 'text', presence: 'optional', description: 'Order of a purchase or refund.' },
    {
      name: 'currency',
      type: 'text',
      presence: 'optional',
      domain: {
        rule: 'not_a_currency',
        pattern: '[A-Za-z]{3}',
        meaning: 'a currency code of three letters such as EUR',
        onFail: 'fail',
      },
      description: 'ISO 4217 code in either case; one per run, since amounts of several do not add up.',
    },
  ],
} as const satisfies DatasetContract;
