import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runConfiguration } from '../../../../layers/experiment/run-configuration.ts';
import { TransientError } from '../../../../layers/platform/errors.ts';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import type { RunPlan, StageName } from '../../../../layers/runs/documents.ts';
import { findFailedStage } from '../../../../layers/runs/fail/failed-stage.ts';
import { recordStageError } from '../../../../layers/runs/progress.ts';
import { RunStore } from '../../../../layers/runs/store.ts';

const run = { runId: '00000000000000f1', attempt: 2 };
const at = '2026-01-01T00:00:00Z';
const chunk = {
  index: 0,
  dataset: 'events' as const,
  part: 0,
  key: 'raw/events.csv',
  versionId: null,
  etag: 'e',
  size: 1,
  gzip: false,
  range: null,
  header: [],
  bindings: [],
  otherColumns: [],
};
const plan: RunPlan = {
  schemaVersion: 1,
  runId: run.runId,
  drop: 'default',
  config: runConfiguration(),
  configHash: 'h',
  codeVersion: 'c',
  asOf: null,
  chunks: [chunk],
  buckets: 1,
  present: ['events'],
  unavailable: [],
  unmeasured: [],
};
let folder: string;
let store: RunStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ecom-failed-stage-'));
  store = new RunStore(new FolderStore(folder), new FolderStore(folder));
  await store.write('plan', [run.runId], plan);
  const results = [
    ['plan', { chunks: [0], buckets: [0] }],
    ['stage', { dataset: 'events', part: 0, lines: 0, accepted: 0, quarantined: 0, quarantineRules: [] }],
    ['clean', { datasets: {}, quarantineRules: [], warnings: [], currencies: [], latestEventTs: null }],
    ['marts', { asOf: null, population: [], arms: [], assignedByDay: [], earlyExposures: [] }],
  ] as const;
  for (const [stage, result] of results) await done(stage, result);
});
afterEach(() => rm(folder, { recursive: true }));

async function done(stage: StageName, result: unknown, attempt = run.attempt): Promise<void> {
  const marker = { stage, index: 0, attempt, startedAt: at, finishedAt: at, outputs: [], result };
  await store.processed.putJson(store.key('marker', run.runId, stage, 0), marker);
}

async function failed(stage: StageName, attempt = run.attempt): Promise<void> {
  const error = new TransientError({ what: `${stage} broke` });
  await recordStageError(store, stage, { ...run, drop: 'default', index: 0, attempt }, error);
}

const measured = { experiments: [], files: [] };
const loaded = { tables: [], variants: [] };

test('a load that broke while the decision was still being made is the one at fault', async () => {
  await failed('load');
  expect(await findFailedStage(store, run)).toMatchObject({
    stage: 'load',
    recorded: { fault: { what: 'load broke' } },
  });
});

test('a decision that broke while the load went on is the one at fault', async () => {
  await done('measure', measured);
  await failed('analyze');
  expect(await findFailedStage(store, run)).toMatchObject({ stage: 'analyze', recorded: { index: 0 } });
});

test('an error that a later try made good, or that an earlier attempt left, is none', async () => {
  await failed('measure');
  await done('measure', measured);
  await failed('load', 1);
  expect(await findFailedStage(store, run)).toEqual({ stage: 'analyze', recorded: undefined });
});

test('a load of an earlier attempt does not make this one loaded', async () => {
  await done('measure', measured);
  await done('analyze', { decisions: [] });
  await done('load', loaded, 1);
  expect(await findFailedStage(store, run)).toEqual({ stage: 'load', recorded: undefined });
});

test('publish is asked about only where all before it is done', async () => {
  await done('measure', measured);
  await failed('publish');
  expect(await findFailedStage(store, run)).toEqual({ stage: 'analyze', recorded: undefined });
  await done('analyze', { decisions: [] });
  await done('load', loaded);
  expect(await findFailedStage(store, run)).toMatchObject({ stage: 'publish' });
});
