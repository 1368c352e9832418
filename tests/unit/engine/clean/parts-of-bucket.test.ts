import { expect, test } from 'vitest';
import type { DatasetName } from '../../../../layers/data/datasets/index.ts';
import { partsOfBucket } from '../../../../layers/engine/clean/clean.ts';
import type { Chunk, Completion } from '../../../../layers/runs/documents.ts';

function chunk(index: number, dataset: DatasetName, part: number): Chunk {
  return {
    index,
    dataset,
    part,
    key: `raw/${dataset}/part-${part}.csv`,
    versionId: `v${part}`,
    etag: '',
    size: 1,
    gzip: false,
    range: null,
    header: [],
    bindings: [],
    otherColumns: [],
  };
}

function staged(index: number, keys: readonly [string, number | null][]): Completion<'stage'> {
  return {
    stage: 'stage',
    index,
    attempt: 1,
    startedAt: '',
    finishedAt: '',
    outputs: keys.map(([key, bucket]) => ({
      key,
      rows: 1,
      bytes: 1,
      etag: `of ${key}`,
      bucket,
    })),
    result: { dataset: 'events', part: 0, lines: 1, accepted: 1, quarantined: 0, quarantineRules: [] },
  };
}

test('a bucket reads its own parts, those without a bucket, and no quarantine', () => {
  const parts = partsOfBucket(
    { chunks: [chunk(0, 'products', 0), chunk(1, 'events', 3)] },
    [
      staged(0, [['processed/staged/products/a', null]]),
      staged(1, [
        ['processed/staged/events/a', 0],
        ['processed/staged/events/b', 1],
        ['processed/quarantine/events/d', null],
      ]),
    ],
    1,
  );
  expect(parts.map(({ key }) => key)).toEqual(['processed/staged/products/a', 'processed/staged/events/b']);
  expect(parts[1]).toEqual({
    dataset: 'events',
    part: 3,
    rawKey: 'raw/events/part-3.csv',
    name: 'raw/events/part-3.csv',
    rawVersion: 'v3',
    bucket: 1,
    key: 'processed/staged/events/b',
    etag: 'of processed/staged/events/b',
  });
});
