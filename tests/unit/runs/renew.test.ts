import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderStore } from '../../../layers/platform/folder-store.ts';
import { renewRun } from '../../../layers/runs/renew.ts';
import { runIdOf } from '../../../layers/runs/run-id.ts';
import { RunStore } from '../../../layers/runs/store.ts';

let folder: string;
let store: RunStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'renew-'));
  store = new RunStore(new FolderStore(folder), new FolderStore(folder));
});
afterEach(() => rm(folder, { recursive: true }));

const input = {
  kind: 'events' as const,
  key: 'raw/events.csv',
  versionId: 'v1',
  etag: 'e',
  size: 1,
  lastModified: '2024-04-01T00:00:00.000Z',
};
const pinned = {
  schemaVersion: 1 as const,
  drop: 'default',
  inputs: [input],
  asOf: null,
  configHash: 'h',
  codeVersion: 'old',
};
const inputs = { ...pinned, runId: runIdOf(pinned) };
const code = { configHash: 'h2', codeVersion: 'new' };

test('a run of the same files with the code of today has an id of its own and the same versions of the files', async () => {
  await store.write('inputs', [inputs.runId], inputs);
  const runId = await renewRun(store, inputs, code);
  expect(runId).not.toBe(inputs.runId);
  expect(await store.read('inputs', runId)).toEqual({ ...inputs, ...code, runId });
  expect(await store.read('inputs', inputs.runId)).toEqual(inputs);
});

test('it is as new as the run that it is made of: newer uploads stay newer, however often it is renewed', async () => {
  const newer = { runId: 'f'.repeat(16), attempt: 1 };
  const older = { runId: '0'.repeat(16), attempt: 3 };
  const old = { runId: inputs.runId, attempt: 2 };
  await store.write('uploads', ['default'], {
    schemaVersion: 1,
    drop: 'default',
    runs: [newer, old, older],
    files: [],
  });
  const runId = await renewRun(store, inputs, code);
  expect(await renewRun(store, inputs, code)).toBe(runId);
  expect((await store.read('uploads', 'default'))?.runs).toEqual([newer, { runId, attempt: 1 }, old, older]);
});
