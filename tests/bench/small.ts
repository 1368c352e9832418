import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { deployedName } from '../../cdk/functions.ts';
import { generate } from '../../cli/generate/generate.ts';
import { stageNames } from '../../layers/runs/documents.ts';
import { pipelineName } from '../../layers/runs/stages.ts';
import type { Deployed } from '../e2e/deployed.ts';
import { Drop } from '../e2e/reliability/drop.ts';
import { signedFor } from '../e2e/reliability/function-settings.ts';
import { secondsOf } from './deployed.ts';
import { python } from './peers.ts';
import { type Requests, requestsOf } from './requests.ts';

/** Seconds of executions of the state machine, in the order in which they were measured. */
export interface Small {
  readonly users: number;
  /** The first run finds no function running. */
  readonly pipeline: readonly number[];
  /** The same states and retries with functions that answer at once. */
  readonly empty: readonly number[];
  /** To S3, of the last run. */
  readonly requests: Requests;
}

const users = 1000;

/** Runs a small drop and a state machine of the same shape that does nothing, in turns; the first of each is cold. */
export async function measureSmall(deployed: Deployed, rounds: number): Promise<Small> {
  const empty = await createEmpty(deployed);
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-bench-small-'));
  const measured = { pipeline: [] as number[], empty: [] as number[] };
  let requests: Requests = {};
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const source = path.join(folder, String(round));
      await generate({ directory: source, users, seed: round });
      const drop = new Drop(deployed, `small-${round}-${Date.now().toString(36)}`);
      const ended = await drop.run(source);
      if (ended.status !== 'SUCCEEDED') throw new Error(`the run failed: ${ended.cause}`);
      measured.pipeline.push(secondsOf(ended));
      requests = await requestsOf(deployed, ended);
      measured.empty.push(await runEmpty(deployed, empty));
    }
    return { users, ...measured, requests };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts functions that do nothing into the place of the pipeline's, and its definition over them. */
async function createEmpty({ stepFunctions, environment }: Deployed): Promise<string> {
  const { stateMachines = [] } = await stepFunctions.send(new ListStateMachinesCommand({}));
  const own = stateMachines.find(({ name }) => name === pipelineName);
  const { definition = '', roleArn } = await stepFunctions.send(
    new DescribeStateMachineCommand({ stateMachineArn: own?.stateMachineArn }),
  );
  const suffix = Date.now().toString(36);
  const emptyName = (name: string) => `ecom-bench-${name}-${suffix}`;
  for (const stage of [...stageNames, 'fail' as const]) {
    await createFunction(environment.AWS_ENDPOINT_URL ?? '', emptyName(stage), roleArn ?? '');
  }
  const replaced = [...stageNames, 'fail' as const].reduce(
    (text, stage) => text.replaceAll(`:${deployedName(stage)}"`, `:${emptyName(stage)}"`),
    definition,
  );
  const { stateMachineArn } = await stepFunctions.send(
    new CreateStateMachineCommand({ name: emptyName('pipeline'), definition: replaced, roleArn }),
  );
  return stateMachineArn ?? '';
}

/** Answers every stage alike: five chunks, one bucket, and the index of the part. */
const code = `exports.handler = async (event) => ({ chunks: [0, 1, 2, 3, 4], buckets: [0], index: event.index ?? 0 });`;

async function createFunction(endpoint: string, name: string, role: string): Promise<void> {
  const zip = spawnSync(
    python,
    [
      '-c',
      'import base64, io, sys, zipfile\nout = io.BytesIO()\nwith zipfile.ZipFile(out, "w") as z: z.writestr("index.js", sys.stdin.read())\nprint(base64.b64encode(out.getvalue()).decode())',
    ],
    { input: code, encoding: 'utf8' },
  ).stdout.trim();
  const body = JSON.stringify({
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: role,
    MemorySize: 512,
    Timeout: 30,
    Code: { ZipFile: zip },
  });
  const route = `${endpoint}/2015-03-31/functions`;
  const response = await fetch(route, { method: 'POST', body, headers: signedFor('lambda') });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const state = z.object({ Configuration: z.object({ State: z.string() }) });
  for (;;) {
    const found = await fetch(`${route}/${name}`, { headers: signedFor('lambda') });
    if (state.parse(await found.json()).Configuration.State === 'Active') return;
    await sleep(50);
  }
}

async function runEmpty({ stepFunctions }: Deployed, stateMachineArn: string): Promise<number> {
  const input = JSON.stringify({ runId: '0'.repeat(16), drop: 'default', attempt: 1 });
  const { executionArn } = await stepFunctions.send(new StartExecutionCommand({ stateMachineArn, input }));
  for (;;) {
    const { status, startDate, stopDate, cause } = await stepFunctions.send(
      new DescribeExecutionCommand({ executionArn }),
    );
    if (status === 'RUNNING') await sleep(50);
    else if (status === 'SUCCEEDED')
      return ((stopDate?.getTime() ?? Number.NaN) - (startDate?.getTime() ?? 0)) / 1000;
    else throw new Error(`the empty state machine ended as ${status}: ${cause}`);
  }
}
