import path from 'node:path';
import { checkBadRate, refuseFatal } from '../../data/bad-rows.ts';
import { datasetContracts } from '../../data/datasets/index.ts';
import { chunkName } from '../../data/place.ts';
import { type StageConfig, stageConfig } from '../../experiment/config-slices.ts';
import { piiKeyFingerprint, readPiiKey, usePiiKey } from '../../platform/pii-key.ts';
import type { Chunk } from '../../runs/documents.ts';
import { areas, processedKeys } from '../../runs/keys.ts';
import { attempt } from '../../runs/stage.ts';
import { repeatable, storeOutputs } from '../../runs/work.ts';
import { type SharedKind, sharedKinds } from '../exchange/kinds.ts';
import { fetchChunk } from './fetch-chunk.ts';
import { ingest } from './ingest.ts';
import type { FileColumns } from './staged-columns.ts';

interface StageReads {
  readonly chunk: Omit<Chunk, keyof ChunkPlace>;
  /** The different columns that files of the dataset have. */
  readonly columns: readonly FileColumns[];
  readonly config: StageConfig;
  readonly buckets: number;
  /** Whether there are sessions that an event may have its user from, where that concerns its bucket. */
  readonly hasSessions: boolean;
  /** Which key its personal data are hashed with, if any are. */
  readonly piiKey?: string;
}

/** What is another one when a file is uploaded again, or when files are added before it. */
type ChunkPlace = Pick<Chunk, 'index' | 'part' | 'versionId'>;
interface StageAside extends ChunkPlace {
  /** Whether the dataset has no other chunk. */
  readonly isOnly: boolean;
}

/** Turns a chunk of raw CSV into typed Parquet, and sets aside every line that cannot be read as its contract says. */
export const stageStage = repeatable<'stage', StageReads, StageAside>({
  name: 'stage',

  async inputs({ event: { runId, index }, store }) {
    const { chunks, config, buckets, present } = await store.require('plan', runId);
    const planned = chunks[index];
    if (planned === undefined) throw new Error(`the plan has no chunk ${index}`);
    const { index: _, part, versionId, ...chunk } = planned;
    const ofDataset = chunks.filter(({ dataset }) => dataset === chunk.dataset);
    return {
      reads: {
        chunk,
        columns: differentColumns(ofDataset),
        config: stageConfig(config),
        buckets,
        hasSessions: buckets > 1 && chunk.dataset === 'events' && present.includes('sessions'),
        ...(hasHashes(chunk) && { piiKey: piiKeyFingerprint(readPiiKey()) }),
      },
      aside: { index, part, versionId, isOnly: ofDataset.length === 1 },
    };
  },

  /** Quarantined rows name the version of their file. */
  adopt({ result, aside: before }, { reads, aside }, runId) {
    if (result.quarantined > 0 && before.versionId !== aside.versionId) return undefined;
    return {
      result: { ...result, part: aside.part },
      keyOf: ({ key, bucket }) => {
        const keys = keysOf(runId, reads, aside);
        const shared = shareable.find((kind) => key.includes(`/${kind}-`));
        if (shared !== undefined) return keys.shared(shared);
        return key.startsWith(areas.staged) ? keys.staged(bucket) : keys.quarantine();
      },
    };
  },

  async run({ runId, raw, processed, folder, engine, refusals }, { reads, aside }) {
    const chunk: Chunk = { ...reads.chunk, ...aside };
    const { dataset, part, range } = chunk;
    const name = chunkName(chunk);

    const read = await attempt(refusals, { dataset, of: 'file' }, async () => {
      const file = path.join(folder, 'chunk.csv');
      const inspection = await fetchChunk(raw, chunk, file);
      await using database = await engine.open(folder);
      if (hasHashes(chunk)) await usePiiKey(database, readPiiKey());
      const ingested = await ingest(
        database,
        {
          dataset,
          file,
          inspection,
          columns: chunk,
          dialect: chunk.dialect,
          allColumns: reads.columns,
          idType: reads.config.id_type,
          purchases: reads.config.purchases,
          hasHeader: range === null || range.start === 0,
          isRange: range !== null,
          name,
        },
        {
          folder,
          sourceKey: chunk.key,
          sourceVersion: chunk.versionId,
          buckets: reads.buckets,
          hasSessions: reads.hasSessions,
        },
      );
      return { ...ingested, lineFeeds: inspection.lineFeeds };
    });
    if (read === undefined) {
      const none = { lines: 0, accepted: 0, quarantined: 0, quarantineRules: [], quarantinedEvents: [] };
      return { outputs: [], result: { dataset, part, ...none } };
    }

    const keys = keysOf(runId, reads, aside);
    const files = [
      ...read.parts.map((staged) => ({ key: keys.staged(staged.bucket), ...staged })),
      ...read.shared.map((shares) => ({ key: keys.shared(shares.kind), bucket: null, ...shares })),
    ];
    if (read.quarantine !== null) {
      const { quarantine: file, quarantined: rows } = read;
      files.push({ key: keys.quarantine(), bucket: null, file, rows });
    }
    const outputs = await storeOutputs(processed, files);

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
});

function hasHashes({ pii = [] }: Pick<Chunk, 'pii'>): boolean {
  return pii.some(({ treatment }) => treatment === 'hash');
}

const shareable = Object.keys(sharedKinds) as SharedKind[];

/** Keys of what a part leaves: accepted rows by bucket (each chunk has a place for each, and one for rows that are nobody's), and the rest. */
function keysOf(
  runId: string,
  { chunk: { dataset }, buckets }: StageReads,
  { index, part, isOnly }: StageAside,
) {
  return {
    staged: (bucket: number | null) => {
      const number = buckets === 1 && isOnly ? undefined : part * (buckets + 1) + (bucket ?? buckets);
      return processedKeys.staged(dataset, runId, number);
    },
    quarantine: () => processedKeys.quarantine(dataset, runId, 'stage', index),
    /** Of the pipeline's own. */
    shared: (kind: SharedKind) => processedKeys.shares(kind, runId, index),
  };
}

/** Each kind of header once: a further file like the others changes nothing for them. */
function differentColumns(files: readonly FileColumns[]): FileColumns[] {
  const texts = files.map(({ header, bindings, otherColumns }) =>
    JSON.stringify({ header, bindings, otherColumns }),
  );
  return [...new Set(texts)].map((text) => JSON.parse(text) as FileColumns);
}
