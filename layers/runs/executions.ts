import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
  StateMachineDoesNotExist,
} from '@aws-sdk/client-sfn';
import { ConfigError, TransientError } from '../platform/errors.ts';
import { executionName } from './run-id.ts';

export interface Attempt {
  readonly attempt: number;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly startedAt: Date;
}

/** What starts an execution; `attempt` counts from 1. */
export interface ExecutionInput {
  readonly runId: string;
  readonly drop: string;
  readonly attempt: number;
}

/** The executions of the state machine, by run and attempt. */
export class Executions {
  readonly #stateMachineArn: string;
  readonly #client: SFNClient;

  constructor(stateMachineArn: string, client: SFNClient = new SFNClient({})) {
    this.#stateMachineArn = stateMachineArn;
    this.#client = client;
  }

  /** ARN of an attempt's execution, whether it exists or not. */
  arn(runId: string, attempt: number): string {
    const prefix = this.#stateMachineArn.replace(':stateMachine:', ':execution:');
    return `${prefix}:${executionName(runId, attempt)}`;
  }

  /** The run's newest attempt, or undefined where it was never started. */
  async newest(runId: string): Promise<Attempt | undefined> {
    let newest: Attempt | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#describe(runId, attempt);
      if (found === undefined) return newest;
      newest = found;
    }
  }

  /**
   * Starts an attempt. Whoever computes the same attempt at the same time means the same execution, so one that exists
   * already is a success.
   */
  async start({ runId, drop, attempt }: ExecutionInput): Promise<void> {
    try {
      await this.#client.send(
        new StartExecutionCommand({
          stateMachineArn: this.#stateMachineArn,
          name: executionName(runId, attempt),
          input: JSON.stringify({ runId, drop, attempt }),
        }),
      );
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return;
      throw this.#translate(error);
    }
  }

  async #describe(runId: string, attempt: number): Promise<Attempt | undefined> {
    try {
      const { status, startDate } = await this.#client.send(
        new DescribeExecutionCommand({ executionArn: this.arn(runId, attempt) }),
      );
      return { attempt, status: statusOf(status), startedAt: startDate ?? new Date(0) };
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw this.#translate(error);
    }
  }

  #translate(error: unknown): Error {
    const where = this.#stateMachineArn;
    if (error instanceof StateMachineDoesNotExist) {
      return new ConfigError(
        { what: 'the state machine does not exist', where, remedy: 'Deploy first: ./ecom up' },
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message || error.name : String(error);
    return new TransientError(
      { what: `Step Functions does not answer as it should: ${reason}`, where },
      { cause: error },
    );
  }
}

function statusOf(status: string | undefined): Attempt['status'] {
  if (status === 'SUCCEEDED') return 'succeeded';
  return status === 'FAILED' || status === 'TIMED_OUT' || status === 'ABORTED' ? 'failed' : 'running';
}
