import { z } from 'zod';
import baseConfig from '../../config/base.yaml';
import { loadConfig } from '../../layers/contracts/config.ts';
import { parseRawKey, processedKeys } from '../../layers/contracts/keys.ts';
import type { GateAnswer, RunInputs } from '../../layers/contracts/run-documents.ts';
import { runIdOf, sha256 } from '../../layers/contracts/run-id.ts';
import { readEnvironment } from '../../layers/execution/environment.ts';
import { Executions } from '../../layers/execution/executions.ts';
import { createLogger, type Logger } from '../../layers/execution/logger.ts';
import { ObjectStore } from '../../layers/storage/object-store.ts';
import { decide, judgeAttempt, type Start } from './decide.ts';
import { pinVersions, readDropState } from './drop-state.ts';
import { parseUploadEvent, queuedMessages } from './upload-event.ts';

const gateEnvironment = z.object({ STATE_MACHINE_ARN: z.string().min(1), CODE_VERSION: z.string().min(1) });
const fileNames = loadConfig([{ name: 'config/base.yaml', text: baseConfig }]).raw;

interface Gate {
  readonly raw: ObjectStore;
  readonly processed: ObjectStore;
  readonly executions: Executions;
  readonly codeVersion: string;
  readonly log: Logger;
}

interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * Wakes on uploads: one "Object Created" event of a manifest, or a batch of queued ones of data files. Starts the run of
 * a complete drop. Messages of a batch that fail go back to the queue alone.
 */
export async function handler(event: unknown): Promise<BatchAnswer | undefined> {
  const gate = openGate();
  const messages = queuedMessages(event);
  if (messages === undefined) {
    await answerUpload(gate, event);
    return undefined;
  }
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of messages) {
    try {
      await answerUpload(gate, JSON.parse(body));
    } catch (error) {
      gate.log.error('the message goes back to the queue', { messageId, error });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

function openGate(): Gate {
  const { rawBucket, processedBucket } = readEnvironment();
  const { STATE_MACHINE_ARN, CODE_VERSION } = gateEnvironment.parse(process.env);
  return {
    raw: new ObjectStore(rawBucket),
    processed: new ObjectStore(processedBucket),
    executions: new Executions(STATE_MACHINE_ARN),
    codeVersion: CODE_VERSION,
    log: createLogger({ stage: 'gate' }),
  };
}

/** Decides about one upload, and leaves the answer where the uploader finds it. */
async function answerUpload(gate: Gate, event: unknown): Promise<void> {
  const { raw, processed, log } = gate;
  const created = parseUploadEvent(event);
  const { key, etag } = created;
  const place = parseRawKey(key, fileNames);
  if (place === undefined) {
    log.warn('not a file of a drop', { key });
    return;
  }
  const { drop, kind } = place;
  const state = await readDropState(raw, drop, fileNames);
  const decision = decide(state, { ...created, kind }, fileNames);
  const answer: Pick<GateAnswer, 'outcome' | 'runId' | 'attempt' | 'missing'> = decision.start
    ? { ...(await startRun(gate, drop, decision)), missing: [] }
    : { outcome: decision.outcome, runId: null, attempt: null, missing: [...decision.missing] };

  const { unrecognised } = state;
  const details = decision.start
    ? { files: decision.files.length, ignored: decision.ignored, problem: decision.problem }
    : { reason: decision.reason };
  log.info(answer.outcome, { drop, key, ...answer, ...details, unrecognised });
  await processed.putJson(processedKeys.gate(drop, kind === 'manifest' ? 'manifest' : 'files'), {
    schemaVersion: 1,
    drop,
    trigger: { key, etag },
    ...answer,
  } satisfies GateAnswer);
}

/** Pins the inputs and starts the run's next attempt, unless the same content is under way or done. */
async function startRun({ raw, processed, executions, codeVersion }: Gate, drop: string, decision: Start) {
  const inputs = await pinInputs(raw, drop, decision, codeVersion);
  const { runId } = inputs;
  // Another upload of the same content may have pinned its own versions already: they hold the same bytes.
  await processed.putJsonIfAbsent(processedKeys.inputs(runId), inputs);
  const { outcome, attempt } = judgeAttempt(await executions.newest(runId), decision.uploadedAt);
  if (outcome === 'started') await executions.start({ runId, drop, attempt });
  return { outcome, runId, attempt };
}

async function pinInputs(
  raw: ObjectStore,
  drop: string,
  { files, asOf, problem }: Start,
  codeVersion: string,
): Promise<RunInputs> {
  const run = {
    schemaVersion: 1 as const,
    drop,
    inputs: await pinVersions(raw, files),
    asOf,
    configHash: sha256(baseConfig),
    codeVersion,
    ...(problem === undefined ? {} : { problem }),
  };
  return { ...run, runId: runIdOf(run) };
}
