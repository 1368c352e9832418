import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import { createLogger } from '../../../../layers/platform/log.ts';
import { Executions } from '../../../../layers/runs/executions.ts';
import { answerUpload } from '../../../../layers/runs/gate/gate.ts';
import { RunStore } from '../../../../layers/runs/store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gate-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A state machine that starts whatever is asked of it. */
function executions(): Executions {
  const client = new SFNClient({});
  client.middlewareStack.add(
    (_, context) => async () => {
      if (context.commandName === 'DescribeExecutionCommand')
        throw new ExecutionDoesNotExist({ message: '', $metadata: {} });
      return { response: {}, output: { $metadata: {}, executionArn: 'started' } as never };
    },
    { step: 'initialize' },
  );
  return new Executions('arn:aws:states:us-east-1:000000000000:stateMachine:m', client);
}

test('the answer of a drop stays that of its newest file, in whatever order the events arrive', async () => {
  const raw = new FolderStore(path.join(folder, 'raw'));
  const store = new RunStore(raw, new FolderStore(path.join(folder, 'processed')));
  const names = ['users', 'products', 'experiment_assignments', 'sessions', 'events'];
  const events = [];
  for (const [second, name] of names.entries()) {
    const key = `raw/${name}.csv`;
    const time = new Date(Date.UTC(2024, 0, 1, 0, 0, second * 10));
    await raw.putJson(key, name);
    await utimes(path.join(folder, 'raw', key), time, time);
    const { etag } = (await raw.head(key)) ?? {};
    events.push({ time: time.toISOString(), detail: { object: { key, etag } } });
  }
  const gate = { store, executions: executions(), codeVersion: 'c', log: createLogger({ stage: 'gate' }) };

  const [newest, ...older] = events.toReversed();
  for (const event of [newest, ...older]) await answerUpload(gate, event);

  expect(await store.read('gate', 'default', 'files')).toMatchObject({
    trigger: { key: 'raw/events.csv' },
    outcome: 'started',
    attempt: 1,
  });
});
