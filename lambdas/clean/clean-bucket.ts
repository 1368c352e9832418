import path from 'node:path';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/contracts/datasets/index.ts';
import type { CleanResult, RuleCount, RunPlan } from '../../layers/contracts/run-documents.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { identifier, literal, renderSql } from '../../layers/storage/sql.ts';
import { contentColumns, dedupe } from './dedupe.ts';
import { type DayFile, writeEvents } from './events-clean.ts';
import judgeSql from './judge.sql';
import { exclusive, judge } from './judge.ts';
import quarantineSql from './quarantine.sql';
import { cleaningRules, type Rule } from './rules.ts';
import { openStagedRows, type StagedPart } from './staged-rows.ts';

export interface CleanInput {
  readonly runId: string;
  readonly plan: Pick<RunPlan, 'config' | 'present' | 'buckets' | 'asOf'>;
  readonly bucket: number;
  /** Parts of the bucket, parts without a bucket, and the sessions of every bucket. */
  readonly parts: readonly StagedPart[];
  /** ISO instant at which the newest raw file was uploaded. */
  readonly newestInput: string;
  /** Folder to write to. */
  readonly folder: string;
}

interface LocalFile {
  readonly dataset: DatasetName;
  readonly file: string;
  readonly rows: number;
}

export interface CleanedBucket {
  readonly result: CleanResult;
  readonly events: readonly DayFile[];
  /** The accepted users, sessions and assignments. */
  readonly others: readonly LocalFile[];
  readonly quarantine: readonly LocalFile[];
}

/** Cleans one user bucket: repeats and contradictions out, references checked, events named, dated and valued. */
export async function cleanBucket(db: Database, input: CleanInput): Promise<CleanedBucket> {
  const { runId, plan, bucket, parts, newestInput, folder } = input;
  const { config, present, buckets } = plan;
  await openStagedRows(db, {
    parts,
    idType: config.id_type,
    bucket,
    buckets,
    eventAliases: config.event_aliases,
  });
  for (const dataset of datasetNames) {
    const shared = dataset === 'events' && buckets > 1;
    await dedupe(db, dataset, `${shared ? 'own' : 'staged'}_${dataset}`);
  }
  await db.run(judgeSql);

  const rules = cleaningRules({ config, present, newestInput, asOf: plan.asOf });
  const datasets: CleanResult['datasets'] = {};
  const quarantineRules: RuleCount[] = [];
  const warnings: RuleCount[] = [];
  const quarantine: LocalFile[] = [];
  for (const dataset of present) {
    const repeated = await countRepeats(db, dataset, buckets);
    const judgement = await judge(db, dataset, rules);
    const broken = [...repeated.conflicts, ...judgement.quarantined];
    const quarantined = broken.reduce((sum, { rows }) => sum + rows, 0);
    datasets[dataset] = { accepted: judgement.accepted, quarantined, duplicates: repeated.duplicates };
    quarantineRules.push(...broken);
    warnings.push(...judgement.warnings);
    if (quarantined > 0) {
      const file = path.join(folder, `quarantine-${dataset}.parquet`);
      await writeQuarantine(db, runId, dataset, rules, file);
      quarantine.push({ dataset, file, rows: quarantined });
    }
  }

  const { days, currencies, latestEventTs } = await writeEvents(db, {
    config,
    folder,
    accepted: datasets.events?.accepted ?? 0,
    strict: quarantineRules.some(({ rule }) => rule === 'unknown_user'),
  });
  const others: LocalFile[] = [];
  for (const dataset of ['users', 'sessions', 'experiment_assignments'] as const) {
    if (!present.includes(dataset)) continue;
    const file = path.join(folder, `${dataset}.parquet`);
    await writeAccepted(db, dataset, file);
    others.push({ dataset, file, rows: datasets[dataset]?.accepted ?? 0 });
  }
  return {
    result: { datasets, quarantineRules, warnings, currencies: [...currencies], latestEventTs },
    events: days,
    others,
    quarantine,
  };
}

async function countRepeats(
  db: Database,
  dataset: DatasetName,
  buckets: number,
): Promise<{ duplicates: number; conflicts: RuleCount[] }> {
  const own = buckets === 1 ? '' : `SEMI JOIN own_${dataset} USING (_row)`;
  const key = datasetContracts[dataset].key.map((column) => `CAST(${identifier(column)} AS VARCHAR)`);
  const { duplicates, conflicts } = await db.row<{ duplicates: string; conflicts: string }>(`
    SELECT count(*) FILTER (_rule = 'duplicate') AS duplicates, count(*) FILTER (_rule = 'conflict') AS conflicts
    FROM ${dataset}_dropped ${own}`);
  if (conflicts === '0') return { duplicates: Number(duplicates), conflicts: [] };
  const examples = await db.query<{ line: string; value: string }>(`
    SELECT _line AS line, concat_ws(' ', ${key.join(', ')}) AS value
    FROM own_${dataset} JOIN ${dataset}_dropped USING (_row)
    WHERE _rule = 'conflict' ORDER BY line, value LIMIT 3`);
  return {
    duplicates: Number(duplicates),
    conflicts: [
      {
        dataset,
        column: null,
        rule: 'conflict',
        rows: Number(conflicts),
        examples: examples.map(({ line, value }) => ({ line: Number(line), value })),
      },
    ],
  };
}

async function writeQuarantine(
  db: Database,
  runId: string,
  dataset: DatasetName,
  rules: readonly Rule[],
  file: string,
): Promise<void> {
  const strict = exclusive(rules.filter((rule) => rule.dataset === dataset)).filter(
    ({ onFail }) => onFail === 'quarantine',
  );
  const pick = (of: (rule: Rule) => string) =>
    strict.length === 0
      ? 'NULL'
      : `CASE ${strict.map((rule) => `WHEN ${rule.when} THEN ${literal(of(rule))}`).join(' ')} END`;
  const fields = (await contentColumns(db, dataset)).map(
    (name) => `${identifier(name)} := ${identifier(name)}`,
  );
  await db.run(
    renderSql(quarantineSql, {
      run_id: literal(runId),
      dataset,
      dataset_name: literal(dataset),
      key_name: literal(datasetContracts[dataset].key.join(', ')),
      content: `struct_pack(${fields.join(', ')})`,
      column: pick(({ column }) => column),
      rule: pick(({ rule }) => rule),
      reason: pick(({ reason }) => reason),
      broken: strict.length === 0 ? 'false' : strict.map(({ when }) => `(${when})`).join(' OR '),
      file: literal(file),
    }),
  );
}

async function writeAccepted(db: Database, dataset: DatasetName, file: string): Promise<void> {
  await db.run(`
    COPY (SELECT * EXCLUDE (_line, _row) FROM kept_${dataset})
    TO ${literal(file)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)`);
}
