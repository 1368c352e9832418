import { expect, test } from 'vitest';
import type { Output } from '../../../../layers/runs/documents.ts';
import { buildManifest } from '../../../../layers/runs/publish/build-manifest.ts';
import { runManifest } from '../../../../layers/runs/run-manifest.ts';

const runId = '0123456789abcdef';
const staged = `processed/staged/events/run_id=${runId}/events.parquet`;
const event = { runId, drop: 'default', attempt: 2, index: 0 };
const inputs = {
  schemaVersion: 1 as const,
  runId,
  drop: 'default',
  inputs: [],
  asOf: null,
  configHash: 'c',
  codeVersion: '1',
};
const order = { inputsAsOf: '2026-01-01T00:00:00.000Z', startedAt: '2026-01-01T00:00:01.000Z' };

function part<Result>(second: number, outputs: Output[] = [], result?: Result) {
  const at = (offset: number) => `2026-01-01T00:00:0${second + offset}.000Z`;
  return { startedAt: at(0), finishedAt: at(2), outputs, result: result as Result };
}

const output = (key: string): Output => ({ key, rows: 5, bytes: 10, bucket: null });
const completions = {
  plan: [part(0)],
  stage: [
    part(1, [output(staged)]),
    part(3, [output(`processed/runs/${runId}/intermediate/users-00000.parquet`)]),
  ],
  exchange: [],
  clean: [part(0)],
  marts: [part(0)],
  measure: [part(0)],
  load: [part(0, [], { tables: [], variants: [] })],
  analyze: [part(0, [], { decisions: [] })],
};
const object = (size: number) =>
  new Map([[staged, { key: staged, etag: 'e', size, lastModified: new Date(0) }]]);

test('it names the objects that people read, with their tags, and sums up each stage', () => {
  const manifest = runManifest.parse(buildManifest(event, inputs, order, completions, object(10)));
  expect(manifest.outputs).toEqual([{ key: staged, rows: 5, bytes: 10, stage: 'stage', etag: 'e' }]);
  expect(manifest.stages.find(({ stage }) => stage === 'stage')).toEqual({
    stage: 'stage',
    parts: 2,
    rows: 10,
    bytes: 20,
    startedAt: '2026-01-01T00:00:01.000Z',
    finishedAt: '2026-01-01T00:00:05.000Z',
    seconds: 4,
    functionSeconds: 4,
  });
  // No part: a run of one bucket has none of this stage.
  expect(manifest.stages.map(({ stage }) => stage)).not.toContain('exchange');
});

test.each([
  ['gone', new Map()],
  ['of another size', object(11)],
])('a result that is %s is no result', (_, stored) => {
  expect(() => buildManifest(event, inputs, order, completions, stored)).toThrow(staged);
});
