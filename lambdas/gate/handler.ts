import { z } from 'zod';
import { baseConfigFile, runConfiguration } from '../../layers/experiment/run-configuration.ts';
import { readEnvironment } from '../../layers/platform/environment.ts';
import { TransientError } from '../../layers/platform/errors.ts';
import { sha256 } from '../../layers/platform/hash.ts';
import { createLogger, type Logger } from '../../layers/platform/log.ts';
import { ObjectStore } from '../../layers/platform/s3.ts';
import type { DropUploads, GateAnswer, RunInputs } from '../../layers/runs/documents.ts';
import { Executions } from '../../layers/runs/executions.ts';
import {
  type DropState,
  decide,
  filesOfEarlierUpload,
  type NoStart,
  type Start,
  type Upload,
} from '../../layers/runs/gate/decide.ts';
import { pinVersions, readDropState } from '../../layers/runs/gate/drop-state.ts';
import { startRun } from '../../layers/runs/gate/start-run.ts';
import { parseUploadEvent, queuedMessages } from '../../layers/runs/gate/upload-event.ts';
import { parseRawKey, processedKeys } from '../../layers/runs/keys.ts';
import { runIdOf } from '../../layers/runs/run-id.ts';
import { readUploads } from '../../layers/runs/uploads.ts';

const gateEnvironment = z.object({ STATE_MACHINE_ARN: z.string().min(1), CODE_VERSION: z.string().min(1) });
const fileNames = runConfiguration().raw;

const tries = 10;

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
  const created = parseUploadEvent(event);
  const place = parseRawKey(created.key, fileNames);
  if (place === undefined) {
    gate.log.warn('not a file of a drop', { key: created.key });
    return;
  }
  const upload = { ...created, kind: place.kind };
  for (let attempt = 1; attempt <= tries; attempt += 1)
    if (await tryToAnswer(gate, place.drop, upload)) return;
  throw new TransientError({
    what: `other uploads came in between ${tries} times in a row`,
    where: `drop ${place.drop}`,
  });
}

/** Returns false, and has started nothing, where another upload of the drop came in between. */
async function tryToAnswer(gate: Gate, drop: string, upload: Upload): Promise<boolean> {
  const { raw, processed, executions, log } = gate;
  // Before the listing: of two gates that list a drop in turn, the second knows better.
  const before = await readUploads(processed, drop);
  const state = await readDropState(raw, drop, fileNames);
  const decision = await unlessHalfWay(executions, state, decide(state, upload, fileNames), before?.uploads);
  const started = decision.start
    ? await startRun(processed, executions, await pinInputs(gate, drop, decision), decision, before)
    : { outcome: decision.outcome, runId: null, attempt: null };
  if (started === undefined) return false;

  const answer = { ...started, missing: decision.start ? [] : [...decision.missing] };
  const details = decision.start
    ? { files: decision.files.length, ignored: decision.ignored, problem: decision.problem }
    : { reason: decision.reason };
  const { kind, key, etag } = upload;
  log.info(answer.outcome, { drop, key, ...answer, ...details, unrecognised: state.unrecognised });
  await processed.putJson(processedKeys.gate(drop, kind === 'manifest' ? 'manifest' : 'files'), {
    schemaVersion: 1,
    drop,
    // Of a manifest that was replaced since, the event is answered with what the drop is now.
    trigger: kind === 'manifest' && state.manifest ? { key, etag: state.manifest.etag } : { key, etag },
    ...answer,
  } satisfies GateAnswer);
  return true;
}

/**
 * A drop that takes the place of an earlier one waits until all of it is replaced. One that was copied without a
 * manifest and failed may be mended file by file; beside a manifest that no longer holds, an upload is under way.
 */
async function unlessHalfWay(
  executions: Executions,
  { manifest }: DropState,
  decision: Start | NoStart,
  before: DropUploads | undefined,
): Promise<Start | NoStart> {
  const [newest] = before?.runs ?? [];
  if (!decision.start || decision.declared || before === undefined || newest === undefined) return decision;
  const missing = filesOfEarlierUpload(decision.files, before.files);
  if (missing.length === 0) return decision;
  const hasFailed = (await executions.newest(newest.runId))?.status === 'failed';
  if (hasFailed && manifest === undefined) return decision;
  const reason = 'files of an earlier upload are there, and no manifest says that they belong to this one';
  return { start: false, outcome: 'incomplete', reason, missing };
}

async function pinInputs(
  { raw, codeVersion }: Gate,
  drop: string,
  { files, asOf, problem }: Start,
): Promise<RunInputs> {
  const run = {
    schemaVersion: 1 as const,
    drop,
    inputs: await pinVersions(raw, files),
    asOf,
    configHash: sha256(baseConfigFile.text),
    codeVersion,
    ...(problem === undefined ? {} : { problem }),
  };
  return { ...run, runId: runIdOf(run) };
}
