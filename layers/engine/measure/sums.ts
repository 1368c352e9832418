import type { Database } from '../../platform/duckdb.ts';
import { identifier, literal, renderSql } from '../../platform/sql.ts';
import { type AggregatedColumns, Aggregates } from '../../statistics/aggregates.ts';
import { exactSums } from '../exact-sums.ts';
import armsSql from './arms.sql';
import type { Cap } from './caps.ts';
import exposedSql from './exposed.sql';

/** One arm's users at one level of a split (`''` for all users), and the sums over the analysed ones. */
export interface LevelSums {
  readonly experimentId: string;
  readonly level: string;
  readonly variant: string;
  /** Of assignment, where users are told apart by it. */
  readonly period: number | null;
  readonly exposed: number;
  readonly immature: number;
  readonly aggregates: Aggregates;
}

export interface SumsQuery extends AggregatedColumns {
  /** Columns of the users to split by, each for itself; one at least. */
  readonly splits: readonly string[];
  readonly caps: readonly Cap[];
  /** Experiments whose users alone are looked at, told apart by their period of assignment. */
  readonly byPeriodOf?: readonly string[];
  /** Largest absolute value of each column of the users. */
  readonly largest: ReadonlyMap<string, bigint>;
}

export interface Sums {
  readonly whole: readonly LevelSums[];
  /** By the column that was split by. */
  readonly splits: ReadonlyMap<string, readonly LevelSums[]>;
}

/** Sums of the columns and of the products over the analysed users of every experiment, whole and by each split. */
export async function readSums(db: Database, query: SumsQuery): Promise<Sums> {
  const { columns, pairs, splits, caps, byPeriodOf } = query;
  const plain = columns.filter((column) => !caps.some((cap) => cap.column === column));
  const cut = columns.filter((column) => !plain.includes(column));
  const shape = { columns, pairs, cubes: (query.cubes ?? []).filter((column) => fitsCubed(column, query)) };
  const exact = exactSums(shape);
  const within = byPeriodOf === undefined ? '' : ', period';
  const split = {
    levels: splits.map(identifier).join(', '),
    within,
    which: byPeriodOf === undefined ? 'true' : `experiment_id IN (${byPeriodOf.map(literal).join(', ')})`,
    sets: [[], ...splits.map((column) => [column])]
      .map(
        (set) =>
          `(experiment_id, variant${within}${set.map((column) => `, ${identifier(column)}`).join('')})`,
      )
      .join(', '),
  };
  type Row = Record<string, string | number | null>;
  const found = await db.query<Row>(renderSql(exposedSql, split));
  const analysed = await db.query<Row>(
    renderSql(armsSql, {
      ...split,
      columns: [...plain.map(identifier), ...cut.map((column) => cappedSql(column, caps))].join(', '),
      sums: exact
        .select(
          (column) => `sum(u.${identifier(column)})`,
          (a, b) => `sum(${productSql(a, b, query)})`,
          (column) => {
            const name = `u.${identifier(column)}`;
            return `sum(CAST(${name} AS HUGEINT) * ${name} * ${name})`;
          },
        )
        .join(',\n  '),
    }),
  );

  const keyOf = (row: Row) =>
    JSON.stringify([
      row.experimentId,
      row.variant,
      row.period,
      row.grouping,
      ...splits.map((column) => row[column]),
    ]);
  const sums = new Map(analysed.map((row) => [keyOf(row), exact.aggregates(BigInt(row.users ?? 0), row)]));
  // Of the bits of GROUPING, the last column's is the lowest, and a column's is zero where a row is of one of its levels.
  const isOf = (index: number) => 2 ** splits.length - 1 - 2 ** (splits.length - 1 - index);
  const levelsOf = (grouping: number, column?: string): LevelSums[] =>
    found
      .filter((row) => Number(row.grouping) === grouping)
      .map((row) => ({
        experimentId: String(row.experimentId),
        level: column === undefined ? '' : String(row[column]),
        variant: String(row.variant),
        period: byPeriodOf === undefined ? null : Number(row.period),
        exposed: Number(row.exposed),
        immature: Number(row.immature),
        aggregates: sums.get(keyOf(row)) ?? Aggregates.none(shape),
      }));
  return {
    whole: levelsOf(2 ** splits.length - 1),
    splits: new Map(splits.map((column, index) => [column, levelsOf(isOf(index), column)])),
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

/** Whether 2^31 users' cubes add up to less than 128 bits hold; if not, none are told. */
function fitsCubed(column: string, { largest, caps }: SumsQuery): boolean {
  const value = largest.get(caps.find((cap) => cap.column === column)?.of ?? column) ?? 0n;
  return value ** 3n < 2n ** 96n;
}

/** 64 bits are several times as fast as 128, and enough for most products. */
function productSql(a: string, b: string, { largest, caps }: SumsQuery): string {
  const largestOf = (column: string) =>
    largest.get(caps.find((cap) => cap.column === column)?.of ?? column) ?? 0n;
  const type = largestOf(a) * largestOf(b) < 2n ** 63n ? 'BIGINT' : 'HUGEINT';
  return `CAST(u.${identifier(a)} AS ${type}) * u.${identifier(b)}`;
}
