import type { ArmMeasurement } from '../../experiment/measurements.ts';
import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal, renderSql } from '../../platform/sql.ts';
import armsSql from './arms.sql';
import type { Cap } from './caps.ts';
import type { Pair } from './columns.ts';

/** Moments of one arm at one level of a segment (`''` for all users). `assigned` is not known here. */
export interface LevelMoments extends Omit<ArmMeasurement, 'assigned'> {
  readonly experimentId: string;
  readonly level: string;
  readonly immature: number;
}

export interface MomentsQuery {
  /** SQL of what to split by. */
  readonly by?: string;
  /** Levels that are told apart, the largest first; the users of all others are `(other)`. */
  readonly levels?: number;
  readonly columns: readonly string[];
  readonly pairs: readonly Pair[];
  readonly caps?: readonly Cap[];
  /** Largest absolute value of each column of the users. */
  readonly largest: ReadonlyMap<string, bigint>;
}

/** Sums and sums of products of the columns over the analysed users of every experiment. */
export async function readMoments(db: Database, query: MomentsQuery): Promise<LevelMoments[]> {
  const { by = "''", levels = Number.MAX_SAFE_INTEGER, columns, pairs, caps = [] } = query;
  const plain = columns.filter((column) => !caps.some((cap) => cap.column === column));
  const cut = columns.filter((column) => !plain.includes(column));
  const place = new Map(columns.map((column, index) => [column, index]));
  const rows = await db.query<Record<string, string | null>>(
    renderSql(armsSql, {
      level: by,
      levels: String(levels),
      columns: [...plain.map(identifier), ...cut.map((column) => cappedSql(column, caps))].join(', '),
      sums: [
        ...columns.map(
          (column) => `sum(u.${identifier(column)}) FILTER (u.analysed) AS s${place.get(column)}`,
        ),
        ...pairs.map(
          ([a, b]) =>
            `sum(${productSql(a, b, query)}) FILTER (u.analysed) AS p${place.get(a)}_${place.get(b)}`,
        ),
      ].join(',\n  '),
    }),
  );
  return rows.map((row) => ({
    experimentId: row.experimentId ?? '',
    level: row.level ?? '',
    variant: row.variant ?? '',
    exposed: Number(row.exposed),
    users: Number(row.users),
    immature: Number(row.immature),
    ...sumsOf(
      columns,
      pairs,
      (name, index) => row[`${name}${index.map((column) => place.get(column)).join('_')}`],
    ),
  }));
}

/** The part of `moments` that an experiment measures. */
export function only(
  { sums, products }: Pick<LevelMoments, 'sums' | 'products'>,
  columns: readonly string[],
  pairs: readonly Pair[],
): Pick<LevelMoments, 'sums' | 'products'> {
  return sumsOf(columns, pairs, (_, [a = '', b = '']) => (b === '' ? sums[a] : products[a]?.[b]));
}

/** Moments of no users at all. */
export function noMoments(
  columns: readonly string[],
  pairs: readonly Pair[],
): Omit<ArmMeasurement, 'assigned' | 'variant'> {
  return { exposed: 0, users: 0, ...sumsOf(columns, pairs, () => '0') };
}

/** A sum over no users is NULL in SQL, and zero here. */
function sumsOf(
  columns: readonly string[],
  pairs: readonly Pair[],
  value: (kind: 's' | 'p', of: readonly string[]) => string | null | undefined,
): Pick<LevelMoments, 'sums' | 'products'> {
  const products: Record<string, Record<string, string>> = {};
  for (const [a, b] of pairs) products[a] = { ...products[a], [b]: value('p', [a, b]) ?? '0' };
  return {
    sums: Object.fromEntries(columns.map((column) => [column, value('s', [column]) ?? '0'])),
    products,
  };
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
function productSql(a: string, b: string, { largest, caps = [] }: MomentsQuery): string {
  const largestOf = (column: string) =>
    largest.get(caps.find((cap) => cap.column === column)?.of ?? column) ?? 0n;
  const type = largestOf(a) * largestOf(b) < 2n ** 63n ? 'BIGINT' : 'HUGEINT';
  return `CAST(u.${identifier(a)} AS ${type}) * u.${identifier(b)}`;
}
