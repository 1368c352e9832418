import path from 'node:path';
import { checkBadRate, refuseFatal } from '../../data/bad-rows.ts';
import { datasetContracts } from '../../data/datasets/index.ts';
import { chunkName } from '../../data/place.ts';
import { uploadAll } from '../../platform/object-store.ts';
import type { Chunk, RunPlan } from '../../runs/documents.ts';
import { processedKeys } from '../../runs/keys.ts';
import { attempt, type Stage } from '../../runs/stage.ts';
import { fetchChunk } from './fetch-chunk.ts';
import { ingest } from './ingest.ts';

/** Turns a chunk of raw CSV into typed Parquet, and sets aside every line that cannot be read as its contract says. */
export const stageStage: Stage<'stage'> = {
  name: 'stage',
  async run({ event: { runId, index }, store, folder, engine, refusals }) {
    const plan = await store.require('plan', runId);
    const chunk = plan.chunks[index];
    if (chunk === undefined) throw new Error(`the plan has no chunk ${index}`);
    const { dataset, part, range } = chunk;
    const name = chunkName(chunk);

    const read = await attempt(refusals, { dataset, of: 'file' }, async () => {
      const file = path.join(folder, 'chunk.csv');
      const inspection = await fetchChunk(store.raw, chunk, file);
      await using database = await engine.open(folder);
      const ingested = await ingest(
        database,
        {
          dataset,
          file,
          inspection,
          columns: chunk,
          allColumns: plan.chunks.filter((other) => other.dataset === dataset),
          idType: plan.config.id_type,
          hasHeader: range === null || range.start === 0,
          isRange: range !== null,
          name,
        },
        {
          folder,
          runId,
          sourceKey: chunk.key,
          sourceVersion: chunk.versionId,
          buckets: plan.buckets,
        },
      );
      return { ...ingested, lineFeeds: inspection.lineFeeds };
    });
    if (read === undefined) {
      const none = { lines: 0, accepted: 0, quarantined: 0, quarantineRules: [], quarantinedEvents: [] };
      return { outputs: [], result: { dataset, part, ...none } };
    }

    const files = read.parts.map(({ bucket, ...rest }) => ({
      key: processedKeys.staged(dataset, runId, partNumber(plan, chunk, bucket)),
      bucket,
      ...rest,
    }));
    if (read.quarantine !== null) {
      files.push({
        key: processedKeys.quarantine(dataset, runId, 'stage', index),
        bucket: null,
        file: read.quarantine,
        rows: read.quarantined,
      });
    }
    if (read.eventIds !== null) {
      files.push({
        key: processedKeys.intermediate('event_ids', runId, index),
        bucket: null,
        ...read.eventIds,
      });
    }
    const sizes = await uploadAll(store.processed, files);
    const outputs = files.map(({ key, rows, bucket }, at) => ({ key, rows, bytes: sizes[at] ?? 0, bucket }));

    const { lines, accepted, quarantined, rules, quarantinedEvents, lineFeeds } = read;
    const result = {
      dataset,
      part,
      lines,
      accepted,
      quarantined,
      quarantineRules: rules,
      quarantinedEvents,
      lineFeeds,
    };
    const contract = datasetContracts[dataset];
    await attempt(refusals, { dataset, of: 'rows' }, () => {
      refuseFatal(contract, rules, name);
      // Of a file in several parts the whole counts, which `clean` sees first.
      if (range === null) checkBadRate(contract, result, runId, name);
    });
    return { outputs, result };
  },
};

/**
 * Number in the name of a staged file: each chunk has a place for each bucket and one for rows without a user.
 * undefined where one file is the whole dataset.
 */
export function partNumber(
  { chunks, buckets }: Pick<RunPlan, 'chunks' | 'buckets'>,
  { dataset, part }: Pick<Chunk, 'dataset' | 'part'>,
  bucket: number | null,
): number | undefined {
  const single = chunks.filter((other) => other.dataset === dataset).length === 1;
  return buckets === 1 && single ? undefined : part * (buckets + 1) + (bucket ?? buckets);
}
