import type pg from 'pg';
import type { MartName } from '../mart-tables.ts';
import type { RunOrder } from '../run-order.ts';

/** One of the parts that a run is loaded in: the users of a bucket. */
export interface PartOfRun extends RunOrder {
  readonly runId: string;
  readonly drop: string;
  readonly part: number;
  readonly parts: number;
  /** Local Parquet files of each mart. */
  readonly files: Readonly<Record<MartName, readonly string[]>>;
}

/** Opens one more session on the database that the run is loaded into. */
export type OpenAnother = <Answer>(work: (client: pg.Client) => Promise<Answer>) => Promise<Answer>;
