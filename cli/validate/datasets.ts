import { hasTooManyBadRows, isFatal, tooManyBadRows } from '../../layers/data/bad-rows.ts';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/data/datasets/index.ts';
import type { LineCounts, RuleCount } from '../../layers/data/row-counts.ts';
import { type Rule, rowRules } from '../../layers/engine/clean/rules.ts';
import { mergeRules } from '../../layers/engine/measure/reconcile.ts';
import type { StageResult } from '../../layers/runs/documents.ts';
import { type Check, passed } from './check.ts';
import { type DryRun, unreadableFile } from './dry-run.ts';

/** What a run would make of the files and rows of a dataset; nothing but the reason where a file cannot be read. */
export function checkDataset(run: DryRun, dataset: DatasetName): Check[] {
  const refused = run.refusals.filter((refusal) => refusal.dataset === dataset && refusal.of === 'file');
  const files = filesOf(run, dataset);
  if (refused.length > 0) return refused.map((refusal) => unreadableFile(refusal, run.fileOf));
  if (files.length === 0) return [];
  return [
    columnsCheck(run, dataset, files.length),
    ...valueChecks(run, dataset),
    ...files.flatMap(({ name, counts }) => badRowsCheck(dataset, counts, name)),
    ...rowChecks(run, dataset),
  ];
}

/** Lines of each file of a dataset, chunks of the same file together. */
function filesOf(
  run: DryRun,
  dataset: DatasetName,
): { readonly name: string; readonly counts: LineCounts }[] {
  const results = new Map<string, StageResult[]>();
  for (const { key, index } of run.plan.chunks.filter((chunk) => chunk.dataset === dataset)) {
    const result = run.staged[index];
    if (result !== undefined) results.set(key, [...(results.get(key) ?? []), result]);
  }
  return [...results].map(([key, chunks]) => ({ name: run.fileOf(key), counts: totalOf(chunks) }));
}

function totalOf(chunks: readonly LineCounts[]): LineCounts {
  return chunks.reduce(
    (sum, { lines, accepted, quarantined }) => ({
      lines: sum.lines + lines,
      accepted: sum.accepted + accepted,
      quarantined: sum.quarantined + quarantined,
    }),
    { lines: 0, accepted: 0, quarantined: 0 },
  );
}

function columnsCheck({ plan }: DryRun, dataset: DatasetName, files: number): Check {
  const bound = plan.chunks
    .filter((chunk) => chunk.dataset === dataset)
    .flatMap(({ bindings }) => bindings.map(({ column }) => column));
  const lacking = datasetContracts[dataset].columns
    .map(({ name }) => name)
    .filter((name) => !bound.includes(name));
  const without = lacking.length === 0 ? '' : `; without the optional ${lacking.join(', ')}`;
  return passed(dataset, 'columns', files, `all required columns are there${without}`);
}

/** What `stage` set aside, by rule. */
function valueChecks(run: DryRun, dataset: DatasetName): Check[] {
  const chunks = run.staged.filter((result) => result.dataset === dataset);
  const { lines } = totalOf(chunks);
  if (lines === 0) return [withoutRows(dataset)];
  const broken = mergeRules(chunks.flatMap(({ quarantineRules }) => quarantineRules));
  if (broken.length === 0) return [passed(dataset, 'values', lines, 'every row can be read')];
  return broken
    .toSorted((a, b) => b.rows - a.rows)
    .map(({ column, rule, rows, examples: [first] }) => {
      const value = first === undefined || first.value === '' ? '' : `, such as "${first.value}"`;
      const fatal = isFatal(datasetContracts[dataset], column, rule);
      return {
        dataset,
        check: rule,
        column,
        status: fatal ? 'fail' : 'warn',
        count: rows,
        example: first === undefined ? null : run.place(first),
        finding: `${rule === 'required' ? 'empty' : rule.replaceAll('_', ' ')}${value}`,
        remedy: `Correct the rows in the source${spelling(rule)}; a run ${fatal ? 'fails with' : 'quarantines'} them`,
      };
    });
}

function withoutRows(dataset: DatasetName): Check {
  return {
    ...passed(dataset, 'values', 0, 'there is a header, and no row'),
    status: datasetContracts[dataset].required ? 'fail' : 'warn',
    remedy: 'Export it again',
  };
}

/** What a run reads, for the rules that are about how a value is written. */
function spelling(rule: string): string {
  if (['not_a_timestamp', 'epoch_seconds', 'epoch_milliseconds'].includes(rule)) {
    return ' (a time is 2024-05-31, 2024-05-31 23:59 or 2024-05-31T23:59:59.123, then perhaps Z or +02:00)';
  }
  return ['not_money', 'decimal_comma', 'thousands_separator'].includes(rule)
    ? ' (an amount is 1234.50)'
    : '';
}

