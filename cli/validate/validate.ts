import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/data/datasets/index.ts';
import type { EventRows } from '../../layers/data/row-counts.ts';
import { dedupe } from '../../layers/engine/clean/dedupe.ts';
import { openJudgedRows } from '../../layers/engine/clean/judge.ts';
import { rowRules } from '../../layers/engine/clean/rules.ts';
import { openStagedRows, type StagedPart } from '../../layers/engine/clean/staged-rows.ts';
import { configuredAsOf } from '../../layers/experiment/as-of.ts';
import type { Config } from '../../layers/experiment/config.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { DataError } from '../../layers/platform/errors.ts';
import { defaultDrop } from '../../layers/runs/keys.ts';
import { type DropConfig, dropConfig } from '../pipeline/drop-config.ts';
import { findDropFiles, localFolder, requireFolder } from '../pipeline/drop-folder.ts';
import { unusedFiles } from '../pipeline/unused-files.ts';
import { shellWord } from '../terminal.ts';
import {
  type Check,
  type Locate,
  outcomeOf,
  passed,
  type RowCounts,
  skipped,
  type ValidationReport,
  worst,
} from './check.ts';
import { checkDecisiveEvents, checkEventNames, checkMoney } from './event-checks.ts';
import { checkExcludedUsers } from './excluded-users.ts';
import { checkExperiments } from './experiments.ts';
import { badRowsCheck, checkHeaders, readDataset, type SourceFile } from './read-datasets.ts';
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
  const drop = await dropConfig(folder, configFile);
  const sources = await sourcesOf(folder, drop);
  const { checks, quarantined } = await checkAll(sources, drop.config);
  return {
    folder,
    status: worst(checks),
    outcome: outcomeOf(checks, quarantined),
    quarantined,
    unused: sources.unused,
    checks,
  };
}

/**
 * What certainly fails a run and is soon found: headers, and what is wrong with the assignments and the control.
 * @throws DataError with the first such finding of `validate`
 */
export async function checkBeforeUpload({ folder, configFile }: ValidateOptions): Promise<void> {
  const drop = await dropConfig(folder, configFile);
  const sources = await sourcesOf(folder, drop);
  const checks = await checkHeaders(sources.datasets, drop.config);
  if (checks.length === 0) {
    const assignments = [...sources.datasets].filter(([dataset]) => dataset === 'experiment_assignments');
    checks.push(...(await checkAll({ ...sources, datasets: new Map(assignments) }, drop.config)).checks);
  }
  const failed = checks.filter(({ status }) => status === 'fail');
  const [first] = failed;
  if (first === undefined) return;
  const more =
    failed.length === 1 ? '' : `. For all ${failed.length} findings: npx ecom validate ${shellWord(folder)}`;
  throw new DataError({
    what: `nothing was uploaded, since a run would fail: ${first.finding}`,
    where: first.example === null ? folder : path.join(folder, first.example),
    remedy: `${first.remedy}${more}`,
  });
}

type Sources = ReadonlyMap<DatasetName, readonly SourceFile[]>;

interface DropSources {
  readonly datasets: Sources;
  readonly excludedUsers: readonly SourceFile[];
  readonly unused: readonly string[];
}

