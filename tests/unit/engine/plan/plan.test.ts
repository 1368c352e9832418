import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planStage } from '../../../../layers/engine/plan/plan.ts';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import { silentLogger } from '../../../../layers/platform/log.ts';
import type { ObjectRef } from '../../../../layers/platform/object-store.ts';
import type { RawInput } from '../../../../layers/runs/documents.ts';
import type { Refusal } from '../../../../layers/runs/stage.ts';
import { RunStore } from '../../../../layers/runs/store.ts';

/** Every file lacks its first column, and that of the users is the last one to be read. */
const headers: Readonly<Record<string, string>> = {
  users: 'id',
  experiment_assignments: 'id,experiment_id,variant,assigned_ts',
  events: 'id,user_id,event_type,event_ts',
};

class SlowUsers extends FolderStore {
  override async stream(ref: ObjectRef): Promise<Readable> {
    if (ref.key.includes('users')) await sleep(100);
    return super.stream(ref);
  }
}

let folder: string;
let store: RunStore;
const runId = '0123456789abcdef';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ecom-plan-'));
  await mkdir(path.join(folder, 'raw'));
  const inputs = await Promise.all(
    Object.entries(headers).map(async ([kind, header]): Promise<RawInput> => {
      const key = `raw/${kind}.csv`;
      await writeFile(path.join(folder, key), `${header}\n1\n`);
      const lastModified = '2024-04-01T00:00:00.000Z';
      return {
        kind: kind as RawInput['kind'],
        key,
        versionId: null,
        etag: 'e',
        size: header.length + 3,
        lastModified,
      };
    }),
  );
  store = new RunStore(new SlowUsers(folder), new FolderStore(folder));
  const run = {
    schemaVersion: 1 as const,
    runId,
    drop: 'default',
    asOf: null,
    configHash: 'h',
    codeVersion: 'c',
  };
  await store.write('inputs', [runId], { ...run, inputs });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const plan = (refusals?: Refusal[]) =>
  planStage.run({
    event: { runId, drop: 'default', attempt: 1, index: 0 },
    store,
    codeVersion: 'c',
    folder,
    engine: { open: () => Promise.reject(new Error('no engine is needed')) },
    log: silentLogger,
    refusals,
  });

test('a run of several unreadable files fails with what is wrong with the first one, whichever was read first', async () => {
  await expect(plan()).rejects.toMatchObject({ fault: { where: 'raw/users.csv:1' } });
});

test('what is wrong with several files is told in their order, whichever was read first', async () => {
  const refusals: Refusal[] = [];
  await plan(refusals);
  expect(refusals.map(({ dataset }) => dataset)).toEqual(Object.keys(headers));
});
