import type { DatasetName } from '../../layers/contracts/datasets/index.ts';
import type { RuleCount } from '../../layers/contracts/run-documents.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import type { Rule } from './rules.ts';

const examplesPerRule = 3;

export interface Judgement {
  /** Rows that no `quarantine` rule takes out. */
  readonly accepted: number;
  /** One count per rule that some row breaks; a row that is quarantined counts for the first such rule only. */
  readonly quarantined: readonly RuleCount[];
  readonly warnings: readonly RuleCount[];
}

/** Counts in one pass over `judged_<dataset>` what each rule finds, with the examples of the lowest lines. */
export async function judge(db: Database, dataset: DatasetName, all: readonly Rule[]): Promise<Judgement> {
  const rules = exclusive(all.filter((rule) => rule.dataset === dataset));
  // The text of a value is made for the rows that break the rule only.
  const columns = rules.flatMap(({ when, value }, index) => [
    `count(*) FILTER (${when}) AS rows_${index}`,
    `to_json(min(
       {'line': _line, 'value': CASE WHEN ${when} THEN CAST(${value} AS VARCHAR) END}, ${examplesPerRule}
     ) FILTER (${when})) AS examples_${index}`,
  ]);
  const row = await db.row<Record<string, string | null>>(
    `SELECT ${['count(*) AS "rows"', ...columns].join(',\n')} FROM judged_${dataset}`,
  );
  const counts = rules.map((rule, index) => ({
    rule,
    rows: Number(row[`rows_${index}`]),
    examples: JSON.parse(row[`examples_${index}`] ?? '[]') as RuleCount['examples'],
  }));
  const found = (onFail: Rule['onFail']): RuleCount[] =>
    counts
      .filter((count) => count.rule.onFail === onFail && count.rows > 0)
      .map(({ rule, rows, examples }) => ({
        dataset,
        column: rule.column,
        rule: rule.rule,
        rows,
        examples,
      }));
  const quarantined = found('quarantine');
  const taken = quarantined.reduce((sum, { rows }) => sum + rows, 0);
  return { accepted: Number(row.rows) - taken, quarantined, warnings: found('warn') };
}

/** Rules rewritten so that a row breaks at most one `quarantine` rule, and no `warn` rule when it breaks one. */
export function exclusive(rules: readonly Rule[]): Rule[] {
  const before: string[] = [];
  const strict = rules
    .filter(({ onFail }) => onFail === 'quarantine')
    .map((rule) => {
      const when = [`(${rule.when})`, ...before.map((earlier) => `NOT (${earlier})`)].join(' AND ');
      before.push(rule.when);
      return { ...rule, when };
    });
  const accepted = before.map((earlier) => `NOT (${earlier})`);
  const lenient = rules
    .filter(({ onFail }) => onFail === 'warn')
    .map((rule) => ({ ...rule, when: [`(${rule.when})`, ...accepted].join(' AND ') }));
  return [...strict, ...lenient];
}
