import { identifier, literal, literalList } from '../../platform/sql.ts';
import type { MartName } from '../mart-tables.ts';

/** How a column of a mart is written for COPY. */
type Kind = 'text' | 'moment' | 'whole' | 'money' | 'flag';

interface MartColumns {
  readonly columns: Readonly<Record<string, Kind>>;
  /** The jsonb column that takes every column of the Parquet files that is not named. */
  readonly rest: string;
}

/** Columns of the tables (layers/platform/migrations), without run_id. */
export const martColumns: Readonly<Record<MartName, MartColumns>> = {
  user_exposure: {
    columns: {
      experiment_id: 'text',
      user_id: 'text',
      variant: 'text',
      assigned_at: 'moment',
      exposed_at: 'moment',
      device: 'text',
      country: 'text',
    },
    rest: 'attributes',
  },
  user_outcomes: {
    columns: {
      experiment_id: 'text',
      user_id: 'text',
      variant: 'text',
      exposed_at: 'moment',
      window_end: 'moment',
      is_mature: 'flag',
      purchased: 'whole',
      added_to_cart: 'whole',
      began_checkout: 'whole',
      orders: 'whole',
      refunded_orders: 'whole',
      purchase_value: 'money',
      revenue: 'money',
      refunds: 'money',
      events_in_window: 'whole',
      exposure_sessions: 'whole',
      bounced_sessions: 'whole',
      sessions: 'whole',
      session_ms: 'whole',
      retained_d7: 'whole',
      pre_active: 'whole',
      pre_added_to_cart: 'whole',
      pre_began_checkout: 'whole',
      pre_purchased: 'whole',
      pre_events: 'whole',
      pre_orders: 'whole',
      pre_revenue: 'money',
      pre_sessions: 'whole',
      pre_session_ms: 'whole',
    },
    rest: 'metrics',
  },
};

const casts: Readonly<Record<Kind, string>> = {
  text: 'VARCHAR',
  moment: 'TIMESTAMP',
  whole: 'BIGINT',
  money: 'DECIMAL(18,2)',
  flag: 'BOOLEAN',
};

/** The table's columns, in the order of `projection`. */
export function columnList(mart: MartName): string[] {
  const { columns, rest } = martColumns[mart];
  return [...Object.keys(columns), rest];
}

/**
 * DuckDB query of a mart's rows as the table wants them: NULL for a column the files lack, the others in one JSON object.
 * @param present columns of the files
 */
export function projection(mart: MartName, files: readonly string[], present: readonly string[]): string {
  const { columns } = martColumns[mart];
  const fixed = Object.entries(columns).map(([name, kind]) =>
    present.includes(name) ? `CAST(${identifier(name)} AS ${casts[kind]})` : 'NULL',
  );
  const others = present.filter((name) => !(name in columns) && name !== 'run_id');
  const fields = others.map((name) => `${literal(name)}, ${identifier(name)}`).join(', ');
  const rest = others.length === 0 ? "'{}'" : `json_object(${fields})`;
  return `SELECT ${[...fixed, rest].join(', ')} FROM ${parquet(files)}`;
}

/** DuckDB's reader of a mart's files. */
export function parquet(files: readonly string[]): string {
  return `read_parquet(${literalList(files)}, union_by_name = true)`;
}
