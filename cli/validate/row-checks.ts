import { type DatasetName, datasetContracts } from '../../layers/data/datasets/index.ts';
import { countRepeats, type Repeats } from '../../layers/engine/clean/dedupe.ts';
import { type Finding, judge } from '../../layers/engine/clean/judge.ts';
import type { Rule } from '../../layers/engine/clean/rules.ts';
import type { PartCount, RowExample } from '../../layers/engine/clean/staged-rows.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { type Check, type Locate, passed } from './check.ts';

/** What the rules make of the rows that can be read. */
export interface CheckedRows {
  readonly checks: readonly Check[];
  readonly accepted: number;
  readonly quarantined: number;
}

/** What `clean` would find in the rows of a dataset: repeats and contradictions, then every rule. */
export async function checkRows(
  database: Database,
  dataset: DatasetName,
  rules: readonly Rule[],
  locate: Locate,
): Promise<CheckedRows> {
  const at = (examples: readonly RowExample[]) =>
    examples[0] === undefined ? null : locate(dataset, examples[0].part, examples[0].line);
  const repeats = await countRepeats(database, dataset);
  const repeatChecks = await checkRepeats(database, dataset, repeats, at);
  const { accepted, refused, strict, warnings } = await judge(database, dataset, rules);
  const rows = { accepted: total(accepted), quarantined: total(refused) + total(repeats.conflicts) };
  const own = rules.filter((rule) => rule.dataset === dataset);
  const found = [...strict, ...warnings];
  if (own.length === 0) return { checks: repeatChecks, ...rows };
  if (found.length === 0) {
    const names = own.map(({ rule }) => rule).join(', ');
    return {
      checks: [...repeatChecks, passed(dataset, 'rows', rows.accepted, `no row breaks a rule (${names})`)],
      ...rows,
    };
  }
  return { checks: [...repeatChecks, ...found.map((finding) => checkOf(dataset, finding, at))], ...rows };
}

function checkOf(
  dataset: DatasetName,
  { rule, rows, examples }: Finding,
  at: (examples: readonly RowExample[]) => string | null,
): Check {
  return {
    dataset,
    check: rule.rule,
    column: rule.column,
    status: rule.onFail === 'fail' ? 'fail' : 'warn',
    count: rows,
    example: at(examples),
    finding: rule.reason,
    remedy: rule.remedy,
  };
}

async function checkRepeats(
  database: Database,
  dataset: DatasetName,
  { duplicates, conflicts, duplicateExamples, conflictExamples }: Repeats,
  at: (examples: readonly RowExample[]) => string | null,
): Promise<Check[]> {
  const name = datasetContracts[dataset].key.join(', ');
  const checks: Check[] = [];
  if (total(duplicates) > 0) {
    checks.push({
      ...passed(dataset, 'duplicates', total(duplicates), 'rows that repeat another one exactly'),
      status: 'warn',
      example: at(duplicateExamples),
      remedy: 'A run takes each once',
    });
  }
  if (total(conflicts) > 0) {
    checks.push({
      ...passed(dataset, 'conflicts', total(conflicts), `rows with the same ${name} that differ`),
      column: name,
      status: 'warn',
      example: at(conflictExamples),
      remedy: 'Correct the export; a run quarantines them',
    });
  }
  if (checks.length > 0) return checks;
  const { rows } = await database.row<{ rows: string }>(`SELECT count(*) AS "rows" FROM own_${dataset}`);
  return [passed(dataset, 'keys', Number(rows), `${name} is unique`)];
}

function total(parts: readonly PartCount[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}
