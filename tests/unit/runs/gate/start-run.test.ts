import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import type { RunInputs } from '../../../../layers/runs/documents.ts';
import { Executions } from '../../../../layers/runs/executions.ts';
import { startRun } from '../../../../layers/runs/gate/start-run.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';
import { RunStore } from '../../../../layers/runs/store.ts';

const runId = 'a'.repeat(16);
const other = { runId: 'b'.repeat(16), attempt: 1 };
const inputs: RunInputs = {
  schemaVersion: 1,
  runId,
  drop: 'default',
  inputs: [],
  asOf: null,
  configHash: 'h',
  codeVersion: 'c',
};
const decision = {
  start: true,
  files: [],
  asOf: null,
  problem: undefined,
  declared: true,
  ignored: [],
  uploadedAt: new Date('2024-04-01'),
} as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'start-run-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A run whose first attempt is under way; the names of further executions go into `started`. */
function running(started: string[]): Executions {
  const client = new SFNClient({});
  client.middlewareStack.add(
    (_, context) => async (args) => {
      const input = args.input as { executionArn?: string; name?: string };
      if (context.commandName !== DescribeExecutionCommand.name) started.push(input.name ?? '');
      else if (!input.executionArn?.endsWith('-a1'))
        throw new ExecutionDoesNotExist({ message: '', $metadata: {} });
      return { response: {}, output: { $metadata: {}, status: 'RUNNING', startDate: new Date(0) } as never };
    },
    { step: 'initialize' },
  );
  return new Executions('arn:aws:states:us-east-1:000000000000:stateMachine:m', client);
}

/** The run is analysed, and may be asking for the order of uploads, at the moment in which that order is written. */
class Overtaken extends FolderStore {
  override async putJsonIfMatch(key: string, value: unknown, etag: string): Promise<boolean> {
    await this.putJson(processedKeys.done(runId, 'analyze', 0), {
      stage: 'analyze',
      index: 0,
      attempt: 1,
      startedAt: '2024-04-01T00:00:00.000Z',
      finishedAt: '2024-04-01T00:00:00.000Z',
      outputs: [],
      result: { decisions: [] },
    });
    return super.putJsonIfMatch(key, value, etag);
  }
}

async function comeBack(processed: FolderStore) {
  const store = new RunStore(processed, processed);
  await store.writeOnce('uploads', ['default'], {
    schemaVersion: 1,
    drop: 'default',
    runs: [other],
    files: [],
  });
  const started: string[] = [];
  const before = await store.readTagged('uploads', 'default');
  const answer = await startRun(store, running(started), inputs, decision, before);
  return { answer, started, runs: (await store.read('uploads', 'default'))?.runs };
}

test('content that comes back while its run is under way leaves the publication to that run', async () => {
  expect(await comeBack(new FolderStore(folder))).toEqual({
    answer: { outcome: 'running', attempt: 1, runId },
    started: [],
    runs: [{ runId, attempt: 1 }, other],
  });
});

test('where that run may have begun its publication before the order said so, another attempt publishes it', async () => {
  expect(await comeBack(new Overtaken(folder))).toEqual({
    answer: { outcome: 'started', attempt: 2, runId },
    started: [`${runId}-a2`],
    runs: [{ runId, attempt: 2 }, other],
  });
});
