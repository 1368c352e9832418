/**
 * What takes minutes, or a deployment with a webhook: a database that fails over under `load` and under `publish`, and a function
 * that dies once it has told the webhook. `npm run failover [-- --document]` writes results.json, and with `--document` the table
 * of docs/reliability.md. On LocalStack, with the retries that the state machine has on AWS.
 */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DescribeStateMachineCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { generate } from '../../cli/generate/generate.ts';
import { findAttempt } from '../../cli/pipeline/executions.ts';
import type { StageName } from '../../layers/runs/documents.ts';
import { signatureOf } from '../../layers/runs/notify/deliver.ts';
import { Drop } from '../e2e/reliability/drop.ts';
import { processBehind } from '../e2e/reliability/function-process.ts';
import { forgetRun, readOutputs } from '../e2e/reliability/outputs.ts';
import { replaceSection } from '../oracle/document.ts';
import { type Emulator, inStateFolder, startLocalStack } from '../second-emulator/emulators.ts';
import { type Failover, faultsIn, type Results, type Told, type WebhookKill } from './results.ts';
import { withRetriesOfAws } from './retries.ts';
import { document, table } from './table.ts';

/** A stage, something that it says to the database, and for how long that is away from then on. */
const outages: readonly (readonly [stage: StageName, says: RegExp, seconds: number])[] = [
  ['load', /copy user_outcomes_/, 60],
  ['load', /copy user_outcomes_/, 120],
  ['publish', /published/, 120],
];
const webhookSecret = 'a secret of this run alone';

const tell = (step: string) => process.stdout.write(`${step} (${process.uptime().toFixed(0)} s)\n`);
const told: Told[] = [];
const receiver = createServer(async (request, response) => {
  const body = await text(request);
  const { 'x-ecom-timestamp': timestamp, 'x-ecom-signature': signature, ...headers } = request.headers;
  const isKilled = told.length === 0;
  told.push({
    idempotencyKey: String(headers['idempotency-key']),
    isSigned: signature === signatureOf(webhookSecret, String(timestamp), body),
    isKilled,
  });
  // It has told, and has neither an answer nor a record of that.
  if (isKilled) (await processBehind(request.socket))?.kill();
  else response.end();
});

tell('starting');
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
process.env.ECOM_WEBHOOK_URL = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
process.env.ECOM_WEBHOOK_SECRET = webhookSecret;
try {
  const results = await inStateFolder(measure);
  await writeFile(
    path.join(PROJECT_ROOT, 'tests/failover/results.json'),
    `${JSON.stringify(results, null, 2)}\n`,
  );
  const faults = faultsIn(results);
  for (const fault of faults) tell(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
  if (faults.length === 0 && process.argv.includes('--document'))
    replaceSection('failover', table(results), document);
} finally {
  receiver.close();
  receiver.closeAllConnections();
}

async function measure(folder: string): Promise<Results> {
  const emulator = await startLocalStack(folder);
  try {
    return await measureOn(emulator, path.join(folder, 'shop'));
  } finally {
    await emulator.stop();
  }
}

async function measureOn(emulator: Emulator, directory: string): Promise<Results> {
  tell('deploying the stack');
  await emulator.deploy();
  await generate({ directory, users: 500, seed: 15 });
  tell('a function that dies once it has told');
  const webhook = await killNotify(emulator, directory);
  await retryAsOnAws(emulator);
  const failovers: Failover[] = [];
  for (const outage of outages) {
    tell(`a database that is away for ${outage[2]} s in ${outage[0]}`);
    failovers.push(await failOver(emulator, directory, outage));
  }
  return { node: process.version, failovers, webhook };
}

async function killNotify({ deployed }: Emulator, directory: string): Promise<WebhookKill> {
  const drop = new Drop(deployed, 'told');
  const run = await drop.run(directory);
  const again = await drop.retry(run);
  const isRecorded = (await deployed.store.read('notified', run.runId)) !== undefined;
  return {
    status: again.status === 'SUCCEEDED' ? run.status : again.status,
    told: [...told],
    isRecorded,
  };
}

/** The local state machine gives a database that is away half a minute. */
async function retryAsOnAws({ deployed }: Emulator): Promise<void> {
  const { arn } = await findAttempt(deployed, undefined);
  const stateMachineArn = arn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
  const { definition = '' } = await deployed.stepFunctions.send(
    new DescribeStateMachineCommand({ stateMachineArn }),
  );
  await deployed.stepFunctions.send(
    new UpdateStateMachineCommand({ stateMachineArn, definition: withRetriesOfAws(definition) }),
  );
}

async function failOver(
  emulator: Emulator,
  directory: string,
  [stage, says, seconds]: (typeof outages)[number],
): Promise<Failover> {
  const { deployed, proxy } = emulator;
  const drop = new Drop(deployed, `${stage}-${seconds}`);
  const first = await drop.run(directory);
  const undisturbed = await readOutputs(deployed, first.runId);
  await forgetRun(deployed, drop.name, first.runId);

  const { refused } = proxy;
  let back: Promise<number> | undefined;
  let backAt = Number.NaN;
  const leave = async () => {
    await emulator.stopDatabase();
    await sleep(seconds * 1000);
    const missed = proxy.refused - refused;
    await emulator.startDatabase();
    tell(`back after ${seconds} s`);
    backAt = Date.now();
    return missed;
  };
  const stop = proxy.judgeBy(({ text: said, process: { name } }) => {
    if (back !== undefined || name !== stage || !says.test(said)) return 'pass';
    back = leave();
    return 'cut';
  });
  const ended = await drop.retry(first);
  stop();
  if (back === undefined) throw new Error(`${stage} said nothing of ${says} to the database`);
  return {
    stage,
    secondsAway: seconds,
    refused: await back,
    status: ended.status,
    secondsAfter: Math.round(((ended.stoppedAt?.getTime() ?? Number.NaN) - backAt) / 1000),
    isSame: isDeepStrictEqual(await readOutputs(deployed, first.runId), undisturbed),
  };
}
