import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chunkName } from '../../layers/data/place.ts';
import type { RuleCount } from '../../layers/data/row-counts.ts';
import { type LocalRun, runLocal } from '../../layers/engine/run-local.ts';
import type { Measurements } from '../../layers/experiment/measurements.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import type {
  CleanResult,
  MartsResult,
  RunPlan,
  StageName,
  StageResult,
} from '../../layers/runs/documents.ts';
import { areas } from '../../layers/runs/keys.ts';
import { completionsOf } from '../../layers/runs/progress.ts';
import type { Refusal } from '../../layers/runs/stage.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import type { DropFile } from '../pipeline/drop-folder.ts';
import { type Check, passed } from './check.ts';

/** What the stages up to `measure` make of a folder's files, and all that would end a run of them. */
export interface DryRun {
  readonly plan: RunPlan;
  readonly staged: readonly StageResult[];
  readonly cleaned: readonly CleanResult[];
  readonly marts: readonly MartsResult[];
  readonly measured: Measurements;
  readonly refusals: readonly Refusal[];
  /** For questions about what the stages left. */
  readonly database: Database;
  /** Local paths of the objects of an area (and, within it, a dataset or mart); none where there are none. */
  readonly objects: (area: keyof typeof areas, within?: string) => Promise<string[]>;
  /** The user's name of a file, from its key: relative to the folder. */
  readonly fileOf: (key: string) => string;
  /** Where the file of a key lies. */
  readonly pathOf: (key: string) => string;
  /** `file:line` of the user's file. */
  readonly place: (example: RuleCount['examples'][number]) => string;
  /** A folder for what checks write themselves. */
  readonly workspace: string;
}

/**
 * Runs the engine up to the sums of each experiment over a folder's files, going on where a run would end, and hands
 * what came of it to `look`.
 */
export async function dryRun<Answer>(
  files: readonly DropFile[],
  folder: string,
  look: (run: DryRun) => Promise<Answer>,
): Promise<Answer> {
  return upTo('measure', files, async ({ runId, store, refusals, workspace }) => {
    await using database = await Database.open({ memoryMb: 2048, folder: workspace });
    const outcome = await outcomeOf(store, runId, folder, namesIn(files, folder));
    return await look({ ...outcome, refusals, database, workspace });
  });
}

/** Every file whose header alone shows that it cannot be read. */
export async function unreadableFiles(files: readonly DropFile[], folder: string): Promise<Check[]> {
  const names = namesIn(files, folder);
  return upTo('plan', files, async ({ refusals }) =>
    refusals.map((refusal) => unreadableFile(refusal, (key) => names.get(key) ?? key)),
  );
}

/** Runs the engine up to a stage, in a folder that is gone afterwards. */
async function upTo<Answer>(
  last: StageName,
  files: readonly DropFile[],
  look: (run: LocalRun & Pick<DryRun, 'refusals' | 'workspace'>) => Promise<Answer>,
): Promise<Answer> {
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-validate-'));
  try {
    const refusals: Refusal[] = [];
    const options = { drop: 'default', files, folder: workspace, codeVersion: CODE_VERSION, refusals };
    return await look({ ...(await runLocal(options, last)), refusals, workspace });
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

/** The user's names of files by their keys. */
function namesIn(files: readonly DropFile[], folder: string): Map<string, string> {
  return new Map(files.map(({ key, file }) => [key, path.relative(folder, file)]));
}

/** A file that cannot be read, as a check. */
export function unreadableFile({ dataset, error }: Refusal, fileOf: DryRun['fileOf']): Check {
  const { what, where = '', remedy = null } = error.fault;
  const [key = '', line] = where.split(/:(?=\d+$)/);
  const example = line === undefined ? fileOf(key) : `${fileOf(key)}:${line}`;
  return { ...passed(dataset, 'columns', 1, what), status: 'fail', example, remedy };
}

async function outcomeOf(
  store: RunStore,
  runId: string,
  folder: string,
  names: ReadonlyMap<string, string>,
): Promise<Omit<DryRun, 'refusals' | 'database' | 'workspace'>> {
  const plan = await store.require('plan', runId);
  const event = { runId, attempt: 1 };
  const [staged, cleaned, marts, measured] = await Promise.all([
    completionsOf(store, 'stage', event, plan.chunks.length),
    completionsOf(store, 'clean', event, plan.buckets),
    completionsOf(store, 'marts', event, plan.buckets),
    store.require('measurements', runId),
  ]);
  const results = staged.map(({ result }) => result);
  const fileOf = (key: string) => names.get(key) ?? key;
  return {
    plan,
    staged: results,
    cleaned: cleaned.map(({ result }) => result),
    marts: marts.map(({ result }) => result),
    measured,
    fileOf,
    pathOf: (key) => path.join(folder, fileOf(key)),
    place: (example) => placeOf(example, plan, results, fileOf),
    objects: async (area, within = '') => {
      const found = await store.processed.list(`${areas[area]}${within}`);
      return found
        .filter(({ key }) => key.endsWith('.parquet'))
        .map(({ key }) => path.join(store.processed.location, key));
    },
  };
}

/** Lines of a byte range count from its beginning: those of the ranges before it come on top. */
function placeOf(
  { file, line }: RuleCount['examples'][number],
  { chunks }: RunPlan,
  staged: readonly StageResult[],
  fileOf: (key: string) => string,
): string {
  const chunk = chunks.find((candidate) => chunkName(candidate) === file);
  if (chunk === undefined) return fileOf(file ?? '');
  const before = chunks
    .filter(({ key, index }) => key === chunk.key && index < chunk.index)
    .reduce((sum, { index }) => sum + (staged[index]?.lineFeeds ?? 0), 0);
  return `${fileOf(chunk.key)}:${line === null ? '' : line + before}`;
}
