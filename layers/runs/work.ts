import type { Engine } from '../platform/duckdb.ts';
import { sha256 } from '../platform/hash.ts';
import type { Logger } from '../platform/log.ts';
import { copyAll, type ObjectStore, uploadAll } from '../platform/object-store.ts';
import type { Completion, Output, StageName, Work } from './documents.ts';
import type { Refusal, Stage, StageContext, StageOutcome } from './stage.ts';

/** All that a part of a stage works with, besides its inputs: it can ask for no document of the run. */
export interface Workshop {
  readonly runId: string;
  readonly raw: ObjectStore;
  readonly processed: ObjectStore;
  /** A temporary folder of this part alone, removed at its end. */
  readonly folder: string;
  readonly engine: Engine;
  readonly log: Logger;
  readonly refusals?: Refusal[] | undefined;
}

/** All that a part's outputs and result depend on, besides the version of the code. Both are plain JSON. */
export interface Inputs<Reads, Aside> {
  /** What they always depend on. Keys of objects may carry the id of the run, which makes no difference. */
  readonly reads: Reads;
  /** What they depend on in a way that `adopt` knows: the place of the part in its run, moments. */
  readonly aside: Aside;
}

/** What an earlier run left of a part with the same `reads`. */
export interface Earlier<Name extends StageName, Aside> {
  readonly aside: Aside;
  readonly result: StageOutcome<Name>['result'];
  readonly outputs: readonly Output[];
}

/** What a part takes over: the result that it would come to itself, and the keys that it would write to. */
export interface Adopted<Name extends StageName> {
  readonly result: StageOutcome<Name>['result'];
  /** By default the earlier key with the id of this run. */
  readonly keyOf?: (output: Output) => string;
}

/** A stage whose parts are functions of their inputs: what was made of the same before need not be made again. */
export interface RepeatableStage<Name extends StageName, Reads, Aside> {
  readonly name: Name;
  inputs(context: Pick<StageContext, 'event' | 'store' | 'refusals'>): Promise<Inputs<Reads, Aside>>;
  /** Returns undefined where the earlier outputs, or the result, may differ from those of a part with this `aside`. */
  adopt(
    earlier: Earlier<Name, Aside>,
    inputs: Inputs<Reads, Aside>,
    runId: string,
  ): Adopted<Name> | undefined;
  run(workshop: Workshop, inputs: Inputs<Reads, Aside>): Promise<StageOutcome<Name>>;
}

/**
 * Makes a stage that takes over what an earlier run of the drop, by the same code, made of the same inputs: byte for byte
 * what it would come to itself.
 */
export function repeatable<Name extends StageName, Reads, Aside>(
  stage: RepeatableStage<Name, Reads, Aside>,
): Stage<Name> {
  return {
    name: stage.name,
    async run(context) {
      const { event, store, refusals, folder, engine, log } = context;
      const { raw, processed } = store;
      const { runId } = event;
      const inputs = await stage.inputs(context);
      const work = () => stage.run({ runId, raw, processed, folder, engine, log, refusals }, inputs);
      // Where refusals are collected, what is made is no result.
      if (refusals !== undefined) return work();
      const { drop, codeVersion } = await store.require('plan', runId);
      const reads = JSON.stringify(inputs.reads).replaceAll(runId, 'run');
      const key = sha256(JSON.stringify([stage.name, drop, codeVersion, reads]));
      const taken = await takeOver(stage, context, key, inputs);
      if (taken !== undefined) return taken;
      return { ...(await work()), work: { key, aside: inputs.aside as Work['aside'], takenFrom: null } };
    },
  };
}

async function takeOver<Name extends StageName, Reads, Aside>(
  stage: RepeatableStage<Name, Reads, Aside>,
  { event: { runId }, store, log }: StageContext,
  key: string,
  inputs: Inputs<Reads, Aside>,
): Promise<StageOutcome<Name> | undefined> {
  const { name } = stage;
  for (const earlier of store.earlier) {
    const entry = await earlier.read('work', name, key);
    if (entry === undefined) continue;
    const marker = await earlier.read('marker', entry.runId, name, entry.index);
    if (marker?.work?.key !== key) continue;
    const { outputs, result, work } = marker as Completion<Name>;
    const adopted = stage.adopt({ aside: work?.aside as Aside, result, outputs }, inputs, runId);
    if (adopted === undefined) continue;
    const newKey = adopted.keyOf ?? ((output) => output.key.replaceAll(entry.runId, runId));
    const copies = outputs.map((output) => ({
      from: { key: output.key, size: output.bytes, etag: output.etag ?? '' },
      key: newKey(output),
    }));
    if (!(await copyAll(store.processed, earlier.processed.location, copies))) continue;
    log.info('as before', { takenFrom: entry.runId });
    return {
      outputs: outputs.map((output) => ({ ...output, key: newKey(output) })),
      result: adopted.result,
      work: { key, aside: inputs.aside as Work['aside'], takenFrom: entry.runId },
    };
  }
  return undefined;
}

/** Stores what a part made, and tells of each object what was stored. */
export async function storeOutputs(
  processed: ObjectStore,
  files: readonly (Pick<Output, 'key' | 'rows' | 'bucket'> & {
    readonly file: string;
    readonly ends?: readonly number[];
  })[],
): Promise<Output[]> {
  const contents = await uploadAll(processed, files);
  return files.map(({ key, rows, bucket, ends }, index) => {
    const { size = 0, etag = '' } = contents[index] ?? {};
    return { key, rows, bytes: size, ...(ends && { ends: [...ends] }), etag, bucket };
  });
}

/** An object that a part reads, by its key and its bytes. */
export function contentOf({ key, etag }: Output): { readonly key: string; readonly etag: string } {
  if (etag === undefined) throw new Error(`${key} was stored without its entity tag`);
  return { key, etag };
}
