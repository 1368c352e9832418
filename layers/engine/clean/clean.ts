import path from 'node:path';
import { checkBadRate } from '../../data/bad-rows.ts';
import { type DatasetName, datasetContracts, requiredDatasets } from '../../data/datasets/index.ts';
import { chunkName } from '../../data/place.ts';
import { type CleanConfig, cleanConfig } from '../../experiment/config-slices.ts';
import { DataError } from '../../platform/errors.ts';
import { downloadAll } from '../../platform/object-store.ts';
import type { Completion, RunPlan } from '../../runs/documents.ts';
import { areas, processedKeys } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import { newestUpload } from '../../runs/received.ts';
import { attempt } from '../../runs/stage.ts';
import { partsOf } from '../../runs/stages.ts';
import { contentOf, repeatable, storeOutputs } from '../../runs/work.ts';
import { type ExchangedKind, exchangedKinds } from '../exchange/kinds.ts';
import { type ShareRef, shareIn } from '../exchange/packed-shares.ts';
import { mergeRules } from '../measure/reconcile.ts';
import { cleanBucket } from './clean-bucket.ts';
import { partFileName, type StagedPart } from './staged-rows.ts';

interface CleanReads {
  readonly config: CleanConfig;
  readonly present: RunPlan['present'];
  readonly asOf: string | null;
  readonly bucket: number;
  readonly buckets: number;
  readonly parts: readonly PartRef[];
  /** What shares of the ids tell the bucket of others. */
  readonly exchanged: Readonly<Record<ExchangedKind, readonly ShareRef[]>>;
}

interface CleanAside {
  /** ISO instant at which the newest raw file was uploaded. */
  readonly newestInput: string;
  /** Version of the raw file of each of `parts`. */
  readonly versions: readonly (string | null)[];
}

/** Takes repeats, contradictions and broken references out of one user bucket, and names, dates and values its events. */
export const cleanStage = repeatable<'clean', CleanReads, CleanAside>({
  name: 'clean',

  async inputs({ event, store, refusals }) {
    const { runId, index: bucket } = event;
    const plan = await store.require('plan', runId);
    const staged = await completionsOf(store, 'stage', event, plan.chunks.length);
    for (const dataset of requiredDatasets) {
      await attempt(refusals, { dataset, of: 'rows' }, () => requireRows(dataset, plan, staged));
    }
    for (const file of bucket === 0 ? filesInParts(plan, staged) : []) {
      const { dataset, key } = file;
      await attempt(refusals, { dataset, of: 'rows' }, () =>
        checkBadRate(datasetContracts[dataset], file, runId, key),
      );
    }
    const found = partsOfBucket(plan, staged, bucket);
    const { present, asOf, buckets } = plan;
    const exchanged = await completionsOf(store, 'exchange', event, partsOf('exchange', plan));
    return {
      reads: {
        config: cleanConfig(plan.config),
        present,
        asOf,
        bucket,
        buckets,
        parts: found.map(({ rawVersion: _, ...part }) => part),
        exchanged: exchangedFor(bucket, plan, exchanged),
      },
      aside: {
        newestInput: newestUpload(await store.require('inputs', runId)),
        versions: found.map(({ rawVersion }) => rawVersion),
      },
    };
  },

  /** Quarantined rows name the versions of their files. What did not lie in the future then does not do so later. */
  adopt({ result, aside: before }, { aside }) {
    const isQuarantined = Object.values(result.datasets).some(({ quarantined }) => quarantined > 0);
    if (isQuarantined && JSON.stringify(before.versions) !== JSON.stringify(aside.versions)) return undefined;
    if (before.newestInput === aside.newestInput) return { result };
    const findings = [...result.warnings, ...result.quarantineRules];
    const isOfFuture = findings.some(({ rule }) => rule === 'in_the_future');
    return !isOfFuture && before.newestInput < aside.newestInput ? { result } : undefined;
  },

  async run({ runId, processed, folder, engine, refusals }, { reads, aside }) {
    const { bucket } = reads;
    const parts = reads.parts.map((part, index) => ({
      ...part,
      rawVersion: aside.versions[index] ?? null,
      file: path.join(folder, partFileName(part.dataset, part.part, part.bucket)),
    }));
    const exchanged = exchangedKinds.flatMap((kind) =>
      reads.exchanged[kind].map((ref, index) => ({
        ...ref,
        kind,
        file: path.join(folder, `${kind}-${index}.parquet`),
      })),
    );
    await downloadAll(processed, [...parts, ...exchanged]);
    const exchangedFiles = (kind: ExchangedKind) =>
      exchanged.filter((share) => share.kind === kind).map(({ file }) => file);

    await using db = await engine.open(folder);
    const cleaned = await cleanBucket(db, {
      plan: reads,
      bucket,
      parts,
      exchanged: {
        sessions_elsewhere: exchangedFiles('sessions_elsewhere'),
        events_of_sessions: exchangedFiles('events_of_sessions'),
        conflicts: exchangedFiles('conflicts'),
      },
      newestInput: aside.newestInput,
      folder,
      refusals,
    });

    const files = [
      ...cleaned.events.map(({ dt, ...rest }) => ({
        key: processedKeys.eventsClean(runId, dt, bucket),
        ...rest,
      })),
      ...cleaned.others.map(({ dataset, ...rest }) => ({
        key: processedKeys.intermediate(dataset, runId, bucket),
        ...rest,
      })),
      ...cleaned.quarantine.map(({ dataset, ...rest }) => ({
        key: processedKeys.quarantine(dataset, runId, 'clean', bucket),
        ...rest,
      })),
    ].map((file) => ({ ...file, bucket }));
    return { outputs: await storeOutputs(processed, files), result: cleaned.result };
  },
});

