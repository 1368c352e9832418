import type { DropUploads, GateAnswer, RunInputs } from '../documents.ts';
import type { Attempt, Executions } from '../executions.ts';
import type { RunStore } from '../store.ts';
import { withNewest } from '../uploads.ts';
import { judgeAttempt, type Start } from './decide.ts';

type Answer = Pick<GateAnswer, 'outcome' | 'runId' | 'attempt'>;

/**
 * Makes a run the drop's newest upload and starts the attempt that this asks for. The order of uploads is written
 * before the start, so a gate that dies between the two is made up for by the next delivery of its event.
 * @param before the order of the drop's uploads as it was before the drop was listed
 * @returns undefined where another upload has changed the order since: to be decided anew
 */
export async function startRun(
  store: RunStore,
  executions: Executions,
  inputs: RunInputs,
  decision: Start,
  before: { readonly value: DropUploads; readonly etag: string } | undefined,
): Promise<Answer | undefined> {
  const { runId, drop } = inputs;
  // Another upload of the same content may have pinned its own versions already: they hold the same bytes.
  await store.writeOnce('inputs', [runId], inputs);

  const [shown] = before?.value.runs ?? [];
  const newest = await executions.newest(runId);
  const isShown = shown?.runId === runId;
  const answer = isShown ? judgeAttempt(newest, decision.uploadedAt, shown.attempt) : judgeReturn(newest);

  const files = decision.files.map(({ key, etag, lastModified }) => ({
    key,
    etag,
    lastModified: lastModified.toISOString(),
  }));
  const orderWith = (attempt: number, order = before?.value) =>
    withNewest(order, { drop, files, run: { runId, attempt } });
  const uploads = orderWith(answer.attempt);
  if (JSON.stringify(uploads) !== JSON.stringify(before?.value)) {
    const isWritten = await store.replace('uploads', [drop], uploads, before?.etag);
    if (!isWritten) return undefined;
  }
  if (!isShown && answer.outcome === 'running' && (await isAnalysed(store, runId))) {
    // Its publication may have asked for the order of uploads before this one stood in it: another attempt will ask again.
    const attempt = answer.attempt + 1;
    const now = await store.readTagged('uploads', drop);
    if (now?.value.runs[0]?.runId !== runId) return undefined;
    const isPromised = await store.replace('uploads', [drop], orderWith(attempt, now.value), now.etag);
    if (!isPromised) return undefined;
    await executions.start({ runId, drop, attempt });
    return { outcome: 'started', attempt, runId };
  }
  if (answer.outcome === 'started') await executions.start({ runId, drop, attempt: answer.attempt });
  return { ...answer, runId };
}

/**
 * The drop becomes this content, which it was not before. A run that was done earlier is published anew by another
 * attempt, which finds its stages done; one that is under way sees that it is the newest when it comes to its publication.
 */
function judgeReturn(newest: Attempt | undefined) {
  if (newest?.status === 'running') return { outcome: newest.status, attempt: newest.attempt };
  return { outcome: 'started' as const, attempt: (newest?.attempt ?? 0) + 1 };
}

/** Whether the publication of a run that is under way may have begun. To be asked when the order of uploads is written. */
async function isAnalysed(store: RunStore, runId: string): Promise<boolean> {
  return (await store.read('marker', runId, 'analyze', 0)) !== undefined;
}
