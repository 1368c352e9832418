import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { datasetNames } from '../../layers/data/datasets/index.ts';
import {
  forgetOtherRuns,
  type LocalFile,
  type LocalRun,
  type LocalRunOptions,
  reportOf,
  runLocal,
  runPart,
} from '../../layers/engine/run-local.ts';
import { ConfigError, TransientError, UsageError } from '../../layers/platform/errors.ts';
import type { OpenSession } from '../../layers/platform/postgres.ts';
import type { Report } from '../../layers/report/schema.ts';
import { processedKeys, type ReportFile, reportFiles } from '../../layers/runs/keys.ts';
import { partsOf } from '../../layers/runs/stages.ts';
import { systemFault } from '../system-error.ts';
import type { DropFile } from './drop-folder.ts';
import { errorInFilesOfUser } from './files-of-user.ts';
import { reportFolder } from './kept-reports.ts';
import { prepareDrop } from './prepare-drop.ts';

export interface AnalyzeFolderOptions extends Pick<LocalRunOptions, 'onStage'> {
  /** Name of the drop; `default` by default. */
  readonly drop?: string | undefined;
  /** A configuration in place of the folder's experiment.yaml. */
  readonly configFile?: string | undefined;
  /** Folder for the report; `ecom-report` within the folder by default. */
  readonly out?: string | undefined;
  /** URL of a PostgreSQL database to load the marts into. */
  readonly load?: string | undefined;
  /** Whether to keep what the stages made, and to use what they made before of the same content; yes by default. */
  readonly cache?: boolean | undefined;
}

export interface FolderAnalysis {
  readonly report: Report;
  /** Paths of the report's files. */
  readonly files: readonly string[];
  /** Sentences about files of the folder that are not read. */
  readonly unused: readonly string[];
}

/** What the stages of analyses leave beside the report. */
export function runsFolder(out: string): string {
  return path.join(out, '.runs');
}

/**
 * Takes a folder of CSVs to the decision, in this process: the stages that the deployed pipeline runs, over local files.
 * @throws UsageError for a folder that cannot be a drop, ConfigError for a mistake in its configuration, SchemaError and
 *   DataError for files that no trustworthy result comes from; `where` names the user's own files
 */
export async function analyzeFolder(
  folder: string,
  options: AnalyzeFolderOptions = {},
): Promise<FolderAnalysis> {
  const { drop = 'default', configFile, cache = true } = options;
  const { files, unused } = await prepareDrop({ folder, drop, configFile }, options.load === undefined);
  if (options.load !== undefined) await tryDatabase(options.load);
  const out = reportFolder(folder, options.out);
  const runs = runsFolder(out);
  await makeFolder(runs, out, cache);
  await writeFile(path.join(runs, filesName), JSON.stringify(files.map((file) => relativeTo(folder, file))));
  try {
    const run = await runLocal({
      drop,
      files,
      folder: runs,
      codeVersion: CODE_VERSION,
      ...(options.onStage && { onStage: options.onStage }),
    });
    if (options.load !== undefined) await loadInto(options.load, run, drop, options);
    const copied = await copyReport(run, out);
    await forgetOtherRuns(runs, run.runId);
    return { report: await reportOf(run), files: copied, unused };
  } catch (error) {
    throw errorInFilesOfUser(error, files);
  } finally {
    if (!cache) await rm(runs, { recursive: true, force: true });
  }
}

/** @throws UsageError where the folder for the report cannot be made or written to */
async function makeFolder(runs: string, out: string, cache: boolean): Promise<void> {
  try {
    if (!cache) await rm(runs, { recursive: true, force: true });
    await makeEach(path.resolve(runs));
  } catch (error) {
    const fault = systemFault(error);
    if (fault === undefined) throw error;
    const remedy = 'Name a folder for the report that can be written to: --out <dir>';
    throw new UsageError({ what: fault.what, where: out, remedy }, { cause: error });
  }
}

/** Folder by folder: where a file system makes none, such as /proc, Node's own recursion never ends. */
async function makeEach(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeEach(path.dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Which files of the folder the newest analysis read, since their names depend on its configuration. */
const filesName = 'files.json';
const filesSchema = z.array(
  z.strictObject({
    kind: z.enum([...datasetNames, 'summary', 'excluded_users', 'config']),
    key: z.string(),
    file: z.string(),
  }),
);

function relativeTo(folder: string, { kind, key, file }: DropFile): z.infer<typeof filesSchema>[number] {
  return { kind, key, file: path.relative(folder, file) };
}

/** The files that the newest analysis of the folder read, or none where nothing was kept. */
export async function filesOfAnalysis(folder: string, runs: string): Promise<LocalFile[]> {
  const text = await readFile(path.join(runs, filesName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '[]';
    throw error;
  });
  return filesSchema.parse(JSON.parse(text)).map((read) => ({ ...read, file: path.join(folder, read.file) }));
}

/** So that a database that is not there is told before the work, not after it. */
async function tryDatabase(url: string): Promise<void> {
  const withDatabase = await databaseAt(url);
  await withDatabase({ applicationName: 'ecom analyze' }, (client) => client.query('select 1'));
}

/**
 * Loads and publishes the marts as the deployed stages do. Of a drop's analyses the one that is made last is the newest,
 * whatever the dates of its files: whoever analyses a folder wants to see it.
 */
async function loadInto(
  url: string,
  { runId, store }: LocalRun,
  drop: string,
  { onStage = () => {} }: Pick<AnalyzeFolderOptions, 'onStage'>,
): Promise<void> {
  const [{ loadStage }, { publishStage }] = await Promise.all([
    import('../../layers/runs/load/load.ts'),
    import('../../layers/runs/publish/publish.ts'),
  ]);
  const withDatabase = await databaseAt(url);
  await store.write('uploads', [drop], { schemaVersion: 1, drop, runs: [{ runId, attempt: 1 }], files: [] });
  const plan = await store.require('plan', runId);
  for (const stage of [loadStage(withDatabase), publishStage(withDatabase)]) {
    const parts = partsOf(stage.name, plan);
    onStage(stage.name, parts, 'begins');
    for (let index = 0; index < parts; index += 1)
      await runPart(stage, store, { runId, drop, attempt: 1, index }, { codeVersion: CODE_VERSION });
    onStage(stage.name, parts, 'done');
  }
}

/** @throws UsageError where the URL is none, or the database does not let anybody in */
async function databaseAt(url: string): Promise<OpenSession> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UsageError({
      what: 'this is not the URL of a PostgreSQL database',
      where: '--load',
      remedy: 'Write it as postgres://user:password@host:port/database',
    });
  }
  const { withPostgres } = await import('../../layers/platform/postgres.ts');
  return async (session, work) => {
    try {
      return await withPostgres(url, session, work);
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof TransientError)) throw error;
      const remedy = 'Correct the URL of --load, or see that the database runs and lets its user write';
      throw new UsageError({ ...error.fault, remedy }, { cause: error });
    }
  };
}

async function copyReport({ runId, store }: LocalRun, out: string): Promise<string[]> {
  const copy = async (name: ReportFile) => {
    const target = path.join(out, name);
    await copyFile(path.join(store.processed.location, processedKeys.report(runId, name)), target);
    return target;
  };
  return Promise.all(reportFiles.map(copy));
}
