import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import {
  deployedExecutions,
  describeExecution,
  type ExecutionState,
  listAttempts,
  type RunAttempt,
} from '../../../cli/pipeline/executions.ts';
import { awaitGate } from '../../../cli/pipeline/follow.ts';
import { prepareDrop } from '../../../cli/pipeline/prepare-drop.ts';
import { upload } from '../../../cli/pipeline/upload.ts';
import {
  type DropUploads,
  dropUploads,
  type GateAnswer,
  gateAnswer,
  type Latest,
  latest,
} from '../../../layers/runs/documents.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import type { Deployed } from '../deployed.ts';

/** What the views show of a drop, in sums that tell a part from the whole. */
export const shownRuns = `select run_id as run, count(*)::integer as users, sum(revenue)::text as revenue
  from mart_user_outcomes where drop_name = $1 group by run_id order by run_id`;

/** A run's attempt that has ended. */
export interface Ended extends ExecutionState {
  readonly runId: string;
  readonly attempt: number;
}

/** One drop of the shared deployment. */
export class Drop {
  readonly name: string;
  readonly #deployed: Deployed;

  constructor(deployed: Deployed, name: string) {
    this.#deployed = deployed;
    this.name = name;
  }

  /** Uploads a folder with its manifest; returns what the gate made of it. */
  async upload(folder: string): Promise<GateAnswer> {
    const prepared = await prepareDrop({ folder, drop: this.name });
    return awaitGate(this.#deployed, await upload(this.#deployed, prepared), 300);
  }

  /** Uploads a folder and waits for the end of the attempt that it starts, or that it belongs to. */
  async run(folder: string): Promise<Ended> {
    const { runId, attempt, outcome } = await this.upload(folder);
    if (runId === null || attempt === null) throw new Error(`the gate answered ${outcome}`);
    return this.end(runId, attempt);
  }

  /** Starts an attempt of a run, as `ecom retry` does, and waits for its end. */
  async retry({ runId, attempt }: Pick<Ended, 'runId' | 'attempt'>): Promise<Ended> {
    const executions = await deployedExecutions(this.#deployed);
    await executions.start({ runId, drop: this.name, attempt: attempt + 1 });
    return this.end(runId, attempt + 1);
  }

  async end(runId: string, attempt: number): Promise<Ended> {
    const arn = (await deployedExecutions(this.#deployed)).arn(runId, attempt);
    for (;;) {
      const state = await describeExecution(this.#deployed, arn);
      if (state.status !== 'RUNNING') return { ...state, runId, attempt };
      await sleep(250);
    }
  }

  /** Executions of the drop's runs. */
  async attempts(): Promise<RunAttempt[]> {
    const known = new Set((await this.uploads())?.runs.map(({ runId }) => runId));
    return (await listAttempts(this.#deployed, 1000)).filter(({ runId }) => known.has(runId));
  }

  /** Waits until the executions of the drop's runs are these, oldest first. */
  async settled(...statuses: ExecutionStatus[]): Promise<RunAttempt[]> {
    for (;;) {
      const attempts = (await this.attempts()).toReversed();
      const isRunning = attempts.some(({ status }) => status === 'RUNNING');
      if (!isRunning && attempts.length >= statuses.length) return attempts;
      await sleep(300);
    }
  }

  async uploads(): Promise<DropUploads | undefined> {
    return this.#read(processedKeys.uploads(this.name), dropUploads);
  }

  async latest(): Promise<Latest | undefined> {
    return this.#read(processedKeys.latest(this.name), latest);
  }

  async answer(trigger: 'manifest' | 'files'): Promise<GateAnswer | undefined> {
    return this.#read(processedKeys.gate(this.name, trigger), gateAnswer);
  }

  /** The run that the views show, with what can be added up. */
  async shown(): Promise<{ run: string; users: number; revenue: string }[]> {
    return this.#deployed.sql(shownRuns, [this.name]);
  }

  async #read<T>(key: string, schema: { parse(value: unknown): T }): Promise<T | undefined> {
    const text = await this.#deployed.processed.getText(key);
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }
}
