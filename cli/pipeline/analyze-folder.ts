import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {
  forgetOtherRuns,
  type LocalRun,
  type LocalRunOptions,
  reportOf,
  runLocal,
  runPart,
} from '../../layers/engine/run-local.ts';
import { PipelineError } from '../../layers/platform/errors.ts';
import type { Report } from '../../layers/report/schema.ts';
import { processedKeys, type ReportFile, reportFiles } from '../../layers/runs/keys.ts';
import type { DropFile } from './drop-folder.ts';
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

/** Where a folder's analyses lie unless another place is named. */
export function reportFolder(folder: string, out?: string): string {
  return out ?? path.join(folder, 'ecom-report');
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
  const { files, unused } = await prepareDrop({ folder, drop, configFile });
  const out = reportFolder(folder, options.out);
  const runs = runsFolder(out);
  if (!cache) await rm(runs, { recursive: true, force: true });
  await mkdir(runs, { recursive: true });
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
    throw inFilesOfUser(error, files);
  } finally {
    if (!cache) await rm(runs, { recursive: true, force: true });
  }
}

/** Loads and publishes the marts as the stages of these names do; they take the database from the environment. */
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
  process.env.DATABASE_URL = url;
  for (const stage of [loadStage, publishStage]) {
    onStage(stage.name, 1, 'begins');
    await runPart(stage, store, { runId, drop, attempt: 1, index: 0 });
    onStage(stage.name, 1, 'done');
  }
}

async function copyReport({ runId, store }: LocalRun, out: string): Promise<string[]> {
  const copy = async (name: ReportFile) => {
    const target = path.join(out, name);
    await copyFile(path.join(store.processed.location, processedKeys.report(runId, name)), target);
    return target;
  };
  return Promise.all(reportFiles.map(copy));
}

/** The error with the user's file where the pipeline names the key that it would have in the raw bucket. */
function inFilesOfUser(error: unknown, files: readonly DropFile[]): unknown {
  if (!(error instanceof PipelineError)) return error;
  const { what, where, remedy } = error.fault;
  const own = (text: string) => files.reduce((told, { key, file }) => told.replaceAll(key, file), text);
  const ErrorClass = error.constructor as new (...of: ConstructorParameters<typeof PipelineError>) => Error;
  return new ErrorClass(
    {
      what: own(what),
      ...(where !== undefined && { where: own(where) }),
      ...(remedy !== undefined && { remedy: own(remedy) }),
    },
    { cause: error },
  );
}
