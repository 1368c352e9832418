import type { DatasetName } from '../data/datasets/index.ts';
import { datasetNames } from '../data/datasets/index.ts';
import type { StageName } from './stages.ts';

/** Name of the drop that lies directly below raw/. */
export const defaultDrop = 'default';
export const manifestName = '_MANIFEST.json';
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
  readonly kind: DatasetName | 'excluded_users' | 'config' | 'manifest';
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

function kindOf(relative: string, files: Readonly<Record<DatasetName, string>>): RawKey['kind'] | undefined {
  if (relative === manifestName) return 'manifest';
  if (relative === dropConfigName) return 'config';
  if (relative === excludedUsersName || relative === `${excludedUsersName}.gz`) return 'excluded_users';
  return datasetNames.find((dataset) => {
    const file = files[dataset];
    if (relative === file || relative === `${file}.gz`) return true;
    const folder = `${file.replace(/\.csv$/, '')}/`;
    const part = relative.slice(folder.length);
    return relative.startsWith(folder) && !part.includes('/') && /\.csv(\.gz)?$/.test(part);
  });
}

/** Keys in the processed bucket. All of a run's keys carry its run id and are the same in every attempt. */
export const processedKeys = {
  staged: (dataset: DatasetName, runId: string, part: number | undefined) =>
    `processed/staged/${dataset}/run_id=${runId}/${dataset}${part === undefined ? '' : `-${pad(part)}`}.parquet`,
  quarantine: (dataset: DatasetName, runId: string, stage: StageName, index: number) =>
    `processed/quarantine/${dataset}/run_id=${runId}/${stage}-${pad(index)}.parquet`,
  eventsClean: (runId: string, dt: string, bucket: number) =>
    `processed/events_clean/run_id=${runId}/dt=${dt}/events-${pad(bucket)}.parquet`,
  mart: (mart: 'user_exposure' | 'user_outcomes', runId: string, bucket: number | undefined) =>
    `processed/marts/${mart}/run_id=${runId}/${mart}${bucket === undefined ? '' : `-${pad(bucket)}`}.parquet`,
  /** Intermediate results between two stages, read by the pipeline only. */
  intermediate: (name: string, runId: string, index: number) =>
    `processed/runs/${runId}/intermediate/${name}-${pad(index)}.parquet`,
  /** What the keys of an intermediate result begin with. */
  intermediates: (name: string, runId: string) => `processed/runs/${runId}/intermediate/${name}-`,
  run: (runId: string) => `processed/runs/${runId}/`,
  inputs: (runId: string) => `processed/runs/${runId}/inputs.json`,
  plan: (runId: string) => `processed/runs/${runId}/plan.json`,
  done: (runId: string, stage: StageName, index: number) =>
    `processed/runs/${runId}/done/${stage}-${pad(index)}.json`,
  error: (runId: string, stage: StageName, index: number) =>
    `processed/runs/${runId}/errors/${stage}-${pad(index)}.json`,
  measurements: (runId: string) => `processed/runs/${runId}/measurements.json`,
  manifest: (runId: string) => `processed/runs/${runId}/manifest.json`,
  failure: (runId: string) => `processed/runs/${runId}/failure.json`,
  report: (
    runId: string,
    file: 'report.json' | 'report.html' | 'results.parquet' | 'results.csv' | 'EXPERIMENT_DECISION.md',
  ) => `processed/reports/run_id=${runId}/${file}`,
  gate: (drop: string, trigger: 'manifest' | 'files') => `processed/gate/${drop}/${trigger}.json`,
  uploads: (drop: string) => `processed/gate/${drop}/uploads.json`,
  latest: (drop: string) => `processed/latest/${drop}.json`,
} as const;