/** The rows of the datasets that `sources` has, one after the other, and then each experiment. */
async function checkAll(
  sources: Omit<DropSources, 'unused'>,
  config: Config,
): Promise<Pick<ValidationReport, 'checks' | 'quarantined'>> {
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-validate-'));
  try {
    await using database = await Database.open({
      memoryMb: Math.min(8192, Math.floor(os.totalmem() / 2 ** 21)),
      folder: workspace,
      threads: os.availableParallelism(),
    });
    return await checkIn(database, workspace, sources, config);
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

async function checkIn(
  database: Database,
  workspace: string,
  { datasets: sources, excludedUsers }: Omit<DropSources, 'unused'>,
  config: Config,
): Promise<Pick<ValidationReport, 'checks' | 'quarantined'>> {
  const locate: Locate = (dataset, part, line) => `${sources.get(dataset)?.[part]?.name}:${line}`;
  const checks: Check[] = [];
  const present = new Map<DatasetName, RowCounts>();
  const parts: StagedPart[] = [];
  const refusedEvents: EventRows[] = [];
  for (const [dataset, files] of sources) {
    checks.push(filesCheck(dataset, files, config));
    if (files.length === 0) continue;
    const read = await readDataset(database, dataset, files, config, workspace);
    checks.push(...read.checks);
    if (read.parts === undefined) continue;
    present.set(dataset, read.rows);
    parts.push(...read.parts);
    refusedEvents.push(...read.quarantinedEvents);
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
  const failures = () =>
    new Set(
      checks
        .filter(({ dataset, status }) => status === 'fail' && (sources.get(dataset)?.length ?? 0) > 0)
        .map(({ dataset }) => dataset),
    );
  const context = { config, newestInput: new Date().toISOString(), asOf: configuredAsOf(config) };
  let quarantined = 0;
  const setAside = new Map<DatasetName, number>();
  // What cannot be read says nothing about the rows that refer to it.
  const unread = failures();
  const reliable = [...present.keys()].filter((dataset) => !unread.has(dataset));
  for (const [dataset, read] of present) {
    const rules = rowRules({ ...context, present: [...new Set([...reliable, dataset])] });
    const checked = await checkRows(
      database,
      dataset,
      unread.has('sessions') ? rules.filter(({ rule }) => rule !== 'no_user') : rules,
      locate,
    );
    const rows = {
      lines: read.lines,
      accepted: checked.accepted,
      quarantined: read.quarantined + checked.quarantined,
    };
    quarantined += rows.quarantined;
    setAside.set(dataset, rows.quarantined);
    checks.push(...checked.checks, ...(checked.quarantined > 0 ? badRowsCheck(dataset, rows, null) : []));
  }
  const failed = failures();
  if (failed.has('events')) checks.push(skipped('events', 'event_names', 'events'));
  else if (present.has('events')) {
    checks.push(
      ...(await checkEventNames(database, config, setAside.get('events') ?? 0)),
      ...(await checkDecisiveEvents(database, config, refusedEvents)),
      ...(await checkMoney(database, locate)),
    );
  }
  if (failed.has('experiment_assignments'))
    checks.push(skipped('experiment_assignments', 'split', 'experiment_assignments'));
  else if (present.has('experiment_assignments')) {
    const isUnsure =
      failed.has('events') || (failed.has('sessions') && (await hasEventsWithoutUser(database)));
    const exposures = isUnsure ? 'skip' : present.has('events') ? 'check' : 'none';
    checks.push(...(await checkExperiments(database, config, exposures, locate)));
  }
  checks.push(...(await checkExcludedUsers(database, excludedUsers, config, workspace)));
  checks.sort((a, b) => datasetNames.indexOf(a.dataset) - datasetNames.indexOf(b.dataset));
  return { checks, quarantined };
}

/** Whether the user of some event is known through its session alone. */
async function hasEventsWithoutUser(database: Database): Promise<boolean> {
  const { events } = await database.row<{ events: string }>(
    'SELECT count(*) AS events FROM accepted_events WHERE _user IS NULL',
  );
  return events !== '0';
}

/** The files of each dataset and those of users to leave out; empty ones do not count, as in a run. */
async function sourcesOf(folder: string, { config, named }: DropConfig): Promise<DropSources> {
  const excludedUsers: SourceFile[] = [];
  const datasets = new Map<DatasetName, SourceFile[]>(datasetNames.map((dataset) => [dataset, []]));
  const files = await findDropFiles(localFolder(folder), defaultDrop, config.raw, config.raw, named);
  for (const { kind, file, size } of files) {
    if (kind === 'config' || size === 0) continue;
    const source = { file, name: path.relative(folder, file) };
    if (kind === 'excluded_users') excludedUsers.push(source);
    else datasets.get(kind)?.push(source);
  }
  return { datasets, excludedUsers, unused: await unusedFiles(folder, files) };
}

function filesCheck(dataset: DatasetName, files: readonly SourceFile[], config: Config): Check {
  if (files.length > 0) {
    const names = files.length === 1 ? `${files[0]?.name}` : `${files[0]?.name} and ${files.length - 1} more`;
    return passed(dataset, 'files', files.length, names);
  }
  const required = datasetContracts[dataset].required;
  return {
    ...passed(dataset, 'files', 0, `there is no ${config.raw[dataset]}, or it is empty`),
    status: required ? 'fail' : 'warn',
    remedy: required
      ? `Put it there, or name yours in experiment.yaml: raw: { ${dataset}: your-file.csv }`
      : 'Metrics, checks and segments that need it are unavailable',
  };
}
