import { z } from 'zod';
import packageJson from '../../../package.json';
import { IncompleteError } from '../../platform/errors.ts';
import type { ObjectStore, StoredObject } from '../../platform/s3.ts';
import { readCompletions } from '../completions.ts';
import { type Completion, loadResult, type RunInputs, type RunPlan, type StageEvent } from '../documents.ts';
import { type RunManifest, runManifest } from '../run-manifest.ts';
import type { RunOrder } from '../run-order.ts';
import { partsOf, type StageName, stageNames } from '../stages.ts';

type EarlierStage = Exclude<StageName, 'publish'>;
type Completions = Readonly<Record<EarlierStage, readonly Completion<unknown>[]>>;

const earlierStages = stageNames.filter((stage) => stage !== 'publish');
/** What the manifest takes from the result of `analyze`. */
const analyzeResult = runManifest.pick({ decisions: true }).strip();
/** What only the pipeline reads: markers and intermediate results. */
const internalPrefix = 'processed/runs/';

/**
 * Completion markers of every stage before `publish`.
 * @throws the error of a part that is not complete
 */
export async function readAllCompletions(
  processed: ObjectStore,
  event: StageEvent,
  plan: RunPlan,
): Promise<Completions> {
  const entries = await Promise.all(
    earlierStages.map(async (stage) => {
      const parts = partsOf(stage, plan);
      return [stage, await readCompletions(processed, stage, z.unknown(), event, parts)] as const;
    }),
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
  const { tables, variants } = loadResult.parse(completions.load[0]?.result);
  const { decisions } = analyzeResult.parse(completions.analyze[0]?.result);
  return {
    schemaVersion: 1,
    runId,
    drop,
    attempt,
    configHash,
    codeVersion,
    versions: { node: process.versions.node, duckdb: packageJson.dependencies['@duckdb/node-api'] },
    inputs,
    inputsAsOf,
    stages: earlierStages.map((stage) => summarise(stage, completions[stage])),
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
    .filter(({ key }) => !key.startsWith(internalPrefix));
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

function summarise(
  stage: EarlierStage,
  parts: readonly Completion<unknown>[],
): RunManifest['stages'][number] {
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
    seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
  };
}
