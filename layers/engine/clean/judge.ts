import type { DatasetName } from '../../data/datasets/index.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { identifier } from '../../platform/sql.ts';
import { contentColumns } from './dedupe.ts';
import judgeSql from './judge.sql';
import type { Rule } from './rules.ts';
import { lineOf, type PartCount, partOf, type RowExample } from './staged-rows.ts';

const examplesPerRule = 3;

/** What one rule found. */
export interface Finding {
  readonly rule: Rule;
  readonly rows: number;
  /** The first rows in the order of the files. */
  readonly examples: readonly RowExample[];
}

export interface Judgement {
  /** Rows by part that no rule takes out. */
  readonly accepted: readonly PartCount[];
  /** Rows by part that some rule takes out. */
  readonly refused: readonly PartCount[];
  /** Findings of the rules that take rows out; a row counts for the first such rule only. */
  readonly strict: readonly Finding[];
  /** Findings of the other rules in the rows that are taken. */
  readonly warnings: readonly Finding[];
}

/** Creates the views `judged_<dataset>`: kept rows with what the rules need to know beside them. */
export async function openJudgedRows(db: Database): Promise<void> {
  await db.run(judgeSql);
}

/**
 * Counts over `judged_<dataset>` what each rule finds, and creates the view `accepted_<dataset>` of the rows
 * that no strict rule takes out.
 */
export async function judge(db: Database, dataset: DatasetName, all: readonly Rule[]): Promise<Judgement> {
  const own = all.filter((rule) => rule.dataset === dataset);
  const { strict, warnings } = exclusive(own);
  const rules = [...strict, ...warnings];
  // The text of a value is made for the rows that break the rule only.
  const columns = rules.flatMap(({ when, value }, index) => [
    `count(*) FILTER (${when}) AS rows_${index}`,
    `to_json(min(
       {'part': ${partOf('_row')}, 'line': ${lineOf('_row')},
        'value': CASE WHEN ${when} THEN coalesce(CAST(${value} AS VARCHAR), '') END}, ${examplesPerRule}
     ) FILTER (${when})) AS examples_${index}`,
  ]);
  const some = own.length === 0 ? 'false' : own.map(({ when }) => `(${when})`).join(' OR ');
  const parts = await db.select(
    `SELECT ${partOf('_row')} AS part, count(*) AS "rows", count(*) FILTER (${some}) AS noted
     FROM judged_${dataset} GROUP BY part ORDER BY part`,
    { part: cell.count, rows: cell.count, noted: cell.count },
  );
  // The rules are asked one by one only where there is something to find.
  const notes = parts.some(({ noted }) => noted > 0)
    ? await db.query<Record<string, string | null>>(
        `SELECT ${[`${partOf('_row')} AS part`, ...columns].join(',\n')}
         FROM judged_${dataset} WHERE ${some} GROUP BY part ORDER BY part`,
      )
    : [];
  const found = (rule: Rule, index: number): Finding[] => {
    const rows = notes.reduce((sum, part) => sum + Number(part[`rows_${index}`]), 0);
    if (rows === 0) return [];
    const examples = notes
      .flatMap((part) => JSON.parse(part[`examples_${index}`] ?? '[]') as RowExample[])
      .slice(0, examplesPerRule);
    return [{ rule, rows, examples }];
  };
  const refused = parts.map(({ part }) => {
    const noted = notes.find((other) => Number(other.part) === part);
    return { part, rows: strict.reduce((sum, _, index) => sum + Number(noted?.[`rows_${index}`] ?? 0), 0) };
  });
  const judgement: Judgement = {
    accepted: parts.map(({ part, rows }, index) => ({ part, rows: rows - (refused[index]?.rows ?? 0) })),
    refused,
    strict: strict.flatMap((rule, index) => found(rule, index)),
    warnings: warnings.flatMap((rule, index) => found(rule, strict.length + index)),
  };
  await createAccepted(
    db,
    dataset,
    judgement.strict.map(({ rule }) => rule),
  );
  return judgement;
}

/** Rules that found nothing are not asked again: the usual dataset is read as it is. */
async function createAccepted(db: Database, dataset: DatasetName, broken: readonly Rule[]): Promise<void> {
  const helpers = dataset === 'events' ? ['_user', '_name'] : [];
  const columns = [...(await contentColumns(db, dataset)), ...helpers, '_line', '_row'];
  const select = `SELECT ${columns.map(identifier).join(', ')}`;
  await db.run(
    `CREATE VIEW accepted_${dataset} AS ${
      broken.length === 0
        ? `${select} FROM kept_${dataset}`
        : `${select} FROM judged_${dataset} WHERE ${broken.map(({ when }) => `NOT (${when})`).join(' AND ')}`
    }`,
  );
}

/** Rules rewritten so that a row breaks at most one strict rule, and no `warn` rule when it breaks one. */
export function exclusive(rules: readonly Rule[]): { strict: Rule[]; warnings: Rule[] } {
  const before: string[] = [];
  const strict = rules
    .filter(({ onFail }) => onFail !== 'warn')
    .map((rule) => {
      const when = [`(${rule.when})`, ...before.map((earlier) => `NOT (${earlier})`)].join(' AND ');
      before.push(rule.when);
      return { ...rule, when };
    });
  const accepted = before.map((earlier) => `NOT (${earlier})`);
  const warnings = rules
    .filter(({ onFail }) => onFail === 'warn')
    .map((rule) => ({ ...rule, when: [`(${rule.when})`, ...accepted].join(' AND ') }));
  return { strict, warnings };
}
