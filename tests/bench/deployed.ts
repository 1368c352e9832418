import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratedTruth } from '../../cli/generate/truth.ts';
import type { ExecutionState } from '../../cli/pipeline/executions.ts';
import { readReport } from '../../cli/pipeline/run-report.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { runManifest } from '../../layers/runs/run-manifest.ts';
import type { Deployed } from '../e2e/deployed.ts';
import { Drop } from '../e2e/reliability/drop.ts';
import { type Requests, requestsOf } from './requests.ts';
import { differencesToTruth } from './truth.ts';
import { measureUsage, type Usage } from './usage.ts';

const memories = ['functions MB', 'LocalStack MB', 'PostgreSQL MB'] as const satisfies (keyof Usage)[];

export interface MeasuredRun {
  /** From the start of the execution to its end. */
  readonly seconds: number;
  readonly stages: readonly {
    readonly stage: string;
    readonly parts: number;
    readonly seconds: number;
    readonly rows: number;
    readonly bytes: number;
  }[];
  readonly peaks: Readonly<Record<(typeof memories)[number], number>>;
  /** To S3, of the functions and of whoever watches. */
  readonly requests: Requests;
}

/** From the start of an execution to its end. */
export function secondsOf({ startedAt, stoppedAt }: Pick<ExecutionState, 'startedAt' | 'stoppedAt'>): number {
  return ((stoppedAt?.getTime() ?? Number.NaN) - startedAt.getTime()) / 1000;
}

/** Uploads a generated folder to what `./ecom up` started, and holds the report against what was generated. */
export async function measureDeployed(
  deployed: Deployed,
  folder: string,
  truth: GeneratedTruth,
): Promise<MeasuredRun> {
  const drop = new Drop(deployed, `bench-${Date.now().toString(36)}`);
  const peaks = { 'functions MB': 0, 'LocalStack MB': 0, 'PostgreSQL MB': 0 };
  const ended = new AbortController();
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const usage = await measureUsage(deployed);
      for (const name of memories) peaks[name] = Math.max(peaks[name], usage[name]);
      await sleep(1000);
    }
  })();
  const { runId, status, cause, startedAt, stoppedAt } = await drop.run(folder).finally(() => ended.abort());
  await watching;
  if (status !== 'SUCCEEDED') throw new Error(`the run failed: ${cause}`);
  const differences = differencesToTruth(await readReport(deployed, runId), truth);
  if (differences.length > 0) throw new Error(`the report is wrong: ${differences.join(', ')}`);
  const text = await deployed.processed.getText(processedKeys.manifest(runId));
  const { stages } = runManifest.parse(JSON.parse(text ?? 'null'));
  return {
    seconds: secondsOf({ startedAt, stoppedAt }),
    stages: stages.map(({ stage, parts, seconds, rows, bytes }) => ({ stage, parts, seconds, rows, bytes })),
    peaks,
    requests: await requestsOf(deployed, { startedAt, stoppedAt }),
  };
}
