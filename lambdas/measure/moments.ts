import type { ArmMeasurement } from '../../layers/contracts/measurements.ts';
import { builtInMetrics, type OutcomeColumn } from '../../layers/contracts/metrics.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { identifier, literalList, renderSql } from '../../layers/storage/sql.ts';
import armsSql from './arms.sql';

/** Levels of a segment that are told apart, the largest first; the users of all others are `(other)`. */
const segmentLevels = 50;

/** Moments of one arm at one level of a segment (`''` for all users). `assigned` is not known here. */
export interface Moments extends Omit<ArmMeasurement, 'assigned'> {
  readonly experimentId: string;
  readonly level: string;
  readonly immature: number;
}

/** The columns of user_outcomes that metrics are built from. */
export const metricColumns: readonly OutcomeColumn[] = [
  ...new Map(
    builtInMetrics
      .flatMap(({ numerator, denominator }) => [
        numerator,
        ...(denominator === undefined ? [] : [denominator]),
      ])
      .map((column) => [column.column, column] as const),
  ).values(),
];

/** Pairs of columns whose products some metric's variance needs: each one's square, and numerator by denominator. */
const pairs = metricColumns.flatMap((a, first) =>
  metricColumns.flatMap((b, second) =>
    first === second || (first < second && areOneRatio(a.column, b.column))
      ? [{ a: a.column, b: b.column, index: [first, second] }]
      : [],
  ),
);

function areOneRatio(a: string, b: string): boolean {
  return builtInMetrics.some(({ numerator, denominator }) => {
    const columns = [numerator.column, denominator?.column];
    return columns.includes(a) && columns.includes(b);
  });
}

/**
 * Sums and sums of products of the metric columns in their integer units, over the analysed users.
 * @param segment column of user_exposure to split by
 * @param withoutImmature experiments whose immature users are not analysed
 */
export async function readMoments(
  db: Database,
  segment: string | undefined,
  withoutImmature: readonly string[],
): Promise<Moments[]> {
  const rows = await db.query<Record<string, string | null>>(
    renderSql(armsSql, {
      level: segment === undefined ? "''" : `x.${identifier(segment)}`,
      segment_join:
        segment === undefined
          ? ''
          : 'JOIN exposure x ON x.experiment_id = o.experiment_id AND x.user_id = o.user_id',
      without_immature: `${literalList(withoutImmature)}::VARCHAR[]`,
      levels: String(segmentLevels),
      integers: metricColumns.map((column, index) => `${integerOf(column)} AS c${index}`).join(', '),
      sums: [
        ...metricColumns.map((_, index) => `sum(i.c${index}) FILTER (i.analysed) AS s${index}`),
        ...pairs.map(({ index: [a, b] }) => `sum(i.c${a} * i.c${b}) FILTER (i.analysed) AS p${a}_${b}`),
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
    ...sumsOf(row),
  }));
}

/** Moments of no users at all. */
export const noMoments = { exposed: 0, users: 0, ...sumsOf({}) };

/** A sum over no users is NULL in SQL, and zero here. */
function sumsOf(row: Readonly<Record<string, string | null>>): Pick<Moments, 'sums' | 'products'> {
  const products: Record<string, Record<string, string>> = {};
  for (const { a, b, index } of pairs) {
    products[a] = { ...products[a], [b]: row[`p${index.join('_')}`] ?? '0' };
  }
  return {
    sums: Object.fromEntries(metricColumns.map(({ column }, index) => [column, row[`s${index}`] ?? '0'])),
    products,
  };
}

/** Products of counts, which are those of a user's events, fit 64 bits; those of money and time may not. */
function integerOf({ column, unit }: OutcomeColumn): string {
  const name = `o.${identifier(column)}`;
  if (unit === 'count') return `CAST(${name} AS BIGINT)`;
  return `CAST(${unit === 'cents' ? `${name} * 100` : name} AS HUGEINT)`;
}
