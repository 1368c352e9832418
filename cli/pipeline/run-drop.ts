import { showingProgress } from '../../infrastructure/status-line.mjs';
import { RunFailure } from '../../layers/platform/errors.ts';
import type { Report } from '../../layers/report/schema.ts';
import type { GateAnswer } from '../../layers/runs/documents.ts';
import { counted, formatBytes, interruptible, note } from '../terminal.ts';
import type { Connection } from './connection.ts';
import { currentRun } from './current-run.ts';
import { awaitGate } from './follow.ts';
import type { PreparedDrop } from './prepare-drop.ts';
import { followAloud } from './progress.ts';
import { readReport } from './run-report.ts';
import { type Upload, upload } from './upload.ts';

/** Uploads a drop, follows its run to the end with progress on standard error, and returns the report. */
export async function runDrop(connection: Connection, prepared: PreparedDrop): Promise<Report> {
  const started = Date.now();
  const before = await currentRun(connection, prepared.drop);
  const { length } = prepared.files;
  const uploaded = await interruptible('The upload is not complete, and starts nothing', () =>
    showingProgress(`uploading ${counted(length, 'file')}`, () => upload(connection, prepared)),
  );
  note(`uploaded ${counted(length, 'file')}, ${formatBytes(uploaded.bytes)}, as drop "${uploaded.drop}"`);
  const uploadedAt = Date.now();

  const run = await interruptible('The upload is complete, and its run goes on: ./ecom runs', () =>
    showingProgress('waiting for the run to start', () => awaitRun(connection, uploaded)),
  );
  if (run.outcome === 'succeeded') {
    note(`run ${run.runId}: this very content was run before, here is its report`);
    return readReport(connection, run.runId);
  }
  if (before !== undefined && before !== run.runId) {
    note(`run ${run.runId} ${replacement(before, uploaded.drop)}`);
  }
  await followAloud(connection, run);
  const seconds = (from: number) => ((Date.now() - from) / 1000).toFixed(1);
  note(`published ${seconds(uploadedAt)} s after the last file (${seconds(started)} s with the upload)`);
  return readReport(connection, run.runId);
}

/** What a new run of a drop does to the one that the drop shows. */
export function replacement(runId: string, drop: string): string {
  return `replaces run ${runId} as the current one of drop "${drop}"; --drop <name> keeps them apart`;
}

/** The attempt that the gate started for an upload, or the one that it found. */
export interface StartedRun {
  readonly runId: string;
  readonly attempt: number;
  readonly outcome: GateAnswer['outcome'];
}

/** @throws RunFailure when the gate did not start the drop */
export async function awaitRun(
  connection: Connection,
  uploaded: Pick<Upload, 'drop' | 'manifestEtag'>,
): Promise<StartedRun> {
  const { drop, runId, attempt, outcome, missing } = await awaitGate(connection, uploaded);
  if (runId !== null && attempt !== null) return { runId, attempt, outcome };
  throw new RunFailure({
    what: `the drop did not start: it is ${outcome}${missing.length > 0 ? `, without ${missing.join(', ')}` : ''}`,
    where: `drop "${drop}"`,
    remedy: 'Upload again when nothing else writes to the drop',
  });
}
