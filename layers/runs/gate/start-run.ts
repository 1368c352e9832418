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
  const answer =
    shown?.runId === runId
      ? judgeAttempt(newest, decision.uploadedAt, shown.attempt)
      : await judgeReturn(store, runId, newest);

  const files = decision.files.map(({ key, etag, lastModified }) => ({
    key,
    etag,
    lastModified: lastModified.toISOString(),
  }));
  const uploads = withNewest(before?.value, { drop, files, run: { runId, attempt: answer.attempt } });
  if (JSON.stringify(uploads) !== JSON.stringify(before?.value)) {
    const isWritten = await store.replace('uploads', [drop], uploads, before?.etag);
    if (!isWritten) return undefined;
  }
  if (answer.outcome === 'started') await executions.start({ runId, drop, attempt: answer.attempt });
  return { ...answer, runId };
}

/**
 * The drop becomes this content, which it was not before. A run that was done earlier is published anew by another
 * attempt, which finds its stages done; one that is under way sees that it is the newest when it comes to its publication,
 * unless that may have begun.
 */
async function judgeReturn(store: RunStore, runId: string, newest: Attempt | undefined) {
  const attempt = (newest?.attempt ?? 0) + 1;
  if (newest?.status === 'running') {
    const isAnalysed = (await store.read('marker', runId, 'analyze', 0)) !== undefined;
    if (!isAnalysed) return { outcome: newest.status, attempt: newest.attempt };
  }
  return { outcome: 'started' as const, attempt };
}
