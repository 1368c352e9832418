import { type DatasetName, datasetContracts } from '../../layers/contracts/datasets/index.ts';
import { countRepeats } from '../../layers/quality/dedupe.ts';
import { type Finding, judge } from '../../layers/quality/judge.ts';
import type { Rule } from '../../layers/quality/rules.ts';
import type { PartCount, RowExample } from '../../layers/quality/staged-rows.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { type Check, type Locate, passed } from './check.ts';

/** What `clean` would find in the rows of a dataset: repeats and contradictions, then every rule. */
export async function checkRows(
  database: Database,
  dataset: DatasetName,
  rules: readonly Rule[],
  locate: Locate,
): Promise<Check[]> {
  const at = (examples: readonly RowExample[]) =>
    examples[0] === undefined ? null : locate(dataset, examples[0].part, examples[0].line);
  const repeats = await checkRepeats(database, dataset, at);
  const { accepted, strict, warnings } = await judge(database, dataset, rules);
  const own = rules.filter((rule) => rule.dataset === dataset);
  const found = [...strict, ...warnings];
  if (own.length === 0) return repeats;
  if (found.length === 0) {
    const names = own.map(({ rule }) => rule.replaceAll('_', ' ')).join(', ');
    return [...repeats, passed(dataset, 'rows', total(accepted), `none of: ${names}`)];
  }
  return [...repeats, ...found.map((finding) => checkOf(dataset, finding, at))];
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
    status: rule.onFail === 'warn' ? 'warn' : 'fail',
    count: rows,
    example: at(examples),
    finding: rule.reason,
    remedy: rule.remedy,
  };
}

async function checkRepeats(
  database: Database,
  dataset: DatasetName,
  at: (examples: readonly RowExample[]) => string | null,
): Promise<Check[]> {
  const name = datasetContracts[dataset].key.join(', ');
  const { duplicates, conflicts, duplicateExamples, conflictExamples } = await countRepeats(
    database,
    dataset,
  );
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
      status: 'fail',
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
