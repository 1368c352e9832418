import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../layers/contracts/config.ts';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/contracts/datasets/index.ts';
import { defaultDrop } from '../../layers/contracts/keys.ts';
import { sqlType } from '../../layers/contracts/sql-types.ts';
import { Database } from '../../layers/storage/duckdb.ts';
import { identifier, literal, renderSql } from '../../layers/storage/sql.ts';
import { dropConfig } from '../pipeline/drop-config.ts';
import { findDropFiles, localFolder } from '../pipeline/drop-folder.ts';
import { UsageError } from '../usage-error.ts';
import { type Check, type Locate, passed, type ValidationReport, worst } from './check.ts';
import { checkEventNames, checkMoney } from './event-checks.ts';
import { checkExperiments } from './experiments.ts';
import judgedSql from './judged.sql';
import { readDataset, type SourceFile } from './read-datasets.ts';
import repeatedKeysSql from './repeated-keys.sql';
import { checkRows } from './row-rules.ts';

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
  const locate: Locate = (dataset, position) => {
    if (position === null) return null;
    const file = sources.get(dataset)?.[Number(BigInt(position) >> 40n)];
    return `${file?.name}:${BigInt(position) & ((1n << 40n) - 1n)}`;
  };
  const checks: Check[] = [];
  const present = new Set<DatasetName>();
  for (const dataset of datasetNames) {
    const files = sources.get(dataset) ?? [];
    checks.push(filesCheck(dataset, files, config));
    const read =
      files.length === 0 ? undefined : await readDataset(database, dataset, files, config, workspace);
    checks.push(...(read?.checks ?? []));
    if (read?.columns !== undefined) present.add(dataset);
    else await createEmptyRows(database, dataset, config);
  }
  await database.run(
    renderSql(judgedSql, { event_name: canonicalName('e.event_name', config.event_aliases) }),
  );
  for (const dataset of datasetNames) {
    if (!present.has(dataset)) continue;
    checks.push(...(await checkKeys(database, dataset, locate)));
    checks.push(...(await checkRows(database, dataset, present, config, locate)));
  }
  if (present.has('events')) {
    checks.push(...(await checkEventNames(database, config)), ...(await checkMoney(database, locate)));
  }
  if (present.has('experiment_assignments')) {
    checks.push(...(await checkExperiments(database, config, present.has('events'), locate)));
  }
  return checks.sort((a, b) => datasetNames.indexOf(a.dataset) - datasetNames.indexOf(b.dataset));
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory()) return;
  throw new UsageError({
    what: found === undefined ? 'there is no such folder' : 'this is a file, not a folder',
    where: folder,
    remedy: 'Name the folder that holds the CSVs',
  });
}

async function sourcesOf(folder: string, config: Config): Promise<Map<DatasetName, SourceFile[]>> {
  const sources = new Map<DatasetName, SourceFile[]>();
  for (const { kind, file } of await findDropFiles(
    localFolder(folder),
    defaultDrop,
    config.raw,
    config.raw,
  )) {
    if (kind === 'config') continue;
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

async function createEmptyRows(database: Database, dataset: DatasetName, config: Config): Promise<void> {
  const columns = datasetContracts[dataset].columns.map(
    (column) => `NULL::${sqlType(column, config.id_type)} AS ${identifier(column.name)}`,
  );
  await database.run(
    `CREATE VIEW rows_${dataset} AS SELECT ${columns.join(', ')}, NULL::BIGINT AS _position WHERE false`,
  );
}

function canonicalName(name: string, aliases: Readonly<Record<string, string>>): string {
  const branches = Object.entries(aliases).map(([alias, to]) => `WHEN ${literal(alias)} THEN ${literal(to)}`);
  return branches.length === 0 ? name : `CASE ${name} ${branches.join(' ')} ELSE ${name} END`;
}

async function checkKeys(database: Database, dataset: DatasetName, locate: Locate): Promise<Check[]> {
  const { key } = datasetContracts[dataset];
  const rows = `rows_${dataset}`;
  const columns = await database.query<{ column_name: string }>(`DESCRIBE ${rows}`);
  const content = columns.map(({ column_name }) => column_name).filter((name) => name !== '_position');
  const found = await database.row<
    Record<'total' | 'repeats' | 'conflicts', string> &
      Record<'repeat_position' | 'conflict_position', string | null>
  >(
    renderSql(repeatedKeysSql, {
      rows,
      key: key.map(identifier).join(', '),
      content: content.map(identifier).join(', '),
    }),
  );
  const checks: Check[] = [];
  const name = key.join(', ');
  if (Number(found.repeats) > 0) {
    checks.push({
      ...passed(dataset, 'duplicates', Number(found.repeats), 'rows that repeat another one exactly'),
      status: 'warn',
      example: locate(dataset, found.repeat_position),
      remedy: 'A run takes each once',
    });
  }
  if (Number(found.conflicts) > 0) {
    checks.push({
      ...passed(dataset, 'conflicts', Number(found.conflicts), `rows with the same ${name} that differ`),
      column: name,
      status: 'fail',
      example: locate(dataset, found.conflict_position),
      remedy: 'Correct the export; a run quarantines them',
    });
  }
  return checks.length > 0 ? checks : [passed(dataset, 'keys', Number(found.total), `${name} is unique`)];
}
