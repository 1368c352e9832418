import path from 'node:path';
import { type DatasetName, datasetContracts, datasetNames } from '../../data/datasets/index.ts';
import { placeIn } from '../../data/place.ts';
import type { RuleCount } from '../../data/row-counts.ts';
import type { CleanConfig } from '../../experiment/config-slices.ts';
import type { Database } from '../../platform/duckdb.ts';
import { DataError } from '../../platform/errors.ts';
import { identifier, literal, renderSql } from '../../platform/sql.ts';
import { type CleanResult, eventNamesLimit, type PartCounts, type RunPlan } from '../../runs/documents.ts';
import { attempt, type Refusal } from '../../runs/stage.ts';
import { countDecisiveEvents } from './decisive-events.ts';
import { contentColumns, countRepeats, dedupe, type Repeats } from './dedupe.ts';
import { type DayFile, writeEvents } from './events-clean.ts';
import { foldEvents } from './fold-events.ts';
import { exclusive, type Finding, type Judgement, judge, openJudgedRows } from './judge.ts';
import quarantineSql from './quarantine.sql';
import { type Rule, type RuleContext, rowRules } from './rules.ts';
import {
  type ExchangedFiles,
  lineOf,
  openStagedRows,
  type PartCount,
  partOf,
  type RowExample,
  type StagedPart,
} from './staged-rows.ts';

export interface CleanInput {
  readonly plan: Pick<RunPlan, 'present' | 'asOf'> & { readonly config: CleanConfig };
  readonly bucket: number;
  /** Parts of the bucket, and parts without a bucket. */
  readonly parts: readonly StagedPart[];
  /** What other buckets have to do with it, where there are several. */
  readonly exchanged?: ExchangedFiles | undefined;
  /** ISO instant at which the newest raw file was uploaded. */
  readonly newestInput: string;
  /** Folder to write to. */
  readonly folder: string;
  /** Collects what would end the run, instead of ending it. */
  readonly refusals?: Refusal[] | undefined;
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
  const { plan, bucket, parts, exchanged, newestInput, folder, refusals } = input;
  const { config, present } = plan;
  const refused = new Set(refusals?.map(({ dataset }) => dataset));
  await openStagedRows(db, {
    parts,
    idType: config.id_type,
    exchanged,
    bucket,
    eventAliases: config.event_aliases,
  });
  for (const dataset of datasetNames) await dedupe(db, dataset);
  await foldEvents(db, config.dedupe.events);
  await openJudgedRows(db);

  const datasets: CleanResult['datasets'] = {};
  const quarantineRules: RuleCount[] = [];
  const warnings: RuleCount[] = [];
  const quarantine: LocalFile[] = [];
  for (const dataset of present) {
    const rules = rulesOf(dataset, refused, { config, present, newestInput, asOf: plan.asOf });
    const repeats = await countRepeats(db, dataset);
    const judgement = await judge(db, dataset, rules);
    await attempt(refusals, { dataset, of: 'rows' }, () => refuseFailures(judgement.strict, parts));
    const counts = countsOf(repeats, judgement);
    const quarantined = totalOf(counts, 'quarantined');
    datasets[dataset] = {
      accepted: totalOf(counts, 'accepted'),
      quarantined,
      duplicates: totalOf(counts, 'duplicates'),
      parts: counts,
      duplicateExamples: placed(dataset, repeats.duplicateExamples, parts),
    };
    quarantineRules.push(
      ...conflictCount(dataset, repeats, parts),
      ...judgement.strict.map((finding) => ruleCount(finding, parts)),
    );
    warnings.push(...judgement.warnings.map((finding) => ruleCount(finding, parts)));
    if (quarantined > 0) {
      const file = path.join(folder, `quarantine-${dataset}.parquet`);
      await writeQuarantine(db, dataset, rules, file);
      quarantine.push({ dataset, file, rows: quarantined });
    }
  }

  const { days, currencies, latestEventTs, names } = await writeEvents(db, {
    config,
    folder,
    accepted: datasets.events?.accepted ?? 0,
    newestInput,
  });
  const quarantinedEvents = quarantine.find(({ dataset }) => dataset === 'events')?.file;
  const others: LocalFile[] = [];
  for (const dataset of ['users', 'sessions', 'experiment_assignments'] as const) {
    if (!present.includes(dataset)) continue;
    const file = path.join(folder, `${dataset}.parquet`);
    await writeAccepted(db, dataset, file);
    others.push({ dataset, file, rows: datasets[dataset]?.accepted ?? 0 });
  }
  return {
    result: {
      datasets,
      quarantineRules,
      warnings,
      currencies: [...currencies],
      latestEventTs,
      eventNames: names.slice(0, eventNamesLimit).map(({ event }) => event),
      decisiveEvents: await countDecisiveEvents(db, config, names, quarantinedEvents),
    },
    events: days,
    others,
    quarantine,
  };
}

