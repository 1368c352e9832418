import { dependencies } from '../../../package.json';
import { IncompleteError } from '../../platform/errors.ts';
import type { ObjectStore, StoredObject } from '../../platform/object-store.ts';
import {
  type Completion,
  type RunInputs,
  type RunPlan,
  type StageEvent,
  type StageName,
  stageNames,
} from '../documents.ts';
import { areas } from '../keys.ts';
import { totalOf } from '../load/totals.ts';
import { completionsOf } from '../progress.ts';
import type { RunManifest } from '../run-manifest.ts';
import type { RunOrder } from '../run-order.ts';
import { partsOf } from '../stages.ts';
import type { RunStore } from '../store.ts';

type EarlierStage = Exclude<StageName, 'publish'>;
type Part = Pick<Completion<EarlierStage>, 'startedAt' | 'finishedAt' | 'outputs'>;
type Completions = Readonly<Record<Exclude<EarlierStage, 'load' | 'analyze'>, readonly Part[]>> & {
  readonly load: readonly (Part & Pick<Completion<'load'>, 'result'>)[];
  readonly analyze: readonly (Part & Pick<Completion<'analyze'>, 'result'>)[];
};

const earlierStages = stageNames.filter((stage) => stage !== 'publish');

/**
 * Completion markers of every stage before `publish`.
 * @throws the error of a part that is not complete
 */
export async function readAllCompletions(
  store: RunStore,
  event: StageEvent,
  plan: RunPlan,
): Promise<Completions> {
  const entries = await Promise.all(
    earlierStages.map(
      async (stage) => [stage, await completionsOf(store, stage, event, partsOf(stage, plan))] as const,
    ),
  );
  return Object.fromEntries(entries) as unknown as Completions;
}

/** The run's manifest, from its documents and the objects that are really there. */
export function buildManifest(
  { runId, drop, attempt }: StageEvent,
  { inputs, configHash, codeVersion }: RunInputs,
  { inputsAsOf }: RunOrder,
  completions: Completions,
  stored: ReadonlyMap<string, StoredObject>,
): RunManifest {
  const [analyzed] = completions.analyze;
  if (analyzed === undefined) throw new Error('analyze has one part');
  const { tables, variants } = totalOf(completions.load.map(({ result }) => result));
  const { decisions } = analyzed.result;
  return {
    schemaVersion: 1,
    runId,
    drop,
    attempt,
    configHash,
    codeVersion,
    versions: { node: process.versions.node, duckdb: dependencies['@duckdb/node-api'] },
    inputs,
    inputsAsOf,
    stages: earlierStages
      .filter((stage) => completions[stage].length > 0)
      .map((stage) => summarise(stage, completions[stage])),
    outputs: publicOutputs(completions).map(({ stage, key, rows, bytes }) => ({
      key,
      rows,
      bytes,
      stage,
      etag: checkStored(key, bytes, stored.get(key)).etag,
    })),
    tables,
    variants,
    decisions,
  };
}

/** The objects in the folders of the run's results, by key. */
export async function listResults(
  processed: ObjectStore,
  runId: string,
  completions: Completions,
): Promise<Map<string, StoredObject>> {
  const prefixes = new Set(publicOutputs(completions).map(({ key }) => folderOfRun(key, runId)));
  const listings = await Promise.all([...prefixes].map((prefix) => processed.list(prefix)));
  return new Map(listings.flat().map((object) => [object.key, object]));
}

function publicOutputs(completions: Completions) {
  return earlierStages
    .flatMap((stage) =>
      completions[stage].flatMap(({ outputs }) => outputs.map((one) => ({ ...one, stage }))),
    )
    .filter(({ key }) => !key.startsWith(areas.runs));
}

/** The key up to the folder that is the run's own: `processed/<layer>/run_id=<id>/`. */
function folderOfRun(key: string, runId: string): string {
  const folder = `run_id=${runId}/`;
  return key.slice(0, key.indexOf(folder) + folder.length);
}

function checkStored(key: string, bytes: number, object: StoredObject | undefined): StoredObject {
  if (object?.size === bytes) return object;
  throw new IncompleteError({
    what:
      object === undefined
        ? 'a result of the run is gone'
        : `a result of the run has ${object.size} bytes instead of ${bytes}`,
    where: key,
    remedy: 'Something else changed the bucket: upload the files again under another drop name',
  });
}

function summarise(stage: EarlierStage, parts: readonly Part[]): RunManifest['stages'][number] {
  const outputs = parts.flatMap((part) => part.outputs);
  const startedAt = parts.map((part) => part.startedAt).toSorted()[0] ?? '';
  const finishedAt =
    parts
      .map((part) => part.finishedAt)
      .toSorted()
      .at(-1) ?? '';
  return {
    stage,
    parts: parts.length,
    rows: outputs.reduce((sum, { rows }) => sum + rows, 0),
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    startedAt,
    finishedAt,
    seconds: secondsOf({ startedAt, finishedAt }),
    functionSeconds: parts.reduce((sum, part) => sum + Math.round(secondsOf(part) * 1000), 0) / 1000,
  };
}

function secondsOf({ startedAt, finishedAt }: Pick<Part, 'startedAt' | 'finishedAt'>): number {
  return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}
