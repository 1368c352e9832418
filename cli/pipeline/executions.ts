import {
  DescribeExecutionCommand,
  type ExecutionStatus,
  paginateListExecutions,
  paginateListStateMachines,
} from '@aws-sdk/client-sfn';
import { UsageError } from '../../layers/platform/errors.ts';
import { Executions } from '../../layers/runs/executions.ts';
import { parseExecutionName } from '../../layers/runs/run-id.ts';
import { pipelineName } from '../../layers/runs/stages.ts';
import type { Connection } from './connection.ts';

/** The target answers, but the stack is not there. */
export class NotDeployed extends UsageError {}

/** Neither an execution nor S3 knows the run. */
export class NoSuchRun extends UsageError {
  constructor(run: string) {
    super({ what: `there is no run "${run}"`, remedy: './ecom runs lists them' });
  }
}

export interface RunAttempt {
  readonly arn: string;
  readonly runId: string;
  readonly attempt: number;
  readonly status: ExecutionStatus;
  readonly startedAt: Date;
  readonly stoppedAt: Date | undefined;
}

/** The executions of the deployed state machine. */
export async function deployedExecutions(connection: Connection): Promise<Executions> {
  return new Executions(await stateMachineArn(connection), connection.stepFunctions);
}

async function stateMachineArn({ stepFunctions, stateMachineArn }: Connection): Promise<string> {
  if (stateMachineArn !== undefined) return stateMachineArn;
  for await (const page of paginateListStateMachines({ client: stepFunctions }, {})) {
    const found = page.stateMachines?.find(({ name }) => name === pipelineName);
    if (found?.stateMachineArn !== undefined) return found.stateMachineArn;
  }
  throw new NotDeployed({
    what: `there is no state machine "${pipelineName}"`,
    remedy: 'Deploy first: ./ecom up, or ./ecom deploy',
  });
}

/** The newest attempts first, as many as `limit`. */
export async function listAttempts(connection: Connection, limit: number): Promise<RunAttempt[]> {
  const arn = await stateMachineArn(connection);
  const attempts: RunAttempt[] = [];
  const pages = paginateListExecutions(
    { client: connection.stepFunctions, pageSize: Math.min(1000, Math.max(limit, 100)) },
    { stateMachineArn: arn },
  );
  for await (const page of pages) {
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
    if (attempts.length >= limit) break;
  }
  return attempts.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime()).slice(0, limit);
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

/**
 * The newest attempt of `run`, or of all runs; the beginning of a run id will do.
 * @throws UsageError where no execution of it is on record
 */
export async function findAttempt(connection: Connection, run: string | undefined): Promise<RunAttempt> {
  const attempts = await listAttempts(connection, 1000);
  const matching = attempts.filter(({ runId }) => run === undefined || runId.startsWith(run));
  if (matching.length === 0 && run !== undefined) {
    const runId = await findRun(connection, run);
    throw new UsageError({
      what: `run ${runId} is over: its execution is no longer on record`,
      remedy: `Its result, where it has one: ./ecom report ${runId}. Another attempt: ./ecom retry ${runId}`,
    });
  }
  const runId = theOnly(run, new Set(matching.map((attempt) => attempt.runId)));
  const newest = matching.find((attempt) => attempt.runId === runId);
  if (newest === undefined) throw new Error('an attempt that was found has a run');
  return newest;
}

/** The run that `run` names (the beginning of its id will do), whether or not its executions are still on record. */
export async function findRun({ processed }: Connection, run: string): Promise<string> {
  const prefix = processedRuns + run;
  const keys = /^[0-9a-f]{1,16}$/.test(run) ? await processed.list(prefix) : [];
  return theOnly(run, new Set(keys.map(({ key }) => runOf(key))));
}

/** The newest run: the one last started or, where the executions are forgotten, whose inputs were pinned last. */
export async function newestRun(connection: Connection): Promise<string> {
  const [newest] = await listAttempts(connection, 1);
  if (newest !== undefined) return newest.runId;
  const inputs = (await connection.processed.list(processedRuns)).filter(({ key }) =>
    key.endsWith('/inputs.json'),
  );
  const [last] = inputs.toSorted((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
  return theOnly(undefined, new Set(last === undefined ? [] : [runOf(last.key)]));
}

const processedRuns = 'processed/runs/';

function runOf(key: string): string {
  return key.slice(processedRuns.length).split('/')[0] ?? '';
}

function theOnly(run: string | undefined, found: ReadonlySet<string>): string {
  const [first, ...others] = found;
  if (first === undefined && run !== undefined) throw new NoSuchRun(run);
  if (first === undefined) {
    throw new UsageError({ what: 'there is no run yet', remedy: 'Start one: ./ecom run <dir>' });
  }
  if (run !== undefined && others.length > 0) {
    throw new UsageError({
      what: `"${run}" is the beginning of ${found.size} run ids: ${[...found].join(', ')}`,
      remedy: 'Give more of it',
    });
  }
  return first;
}