/**
 * The rules of a dataset's rows. What is refused says nothing of the rows that refer to it: it is known only where the run
 * would end anyway.
 */
function rulesOf(dataset: DatasetName, refused: ReadonlySet<DatasetName>, context: RuleContext): Rule[] {
  const present = context.present.filter((other) => other === dataset || !refused.has(other));
  const rules = rowRules({ ...context, present });
  return refused.has('sessions') ? rules.filter(({ rule }) => rule !== 'no_user') : rules;
}

/** Accepted, quarantined and duplicate rows of each part that the bucket has rows of. */
function countsOf({ duplicates, conflicts }: Repeats, { accepted, refused }: Judgement): PartCounts[] {
  const counts = new Map<number, PartCounts>();
  const add = (rows: readonly PartCount[], as: 'accepted' | 'quarantined' | 'duplicates') => {
    for (const { part, rows: more } of rows) {
      const before = counts.get(part) ?? { part, accepted: 0, quarantined: 0, duplicates: 0 };
      counts.set(part, { ...before, [as]: before[as] + more });
    }
  };
  add(accepted, 'accepted');
  add(refused, 'quarantined');
  add(conflicts, 'quarantined');
  add(duplicates, 'duplicates');
  return [...counts.values()].toSorted((a, b) => a.part - b.part);
}

function totalOf(parts: readonly PartCounts[], of: 'accepted' | 'quarantined' | 'duplicates'): number {
  return parts.reduce((sum, part) => sum + part[of], 0);
}

function ruleCount({ rule, rows, examples }: Finding, parts: readonly StagedPart[]): RuleCount {
  const { dataset, column } = rule;
  return { dataset, column, rule: rule.rule, rows, examples: placed(dataset, examples, parts) };
}

function conflictCount(
  dataset: DatasetName,
  { conflicts, conflictExamples }: Repeats,
  parts: readonly StagedPart[],
): RuleCount[] {
  const rows = conflicts.reduce((sum, part) => sum + part.rows, 0);
  if (rows === 0) return [];
  return [
    { dataset, column: null, rule: 'conflict', rows, examples: placed(dataset, conflictExamples, parts) },
  ];
}

function placed(
  dataset: DatasetName,
  examples: readonly RowExample[],
  parts: readonly StagedPart[],
): RuleCount['examples'] {
  return examples.map(({ part, line, value }) => ({ file: nameOf(dataset, part, parts), line, value }));
}

function nameOf(dataset: DatasetName, part: number | undefined, parts: readonly StagedPart[]): string {
  return parts.find((staged) => staged.dataset === dataset && staged.part === part)?.name ?? dataset;
}

/** @throws DataError with the first row that breaks a rule on which a run fails */
function refuseFailures(findings: readonly Finding[], parts: readonly StagedPart[]): void {
  const finding = findings.find(({ rule }) => rule.onFail === 'fail');
  if (finding === undefined) return;
  const { rule, rows, examples } = finding;
  const [first] = examples;
  throw new DataError({
    what: `${rule.column} ${JSON.stringify(first?.value)}: ${rule.reason}${rows > 1 ? `, and so in ${rows} rows` : ''}`,
    where: placeIn(nameOf(rule.dataset, first?.part, parts), first?.line ?? ''),
    remedy: rule.remedy,
  });
}

async function writeQuarantine(
  db: Database,
  dataset: DatasetName,
  rules: readonly Rule[],
  file: string,
): Promise<void> {
  const { strict } = exclusive(rules.filter((rule) => rule.dataset === dataset));
  const pick = (of: (rule: Rule) => string) =>
    strict.length === 0
      ? 'NULL'
      : `CASE ${strict.map((rule) => `WHEN ${rule.when} THEN ${literal(of(rule))}`).join(' ')} END`;
  const fields = (await contentColumns(db, dataset)).map(
    (name) => `${identifier(name)} := ${identifier(name)}`,
  );
  await db.run(
    renderSql(quarantineSql, {
      dataset,
      dataset_name: literal(dataset),
      key_name: literal(datasetContracts[dataset].key.join(', ')),
      line: lineOf('q._row'),
      part: partOf('q._row'),
      other_line: lineOf('_other_row'),
      other_part: partOf('_other_row'),
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
    COPY (SELECT * EXCLUDE (_line, _row) FROM accepted_${dataset})
    TO ${literal(file)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)`);
}
