import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { Engine } from '../../../layers/platform/duckdb.ts';
import { ConfigError, DataError, TransientError } from '../../../layers/platform/errors.ts';
import { FolderStore } from '../../../layers/platform/folder-store.ts';
import { silentLogger } from '../../../layers/platform/log.ts';
import { runStage, type Stage } from '../../../layers/runs/stage.ts';
import { RunStore } from '../../../layers/runs/store.ts';

const broken = new DataError({ what: 'too many bad rows' });
const stage: Stage<'stage'> = {
  name: 'stage',
  run: () => Promise.reject(broken),
};

/** Runs a part that fails in a store that takes no record of it. */
function failUnrecorded(refusal: Error): Promise<unknown> {
  const folder = new FolderStore(tmpdir());
  const processed = Object.assign(Object.create(folder) as FolderStore, {
    put: () => Promise.reject(refusal),
  });
  const store = new RunStore(folder, processed);
  store.require = (() => Promise.resolve({ codeVersion: 'c' })) as never;
  store.read = () => Promise.resolve(undefined);
  const event = { runId: '00000000000000f1', drop: 'default', attempt: 1, index: 0 };
  const context = { event, store, codeVersion: 'c', folder: tmpdir(), engine: {} as Engine };
  return runStage(stage, { ...context, log: silentLogger });
}

test('a part that may not record its error fails with that error, not with the refusal', async () => {
  await expect(failUnrecorded(new ConfigError({ what: 'access is denied' }))).rejects.toBe(broken);
});

test('a part whose error cannot be recorded for now is tried again', async () => {
  const unreachable = new TransientError({ what: 'S3 does not answer' });
  await expect(failUnrecorded(unreachable)).rejects.toBe(unreachable);
});
