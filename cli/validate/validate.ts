import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { configuredAsOf } from '../../layers/contracts/as-of.ts';
import type { Config } from '../../layers/contracts/config.ts';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/contracts/datasets/index.ts';
import { defaultDrop } from '../../layers/contracts/keys.ts';
import { dedupe } from '../../layers/quality/dedupe.ts';
import { openJudgedRows } from '../../layers/quality/judge.ts';
import { rowRules } from '../../layers/quality/rules.ts';
import { openStagedRows, type StagedPart } from '../../layers/quality/staged-rows.ts';
import { Database } from '../../layers/storage/duckdb.ts';
import { dropConfig } from '../pipeline/drop-config.ts';
import { findDropFiles, localFolder, requireFolder } from '../pipeline/drop-folder.ts';
import { type Check, type Locate, passed, type ValidationReport, worst } from './check.ts';
import { checkEventNames, checkMoney } from './event-checks.ts';
import { checkExperiments } from './experiments.ts';
import { readDataset, type SourceFile } from './read-datasets.ts';
import { checkRows } from './row-checks.ts';

export interface ValidateOptions {
  readonly folder: string;
  /** A configuration in place of the folder's experiment.yaml. */
  readonly configFile?: string | undefined;
}

/**
 * Checks the raw files of a folder as a run would find them: files and columns, values, keys, references, order of
 * time, and each experiment's split and exposure.
 * @throws UsageError for a folder or configuration file that is not there, ConfigError for a mistake in the latter
 */
export async function validate({ folder, configFile }: ValidateOptions): Promise<ValidationReport> {
  await requireFolder(folder);
  const config = await dropConfig(folder, configFile);
  const sources = await sourcesOf(folder, config);
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-validate-'));
  try {
    await using database = await Database.open({
      memoryMb: Math.min(8192, Math.floor(os.totalmem() / 2 ** 21)),
      folder: workspace,
      threads: os.availableParallelism(),
    });
    const checks = await checkAll(database, sources, config, workspace);
    return { folder, status: worst(checks), checks };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function checkAll(
  database: Database,
  sources: ReadonlyMap<DatasetName, readonly SourceFile[]>,
  config: Config,
  workspace: string,
): Promise<Check[]> {
  const locate: Locate = (dataset, part, line) => `${sources.get(dataset)?.[part]?.name}:${line}`;
  const checks: Check[] = [];
  const present: DatasetName[] = [];
  const parts: StagedPart[] = [];
  for (const dataset of datasetNames) {
    const files = sources.get(dataset) ?? [];
    checks.push(filesCheck(dataset, files, config));
    if (files.length === 0) continue;
    const read = await readDataset(database, dataset, files, config, workspace);
    checks.push(...read.checks);
    if (read.parts === undefined) continue;
    present.push(dataset);
    parts.push(...read.parts);
  }
  await openStagedRows(database, {
    parts,
    idType: config.id_type,
    bucket: 0,
    buckets: 1,
    eventAliases: config.event_aliases,
  });
  for (const dataset of datasetNames) await dedupe(database, dataset, `staged_${dataset}`);
  await openJudgedRows(database);
  const newestInput = new Date().toISOString();
  const rules = rowRules({ config, present, newestInput, asOf: configuredAsOf(config) });
  for (const dataset of present) checks.push(...(await checkRows(database, dataset, rules, locate)));
  if (present.includes('events')) {
    checks.push(...(await checkEventNames(database, config)), ...(await checkMoney(database, locate)));
  }
  if (present.includes('experiment_assignments')) {
    checks.push(...(await checkExperiments(database, config, present.includes('events'), locate)));
  }
  return checks.sort((a, b) => datasetNames.indexOf(a.dataset) - datasetNames.indexOf(b.dataset));
}

async function sourcesOf(folder: string, config: Config): Promise<Map<DatasetName, SourceFile[]>> {
  const sources = new Map<DatasetName, SourceFile[]>();
  for (const { kind, file } of await findDropFiles(
    localFolder(folder),
    defaultDrop,
    config.raw,
    config.raw,
  )) {
    if (kind === 'config' || kind === 'excluded_users') continue;
    sources.set(kind, [...(sources.get(kind) ?? []), { file, name: path.relative(folder, file) }]);
  }
  return sources;
}

function filesCheck(dataset: DatasetName, files: readonly SourceFile[], config: Config): Check {
  if (files.length > 0) {
    const names = files.length === 1 ? `${files[0]?.name}` : `${files[0]?.name} and ${files.length - 1} more`;
    return passed(dataset, 'files', files.length, names);
  }
  const required = datasetContracts[dataset].required;
  return {
    ...passed(dataset, 'files', 0, `there is no ${config.raw[dataset]}`),
    status: required ? 'fail' : 'warn',
    remedy: required
      ? `Put it there, or name yours in experiment.yaml: raw: { ${dataset}: your-file.csv }`
      : 'Checks, metrics and segments that need it are unavailable',
  };
}
