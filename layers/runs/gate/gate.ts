import { baseConfigFile, runConfiguration } from '../../experiment/run-configuration.ts';
import { TransientError } from '../../platform/errors.ts';
import { sha256 } from '../../platform/hash.ts';
import type { Logger } from '../../platform/log.ts';
import type { DropUploads, RunInputs } from '../documents.ts';
import type { Executions } from '../executions.ts';
import { parseRawKey } from '../keys.ts';
import { runIdOf } from '../run-id.ts';
import type { RunStore } from '../store.ts';
import { decide, filesOfEarlierUpload, type NoStart, type Start, type Upload } from './decide.ts';
import { pinVersions, readDropState } from './drop-state.ts';
import { startRun } from './start-run.ts';
import { parseUploadEvent } from './upload-event.ts';

const fileNames = runConfiguration().raw;

const tries = 10;

/** What the gate works with. */
export interface Gate {
  readonly store: RunStore;
  readonly executions: Executions;
  /** Part of each run's identity. */
  readonly codeVersion: string;
  readonly log: Logger;
}

/** Decides about one upload, and leaves the answer where the uploader finds it. */
export async function answerUpload(gate: Gate, event: unknown): Promise<void> {
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
  const { store, executions, log } = gate;
  // Before the listing: of two gates that list a drop in turn, the second knows better.
  const before = await store.readTagged('uploads', drop);
  const state = await readDropState(store.raw, drop, fileNames);
  const decision = await unlessHalfWay(executions, decide(state, upload, fileNames), before?.value);
  const started = decision.start
    ? await startRun(store, executions, await pinInputs(gate, drop, decision), decision, before)
    : { outcome: decision.outcome, runId: null, attempt: null };
  if (started === undefined) return false;

  const answer = { ...started, missing: decision.start ? [] : [...decision.missing] };
  const details = decision.start
    ? { files: decision.files.length, ignored: decision.ignored, problem: decision.problem }
    : { reason: decision.reason };
  const { kind, key, etag } = upload;
  log.info(answer.outcome, { drop, key, ...answer, ...details, unrecognised: state.unrecognised });
  // Events come in any order: what the newest file's says of the drop stays.
  if (kind !== 'manifest' && answer.outcome === 'superseded') return true;
  await store.write('gate', [drop, kind === 'manifest' ? 'manifest' : 'files'], {
    schemaVersion: 1,
    drop,
    // Of a manifest that was replaced since, the event is answered with what the drop is now.
    trigger: kind === 'manifest' && state.manifest ? { key, etag: state.manifest.etag } : { key, etag },
    ...answer,
  });
  return true;
}

/**
 * A drop that takes the place of an earlier one waits until all of it is replaced. One that failed may be mended file by
 * file.
 */
async function unlessHalfWay(
  executions: Executions,
  decision: Start | NoStart,
  before: DropUploads | undefined,
): Promise<Start | NoStart> {
  const [newest] = before?.runs ?? [];
  if (!decision.start || decision.declared || before === undefined || newest === undefined) return decision;
  const missing = filesOfEarlierUpload(decision.files, before.files);
  if (missing.length === 0) return decision;
  const hasFailed = (await executions.newest(newest.runId))?.status === 'failed';
  if (hasFailed) return decision;
  const reason = 'files of an earlier upload are there, and no manifest says that they belong to this one';
  return { start: false, outcome: 'incomplete', reason, missing };
}

async function pinInputs(
  { store, codeVersion }: Gate,
  drop: string,
  { files, asOf, problem, declared }: Start,
): Promise<RunInputs> {
  const run = {
    schemaVersion: 1 as const,
    drop,
    inputs: await pinVersions(store.raw, files),
    asOf,
    configHash: sha256(baseConfigFile.text),
    codeVersion,
    ...(problem === undefined ? {} : { problem }),
    ...(declared ? {} : { undeclared: true as const }),
  };
  return { ...run, runId: runIdOf(run) };
}
