import {
  DescribeExecutionCommand,
  type ExecutionStatus,
  ListExecutionsCommand,
  ListStateMachinesCommand,
} from '@aws-sdk/client-sfn';
import { UsageError } from '../usage-error.ts';
import type { Connection } from './connection.ts';

export const stateMachineName = 'ecom-experiment-pipeline';

export interface RunAttempt {
  readonly arn: string;
  readonly runId: string;
  readonly attempt: number;
  readonly status: ExecutionStatus;
  readonly startedAt: Date;
  readonly stoppedAt: Date | undefined;
}

/** ARN of the deployed state machine. */
export async function stateMachineArn({ stepFunctions }: Connection): Promise<string> {
  let nextToken: string | undefined;
  do {
    const page = await stepFunctions.send(new ListStateMachinesCommand({ nextToken }));
    const found = page.stateMachines?.find(({ name }) => name === stateMachineName);
    if (found?.stateMachineArn !== undefined) return found.stateMachineArn;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  throw new UsageError({
    what: `there is no state machine "${stateMachineName}"`,
    remedy: 'Deploy first: npx ecom up, or npx ecom deploy',
  });
}

/** The newest attempts first, as many as `limit`. */
export async function listAttempts(connection: Connection, limit: number): Promise<RunAttempt[]> {
  const arn = await stateMachineArn(connection);
  const attempts: RunAttempt[] = [];
  let nextToken: string | undefined;
  do {
    const page = await connection.stepFunctions.send(
      new ListExecutionsCommand({
        stateMachineArn: arn,
        nextToken,
        maxResults: Math.min(1000, Math.max(limit, 100)),
      }),
    );
    for (const { executionArn, name, status, startDate, stopDate } of page.executions ?? []) {
      const parsed = parseExecutionName(name ?? '');
      if (parsed === undefined || executionArn === undefined || status === undefined) continue;
      attempts.push({
        ...parsed,
        arn: executionArn,
        status,
        startedAt: startDate ?? new Date(0),
        stoppedAt: stopDate,
      });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined && attempts.length < limit);
  return attempts.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime()).slice(0, limit);
}

/** `<run>-a<attempt>` taken apart; undefined for an execution that somebody named otherwise. */
export function parseExecutionName(name: string): { runId: string; attempt: number } | undefined {
  const match = /^([0-9a-f]{16})-a(\d+)$/.exec(name);
  return match?.[1] === undefined ? undefined : { runId: match[1], attempt: Number(match[2]) };
}

/** ARN of an attempt's execution, derived from the state machine's. */
export function executionArn(machineArn: string, runId: string, attempt: number): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${runId}-a${attempt}`;
}

export interface ExecutionState {
  readonly status: ExecutionStatus;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly startedAt: Date;
  readonly stoppedAt: Date | undefined;
}

export async function describeExecution({ stepFunctions }: Connection, arn: string): Promise<ExecutionState> {
  const found = await stepFunctions.send(new DescribeExecutionCommand({ executionArn: arn }));
  return {
    status: found.status ?? 'RUNNING',
    error: found.error,
    cause: found.cause,
    startedAt: found.startDate ?? new Date(0),
    stoppedAt: found.stopDate,
  };
}

/** The newest attempt of `run`, or of all runs; a prefix of a run id will do. */
export async function findAttempt(connection: Connection, run: string | undefined): Promise<RunAttempt> {
  const attempts = await listAttempts(connection, 1000);
  const matching = attempts.filter(({ runId }) => run === undefined || runId.startsWith(run));
  const [newest] = matching;
  if (newest === undefined) {
    throw new UsageError({
      what: run === undefined ? 'there is no run yet' : `there is no run "${run}"`,
      remedy: run === undefined ? 'Start one: npx ecom run <dir>' : 'npx ecom runs lists them',
    });
  }
  const ids = new Set(matching.map(({ runId }) => runId));
  if (run !== undefined && ids.size > 1) {
    throw new UsageError({
      what: `"${run}" is the beginning of ${ids.size} run ids: ${[...ids].join(', ')}`,
      remedy: 'Give more of it',
    });
  }
  return newest;
}