/** Where more rows of a file or dataset would be set aside than a run tolerates. */
function badRowsCheck(dataset: DatasetName, rows: LineCounts, example: string | null): Check[] {
  const contract = datasetContracts[dataset];
  if (!hasTooManyBadRows(contract, rows)) return [];
  return [
    {
      ...passed(dataset, 'bad_rows', rows.quarantined, tooManyBadRows(contract, rows)),
      status: 'fail',
      example,
      remedy: 'Correct what the lines above name',
    },
  ];
}

/** What `clean` found: repeats and contradictions, then every rule over the rows of all files. */
function rowChecks(run: DryRun, dataset: DatasetName): Check[] {
  const rows = run.cleaned.flatMap(({ datasets }) => datasets[dataset] ?? []);
  const { lines, quarantined: unread } = totalOf(run.staged.filter((result) => result.dataset === dataset));
  const accepted = rows.reduce((sum, bucket) => sum + bucket.accepted, 0);
  const quarantined = rows.reduce((sum, bucket) => sum + bucket.quarantined, 0);
  const rules = rulesOf(run, dataset);
  const found = mergeRules(
    run.cleaned
      .flatMap(({ quarantineRules, warnings }) => [...quarantineRules, ...warnings])
      .filter((rule) => rule.dataset === dataset && rule.rule !== 'conflict'),
  );
  const checks = rules.flatMap((rule) => {
    const finding = found.find((count) => count.rule === rule.rule && count.column === rule.column);
    return finding === undefined ? [] : [checkOf(run, rule, finding)];
  });
  const whole = { lines, accepted, quarantined: unread + quarantined };
  return [
    ...repeatChecks(run, dataset, accepted + quarantined),
    ...(rules.length > 0 && checks.length === 0
      ? [
          passed(
            dataset,
            'rows',
            accepted,
            `no row breaks a rule (${rules.map(({ rule }) => rule).join(', ')})`,
          ),
        ]
      : checks),
    ...(quarantined > 0 ? badRowsCheck(dataset, whole, null) : []),
  ];
}

/** The rules that a dataset's rows were held to, those that take rows out first. */
function rulesOf({ plan, refusals }: DryRun, dataset: DatasetName): Rule[] {
  const refused = new Set(refusals.map((refusal) => refusal.dataset));
  const present = datasetNames.filter(
    (other) => plan.present.includes(other) && (other === dataset || !refused.has(other)),
  );
  const context = { config: plan.config, present, newestInput: new Date(0).toISOString(), asOf: plan.asOf };
  const own = rowRules(context).filter((rule) => rule.dataset === dataset);
  return [...own.filter(({ onFail }) => onFail !== 'warn'), ...own.filter(({ onFail }) => onFail === 'warn')];
}

function checkOf(run: DryRun, rule: Rule, { rows, examples: [first] }: RuleCount): Check {
  return {
    dataset: rule.dataset,
    check: rule.rule,
    column: rule.column,
    status: rule.onFail === 'fail' ? 'fail' : 'warn',
    count: rows,
    example: first === undefined ? null : run.place(first),
    finding: rule.reason,
    remedy: rule.remedy,
  };
}

/** What makes rows one: all that they hold, or columns that the configuration names. */
function repetitionOf({ plan }: DryRun, dataset: DatasetName): string {
  const { events } = plan.config.dedupe;
  return dataset === 'events' && events.length > 0
    ? `rows that repeat another one exactly, or in ${events.join(', ')} (dedupe)`
    : 'rows that repeat another one exactly';
}

function repeatChecks(run: DryRun, dataset: DatasetName, others: number): Check[] {
  const key = datasetContracts[dataset].key.join(', ');
  const buckets = run.cleaned.flatMap(({ datasets }) => datasets[dataset] ?? []);
  const duplicates = buckets.reduce((sum, bucket) => sum + bucket.duplicates, 0);
  const [repeated] = buckets.flatMap(({ duplicateExamples = [] }) => duplicateExamples);
  const [conflicts] = mergeRules(
    run.cleaned
      .flatMap(({ quarantineRules }) => quarantineRules)
      .filter((rule) => rule.dataset === dataset && rule.rule === 'conflict'),
  );
  const checks: Check[] = [];
  if (duplicates > 0) {
    checks.push({
      ...passed(dataset, 'duplicates', duplicates, repetitionOf(run, dataset)),
      status: 'warn',
      example: repeated === undefined ? null : run.place(repeated),
      remedy: 'A run takes each once',
    });
  }
  if (conflicts !== undefined) {
    const [first] = conflicts.examples;
    checks.push({
      ...passed(dataset, 'conflicts', conflicts.rows, `rows with the same ${key} that differ`),
      column: key,
      status: 'warn',
      example: first === undefined ? null : run.place(first),
      remedy: 'Correct the export; a run quarantines them',
    });
  }
  return checks.length > 0 ? checks : [passed(dataset, 'keys', others, `${key} is unique`)];
}
