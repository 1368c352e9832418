import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal, renderSql } from '../../platform/sql.ts';
import { type AggregatedColumns, Aggregates } from '../../statistics/aggregates.ts';
import armsSql from './arms.sql';
import type { Cap } from './caps.ts';

/** One arm's users at one level of a segment (`''` for all users), and the sums over the analysed ones. */
export interface LevelSums {
  readonly experimentId: string;
  readonly level: string;
  readonly variant: string;
  readonly exposed: number;
  readonly immature: number;
  readonly aggregates: Aggregates;
}

export interface SumsQuery extends AggregatedColumns {
  /** SQL of what to split by. */
  readonly by?: string;
  /** Levels that are told apart, the largest first; the users of all others are `(other)`. */
  readonly levels?: number;
  readonly caps?: readonly Cap[];
  /** Largest absolute value of each column of the users. */
  readonly largest: ReadonlyMap<string, bigint>;
}

/** Sums of the columns and of the products over the analysed users of every experiment. */
export async function readSums(db: Database, query: SumsQuery): Promise<LevelSums[]> {
  const { by = "''", levels = Number.MAX_SAFE_INTEGER, columns, pairs, caps = [] } = query;
  const plain = columns.filter((column) => !caps.some((cap) => cap.column === column));
  const cut = columns.filter((column) => !plain.includes(column));
  const place = new Map(columns.map((column, index) => [column, index]));
  const sumName = (column: string) => `s${place.get(column)}`;
  const productName = (a: string, b: string) => `p${place.get(a)}_${place.get(b)}`;
  const rows = await db.query<Record<string, string | null>>(
    renderSql(armsSql, {
      level: by,
      levels: String(levels),
      columns: [...plain.map(identifier), ...cut.map((column) => cappedSql(column, caps))].join(', '),
      sums: [
        ...columns.map((column) => `sum(u.${identifier(column)}) FILTER (u.analysed) AS ${sumName(column)}`),
        ...pairs.map(
          ([a, b]) => `sum(${productSql(a, b, query)}) FILTER (u.analysed) AS ${productName(a, b)}`,
        ),
      ].join(',\n  '),
    }),
  );
  // A sum over no users is NULL in SQL.
  return rows.map((row) => ({
    experimentId: row.experimentId ?? '',
    level: row.level ?? '',
    variant: row.variant ?? '',
    exposed: Number(row.exposed),
    immature: Number(row.immature),
    aggregates: Aggregates.from(
      BigInt(row.users ?? 0),
      { columns, pairs },
      (column) => BigInt(row[sumName(column)] ?? 0),
      (a, b) => BigInt(row[productName(a, b)] ?? 0),
    ),
  }));
}

/** The sums of each arm over all levels. */
export function overLevels(sums: readonly LevelSums[]): LevelSums[] {
  const arms = new Map<string, LevelSums>();
  for (const one of sums) {
    const key = JSON.stringify([one.experimentId, one.variant]);
    const before = arms.get(key);
    arms.set(key, {
      ...one,
      level: '',
      exposed: one.exposed + (before?.exposed ?? 0),
      immature: one.immature + (before?.immature ?? 0),
      aggregates: before === undefined ? one.aggregates : before.aggregates.add(one.aggregates),
    });
  }
  return [...arms.values()];
}

/** The values of a column, cut at the cap of the row's experiment. */
function cappedSql(column: string, caps: readonly Cap[]): string {
  const own = caps.filter((cap) => cap.column === column);
  const of = identifier(own[0]?.of ?? column);
  const cases = own
    .filter(({ cap }) => cap !== null)
    .map(({ experimentId, cap }) => `WHEN ${literal(experimentId)} THEN least(${of}, ${cap})`);
  const value = cases.length === 0 ? of : `CASE experiment_id ${cases.join(' ')} ELSE ${of} END`;
  return `${value} AS ${identifier(column)}`;
}

/** 64 bits are several times as fast as 128, and enough for most products. */
function productSql(a: string, b: string, { largest, caps = [] }: SumsQuery): string {
  const largestOf = (column: string) =>
    largest.get(caps.find((cap) => cap.column === column)?.of ?? column) ?? 0n;
  const type = largestOf(a) * largestOf(b) < 2n ** 63n ? 'BIGINT' : 'HUGEINT';
  return `CAST(u.${identifier(a)} AS ${type}) * u.${identifier(b)}`;
}