/** @throws DataError where a dataset without which there is no analysis has a header alone */
function requireRows(
  dataset: (typeof requiredDatasets)[number],
  { chunks }: Pick<RunPlan, 'chunks'>,
  staged: readonly Completion<'stage'>[],
): void {
  if (staged.some(({ result }) => result.dataset === dataset && result.lines > 0)) return;
  throw new DataError({
    what: `${dataset} has a header, and no rows`,
    where: chunks.find((chunk) => chunk.dataset === dataset)?.key,
    remedy: 'Export it again, and upload the drop anew',
  });
}

/** What `stage` made of the lines of each file that was read in several parts: a bad stretch is no bad file. */
function filesInParts({ chunks }: Pick<RunPlan, 'chunks'>, staged: readonly Completion<'stage'>[]) {
  const keys = new Set(chunks.filter(({ range }) => range !== null).map(({ key }) => key));
  return [...keys].map((key) => {
    const parts = staged.filter((_, index) => chunks[index]?.key === key).map(({ result }) => result);
    const [first] = parts;
    if (first === undefined) throw new Error(`no part of ${key} was read`);
    const total = (of: 'lines' | 'accepted' | 'quarantined') =>
      parts.reduce((sum, part) => sum + part[of], 0);
    return {
      key,
      dataset: first.dataset,
      lines: total('lines'),
      accepted: total('accepted'),
      quarantined: total('quarantined'),
      quarantineRules: mergeRules(parts.flatMap(({ quarantineRules }) => quarantineRules)),
    };
  });
}

/** Staged rows of a chunk, all of them or those of a bucket. */
export type PartRef = Omit<StagedPart, 'rawVersion' | 'file'> & {
  readonly bucket: number | null;
  readonly key: string;
  readonly etag: string;
};

/** What a bucket reads: its parts, and those without a bucket. */
export function partsOfBucket(
  plan: Pick<RunPlan, 'chunks'>,
  staged: readonly Completion<'stage'>[],
  bucket: number,
): (PartRef & Pick<StagedPart, 'rawVersion'>)[] {
  return staged.flatMap(({ index, outputs }) => {
    const chunk = plan.chunks[index];
    if (chunk === undefined) throw new Error(`the plan has no chunk ${index}`);
    const { dataset, part } = chunk;
    return outputs
      .filter(({ key }) => key.startsWith(stagedPrefix(dataset)))
      .filter((output) => output.bucket === null || output.bucket === bucket)
      .map((output) => ({
        dataset,
        part,
        bucket: output.bucket,
        rawKey: chunk.key,
        rawVersion: chunk.versionId,
        name: chunkName(chunk),
        ...contentOf(output),
      }));
  });
}

/** What the shares tell a bucket: of conflicts the piece of the bucket and, in the last place, the one for every bucket. */
function exchangedFor(
  bucket: number,
  { runId, buckets }: Pick<RunPlan, 'runId' | 'buckets'>,
  exchanged: readonly Completion<'exchange'>[],
): CleanReads['exchanged'] {
  const outputs = exchanged.flatMap((part) => part.outputs);
  const refs = (kind: ExchangedKind, ...shares: readonly number[]) =>
    outputs
      .filter(({ key }) => key.startsWith(processedKeys.intermediates(kind, runId)))
      .flatMap((output) => shares.flatMap((share) => shareIn(output, share)));
  return {
    sessions_elsewhere: refs('sessions_elsewhere', bucket),
    events_of_sessions: refs('events_of_sessions', bucket),
    conflicts: refs('conflicts', bucket, buckets),
  };
}

function stagedPrefix(dataset: DatasetName): string {
  return `${areas.staged}${dataset}/`;
}
