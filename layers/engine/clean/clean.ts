import path from 'node:path';
import { checkBadRate } from '../../data/bad-rows.ts';
import { type DatasetName, datasetContracts, requiredDatasets } from '../../data/datasets/index.ts';
import { chunkName } from '../../data/place.ts';
import { DataError } from '../../platform/errors.ts';
import { downloadAll, uploadAll } from '../../platform/object-store.ts';
import type { Completion, Output, RunPlan } from '../../runs/documents.ts';
import { areas, processedKeys } from '../../runs/keys.ts';
import { completionsOf } from '../../runs/progress.ts';
import { newestUpload } from '../../runs/received.ts';
import { attempt, type Stage } from '../../runs/stage.ts';
import { mergeRules } from '../measure/reconcile.ts';
import { cleanBucket } from './clean-bucket.ts';
import { type EventIdsFile, eventIdsFileName } from './dedupe.ts';
import { partFileName, type StagedPart } from './staged-rows.ts';

/** Takes repeats, contradictions and broken references out of one user bucket, and names, dates and values its events. */
export const cleanStage: Stage<'clean'> = {
  name: 'clean',
  async run({ event, store, folder, engine, refusals }) {
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
    const newestInput = newestUpload(await store.require('inputs', runId));

    const parts = partsOfBucket(plan, staged, bucket, folder);
    const eventIds = eventIdsOf(plan, staged, folder);
    await downloadAll(store.processed, [...parts, ...eventIds]);

    await using db = await engine.open(folder);
    const cleaned = await cleanBucket(db, {
      runId,
      plan,
      bucket,
      parts,
      eventIds,
      newestInput,
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
    ];
    const sizes = await uploadAll(store.processed, files);
    const outputs: Output[] = files.map(({ key, rows }, index) => ({
      key,
      rows,
      bytes: sizes[index] ?? 0,
      bucket,
    }));
    return { outputs, result: cleaned.result };
  },
};

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

/** What a bucket reads: its parts, those without a bucket, and everyone's sessions, which events refer to. */
export function partsOfBucket(
  plan: Pick<RunPlan, 'chunks'>,
  staged: readonly Completion<'stage'>[],
  bucket: number,
  folder: string,
): (StagedPart & { key: string })[] {
  return staged.flatMap(({ index, outputs }) => {
    const chunk = plan.chunks[index];
    if (chunk === undefined) throw new Error(`the plan has no chunk ${index}`);
    const { dataset, part } = chunk;
    return outputs
      .filter(({ key }) => key.startsWith(stagedPrefix(dataset)))
      .filter((output) => output.bucket === null || output.bucket === bucket || dataset === 'sessions')
      .map((output) => ({
        dataset,
        part,
        rawKey: chunk.key,
        rawVersion: chunk.versionId,
        name: chunkName(chunk),
        key: output.key,
        file: path.join(folder, partFileName(dataset, part, output.bucket)),
      }));
  });
}

/** The event ids that the chunks left, of all buckets. */
function eventIdsOf(
  plan: Pick<RunPlan, 'chunks'>,
  staged: readonly Completion<'stage'>[],
  folder: string,
): (EventIdsFile & { key: string })[] {
  return staged.flatMap(({ outputs }, index) => {
    const part = plan.chunks[index]?.part ?? 0;
    return outputs
      .filter(({ key }) => key.includes('/intermediate/event_ids-'))
      .map(({ key }) => ({ part, key, file: path.join(folder, eventIdsFileName(part)) }));
  });
}

function stagedPrefix(dataset: DatasetName): string {
  return `${areas.staged}${dataset}/`;
}
