import type { Report } from '../layers/report/schema.ts';
import { analyzeFolder } from './pipeline/analyze-folder.ts';

export {
  ConfigError,
  DataError,
  type Fault,
  PipelineError,
  SchemaError,
  UsageError,
} from '../layers/platform/errors.ts';
export type {
  Comparison,
  Decision,
  ExperimentReport,
  MetricReport,
  Report,
} from '../layers/report/schema.ts';

export interface AnalyzeOptions {
  /** Name of the drop, which the report tells; `default` by default. */
  readonly drop?: string;
  /** Path of a configuration in place of the folder's experiment.yaml. */
  readonly config?: string;
  /** Folder for the report's files; `ecom-report` within the folder by default. */
  readonly out?: string;
  /** URL of a PostgreSQL database to load the marts into, and to publish them in. */
  readonly load?: string;
  /** Whether to keep what the stages made beside the report, and to use what they made before of the same content; true by default. */
  readonly cache?: boolean;
}

export interface Analysis {
  /** Decision, checks, metrics and population of each experiment: what report.json holds. */
  readonly report: Report;
  /** Paths of the report's files: report.json, report.html, results.csv, results.parquet, EXPERIMENT_DECISION.md. */
  readonly files: readonly string[];
  /** Sentences about files of the folder that are not read. */
  readonly unused: readonly string[];
}

/**
 * Takes a folder of an online shop's CSVs to the decision, in this process: what `ecom analyze <folder>` does. The same
 * files give the same report, byte for byte.
 *
 * ```ts
 * const { report } = await analyze('data/');
 * for (const { experimentId, decision } of report.experiments) console.log(experimentId, decision.action);
 * ```
 * @throws {UsageError} for a folder without the files that an analysis needs
 * @throws {ConfigError} for a mistake in experiment.yaml; `fault.where` is file, line and column
 * @throws {SchemaError} for a file that is not as its dataset's contract says
 * @throws {DataError} for rows that no trustworthy result comes from
 */
export async function analyze(folder: string, options: AnalyzeOptions = {}): Promise<Analysis> {
  const { config, ...rest } = options;
  return analyzeFolder(folder, { ...rest, configFile: config });
}
