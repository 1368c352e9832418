import type { DatasetName } from '../data/datasets/index.ts';
import { datasetNames } from '../data/datasets/index.ts';
import type { StageName } from './documents.ts';

/** Name of the drop that lies directly below raw/. */
export const defaultDrop = 'default';
export const manifestName = '_MANIFEST.json';
/** Object that a writer puts beside the files once all of them are there, as Spark does; what is in it does not matter. */
export const successName = '_SUCCESS';
export const dropConfigName = 'experiment.yaml';
/** File of a drop with the ids of users to leave out, one a line; may be gzipped. */
export const excludedUsersName = 'excluded_users.csv';

const pad = (index: number) => String(index).padStart(5, '0');

/** `raw/` for the drop "default", else `raw/<drop>/`. */
export function dropPrefix(drop: string): string {
  return drop === defaultDrop ? 'raw/' : `raw/${drop}/`;
}

/** Why `drop` cannot be the name of a drop, or undefined when it can. */
export function dropNameProblem(drop: string): string | undefined {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(drop)) {
    return 'a drop name has 1 to 63 lower-case letters, digits, "-" or "_" and starts with a letter or digit';
  }
  if ((datasetNames as readonly string[]).includes(drop)) return `"${drop}" is the name of a dataset`;
  return undefined;
}

/** A key below raw/, taken apart: the drop, and what the file is in it. */
export interface RawKey {
  readonly drop: string;
  readonly kind: DatasetName | 'excluded_users' | 'config' | 'manifest' | 'success';
}

/** Whether an object is one of the files that a run reads, and not what says that they are there. */
export function isDropFile(
  kind: RawKey['kind'] | undefined,
): kind is Exclude<RawKey['kind'], 'manifest' | 'success'> {
  return kind !== undefined && kind !== 'manifest' && kind !== 'success';
}

/**
 * Takes a raw key apart. `files` is the configuration's `raw` map (file name of each dataset).
 * Returns undefined for a key that belongs to no drop (another name, another folder).
 */
export function parseRawKey(key: string, files: Readonly<Record<DatasetName, string>>): RawKey | undefined {
  if (!key.startsWith('raw/')) return undefined;
  const rest = key.slice('raw/'.length);
  const inDefault = kindOf(rest, files);
  if (inDefault !== undefined) return { drop: defaultDrop, kind: inDefault };
  const slash = rest.indexOf('/');
  if (slash < 0) return undefined;
  const drop = rest.slice(0, slash);
  const kind = kindOf(rest.slice(slash + 1), files);
  return kind === undefined || dropNameProblem(drop) !== undefined || drop === defaultDrop
    ? undefined
    : { drop, kind };
}

/** Folder, within a drop, of the parts of a dataset whose file has this name. */
export function partsFolder(file: string): string {
  return `${file.replace(/\.csv$/, '')}/`;
}

function kindOf(relative: string, files: Readonly<Record<DatasetName, string>>): RawKey['kind'] | undefined {
  if (relative === manifestName) return 'manifest';
  if (relative === successName) return 'success';
  if (relative === dropConfigName) return 'config';
  if (relative === excludedUsersName || relative === `${excludedUsersName}.gz`) return 'excluded_users';
  return datasetNames.find((dataset) => {
    const file = files[dataset];
    if (relative === file || relative === `${file}.gz`) return true;
    const folder = partsFolder(file);
    const part = relative.slice(folder.length);
    return relative.startsWith(folder) && !part.includes('/') && /\.csv(\.gz)?$/.test(part);
  });
}

/** What each part of the processed bucket begins with; permissions are given by it. */
export const areas = {
  /** The pipeline's own documents of a run: inputs, plan, completion markers, errors, intermediate results. */
  runs: 'processed/runs/',
  staged: 'processed/staged/',
  quarantine: 'processed/quarantine/',
  eventsClean: 'processed/events_clean/',
  marts: 'processed/marts/',
  reports: 'processed/reports/',
  latest: 'processed/latest/',
  /** The gate's answers to uploads, and the order of a drop's uploads. */
  gate: 'processed/gate/',
  /** Which run did a piece of work, by what it was made of. */
  work: 'processed/work/',
} as const;

/** The files of a run's report. */
export const reportFiles = [
  'report.json',
  'report.html',
  'EXPERIMENT_DECISION.md',
  'results.csv',
  'results.parquet',
] as const;
export type ReportFile = (typeof reportFiles)[number];

/** Keys in the processed bucket. All of a run's keys carry its run id and are the same in every attempt. */
export const processedKeys = {
  staged: (dataset: DatasetName, runId: string, part: number | undefined) =>
    `${areas.staged}${dataset}/run_id=${runId}/${dataset}${part === undefined ? '' : `-${pad(part)}`}.parquet`,
  quarantine: (dataset: DatasetName, runId: string, stage: StageName, index: number) =>
    `${areas.quarantine}${dataset}/run_id=${runId}/${stage}-${pad(index)}.parquet`,
  eventsClean: (runId: string, dt: string, bucket: number) =>
    `${areas.eventsClean}run_id=${runId}/dt=${dt}/events-${pad(bucket)}.parquet`,
  mart: (mart: 'user_exposure' | 'user_outcomes', runId: string, bucket: number | undefined) =>
    `${areas.marts}${mart}/run_id=${runId}/${mart}${bucket === undefined ? '' : `-${pad(bucket)}`}.parquet`,
  /** Intermediate results between two stages, read by the pipeline only. */
  intermediate: (name: string, runId: string, index: number) =>
    `${areas.runs}${runId}/intermediate/${name}-${pad(index)}.parquet`,
  /** One of several shares: Parquet files one after the other (`ends` of its output). */
  shares: (name: string, runId: string, index: number) =>
    `${areas.runs}${runId}/intermediate/${name}-${pad(index)}.shares`,
  /** What the keys of an intermediate result begin with. */
  intermediates: (name: string, runId: string) => `${areas.runs}${runId}/intermediate/${name}-`,
  run: (runId: string) => `${areas.runs}${runId}/`,
  /** The drop's files of ids to leave out, as `plan` found them. */
  excludedUsers: (runId: string, name: string) => `${areas.runs}${runId}/excluded_users/${name}`,
  inputs: (runId: string) => `${areas.runs}${runId}/inputs.json`,
  plan: (runId: string) => `${areas.runs}${runId}/plan.json`,
  done: (runId: string, stage: StageName, index: number) =>
    `${areas.runs}${runId}/done/${stage}-${pad(index)}.json`,
  error: (runId: string, stage: StageName, index: number) =>
    `${areas.runs}${runId}/errors/${stage}-${pad(index)}.json`,
  work: (stage: StageName, key: string) => `${areas.work}${stage}/${key}.json`,
  /** The rows of a file of sums. */
  summary: (runId: string) => `${areas.runs}${runId}/summary.json`,
  measurements: (runId: string) => `${areas.runs}${runId}/measurements.json`,
  manifest: (runId: string) => `${areas.runs}${runId}/manifest.json`,
  failure: (runId: string) => `${areas.runs}${runId}/failure.json`,
  notified: (runId: string) => `${areas.runs}${runId}/notified.json`,
  report: (runId: string, file: ReportFile) => `${areas.reports}run_id=${runId}/${file}`,
  gate: (drop: string, trigger: 'manifest' | 'files') => `${areas.gate}${drop}/${trigger}.json`,
  uploads: (drop: string) => `${areas.gate}${drop}/uploads.json`,
  latest: (drop: string) => `${areas.latest}${drop}.json`,
} as const;
