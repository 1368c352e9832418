import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import type { Connection } from '../../../cli/pipeline/connection.ts';
import { targetConfig } from '../../../cli/pipeline/target.ts';
import { deleteRuns, findOldRuns } from '../../../cli/prune/prune.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { useBuckets, useEmulator } from '../emulator.ts';

useEmulator();
const run = (digit: number) => String(digit).padStart(16, '0');

/** Step Functions that knows one execution, which is under way. */
function running(runId: string): SFNClient {
  const client = new SFNClient({});
  client.middlewareStack.add(
    (_, context) => async (args) => {
      const { executionArn } = args.input as { executionArn?: string };
      if (context.commandName !== DescribeExecutionCommand.name) throw new Error(context.commandName);
      if (!executionArn?.endsWith(`${runId}-a1`))
        throw new ExecutionDoesNotExist({ message: '', $metadata: {} });
      return { response: {}, output: { $metadata: {}, status: 'RUNNING', startDate: new Date(0) } as never };
    },
    { step: 'initialize' },
  );
  return client;
}

test('what old runs left is listed, then deleted: not the newest, the shown, or one under way', async () => {
  const { raw, processed, store } = await useBuckets();
  const connection: Connection = {
    config: targetConfig(),
    raw,
    processed,
    store,
    stepFunctions: running(run(3)),
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
  };
  const digits = [1, 2, 3, 4];
  for (const digit of digits) {
    await processed.put(processedKeys.report(run(digit), 'report.json'), '{}');
    await processed.put(processedKeys.inputs(run(digit)), '{}');
  }
  await store.write('uploads', ['default'], {
    schemaVersion: 1,
    drop: 'default',
    runs: digits.map((digit) => ({ runId: run(digit), attempt: 1 })),
    files: [],
  });
  await store.write('latest', ['default'], {
    schemaVersion: 1,
    drop: 'default',
    runId: run(2),
    inputsAsOf: '2026-01-01T00:00:00.000Z',
    manifest: 'm',
    report: 'r',
    publishedAt: '2026-01-01T00:00:00.000Z',
  });

  const old = await findOldRuns(connection, 1);
  expect(old).toEqual([
    {
      runId: run(4),
      bytes: 4,
      keys: [processedKeys.report(run(4), 'report.json'), processedKeys.inputs(run(4))],
    },
  ]);
  expect(await processed.list('processed/')).toHaveLength(10);
  await deleteRuns(connection, old);
  const left = (await processed.list('processed/')).map(({ key }) => key);
  expect(left.filter((key) => key.includes(run(4)))).toEqual([]);
  expect(left).toHaveLength(8);
  expect(await findOldRuns(connection, 1)).toEqual([]);
});
