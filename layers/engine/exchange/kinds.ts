import type { DatasetName } from '../../data/datasets/index.ts';

/** What `stage` leaves by share of an id, for `exchange`, and of which dataset it is. */
export const sharedKinds = {
  event_ids: 'events',
  session_references: 'events',
  userless_events: 'events',
  session_users: 'sessions',
} as const satisfies Readonly<Record<string, DatasetName>>;
export type SharedKind = keyof typeof sharedKinds;

/** What `exchange` leaves by user bucket, for `clean`. */
export const exchangedKinds = ['sessions_elsewhere', 'events_of_sessions', 'conflicts'] as const;
export type ExchangedKind = (typeof exchangedKinds)[number];
