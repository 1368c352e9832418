import { type DatasetName, datasetNames } from '../../layers/data/datasets/index.ts';
import type { Random } from './random.ts';
import { headers } from './rows.ts';

/**
 * What is wrong with an added row. A run drops such rows, but for oddities that it takes and warns of:
 * `negative_quantity`, in a cart long before the experiment, and `unknown_user` in sessions and assignments.
 */
const dirtKinds = [
  'duplicate_line',
  'wrong_field_count',
  'missing_key',
  'bad_timestamp',
  'bad_number',
  'unknown_user',
  'negative_quantity',
] as const;

export type DirtKind = (typeof dirtKinds)[number];

type Fields = Record<string, string>;

/** Changes a copy of a good row; `id` is one that no good row has. */
type Spoil = (fields: Fields, id: string) => Fields;

const missingKey =
  (key: string): Spoil =>
  (fields) => ({ ...fields, [key]: '' });
const badTimestamp =
  (key: string, column: string): Spoil =>
  (fields, id) => ({ ...fields, [key]: id, [column]: '2026-02-30T25:61:00Z' });

/** The kinds that make sense for a dataset; lines that are repeated or of another length are possible in each. */
const spoils: Readonly<Record<DatasetName, Partial<Record<DirtKind, Spoil>>>> = {
  users: {
    missing_key: missingKey('user_id'),
    bad_timestamp: badTimestamp('user_id', 'signup_ts'),
  },
  products: {
    missing_key: missingKey('product_id'),
    bad_number: (fields, id) => ({ ...fields, product_id: id, price: 'free' }),
  },
  sessions: {
    missing_key: missingKey('session_id'),
    bad_timestamp: badTimestamp('session_id', 'session_start_ts'),
    unknown_user: (fields, id) => ({ ...fields, session_id: id, user_id: id }),
  },
  experiment_assignments: {
    missing_key: missingKey('user_id'),
    bad_timestamp: (fields) => ({ ...fields, assigned_ts: 'yesterday' }),
    unknown_user: (fields, id) => ({ ...fields, user_id: id }),
  },
  events: {
    missing_key: missingKey('event_id'),
    bad_timestamp: badTimestamp('event_id', 'event_ts'),
    // Of a purchase it would be taken.
    bad_number: (fields, id) => ({
      ...fields,
      event_id: id,
      event_type: 'add_to_cart',
      revenue: '12.5 EUR',
    }),
    unknown_user: (fields, id) => ({ ...fields, event_id: id, session_id: '', user_id: id }),
    negative_quantity: (fields, id) => ({
      ...fields,
      event_id: id,
      session_id: '',
      event_type: 'add_to_cart',
      event_ts: '2020-01-01T00:00:00Z',
      quantity: '-1',
      revenue: '',
      order_id: '',
      currency: '',
    }),
  },
};

/** Ids of bad rows, far from those of good ones and from those of other datasets. */
const firstBadId = 900_000_000_000;
const idsPerDataset = 10_000_000_000;

/** Adds bad rows of a dataset behind good ones and counts them by kind. */
export class Dirt {
  readonly #columns: readonly string[];
  readonly #spoils: Partial<Record<DirtKind, Spoil>>;
  readonly #kinds: readonly DirtKind[];
  readonly #share: number;
  readonly #random: Random;
  readonly #firstId: number;
  readonly counts: Partial<Record<DirtKind, number>> = {};
  #added = 0;

  constructor(dataset: DatasetName, share: number, random: Random) {
    this.#columns = headers[dataset];
    this.#spoils = spoils[dataset];
    this.#kinds = dirtKinds.filter(
      (kind) => kind === 'duplicate_line' || kind === 'wrong_field_count' || kind in spoils[dataset],
    );
    this.#share = share;
    this.#random = random;
    this.#firstId = firstBadId + idsPerDataset * datasetNames.indexOf(dataset);
  }

  /** A bad row to write after the good one `line`, or undefined. */
  after(line: string): string | undefined {
    if (!this.#random.chance(this.#share)) return undefined;
    const kind = this.#kinds[this.#added % this.#kinds.length] as DirtKind;
    this.#added += 1;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    if (kind === 'duplicate_line') return line;
    if (kind === 'wrong_field_count') return `${line},surplus`;
    const values = line.split(',');
    const fields = Object.fromEntries(this.#columns.map((column, index) => [column, values[index] ?? '']));
    const spoiled = this.#spoils[kind]?.(fields, String(this.#firstId + this.#added)) ?? fields;
    return this.#columns.map((column) => spoiled[column]).join(',');
  }
}
