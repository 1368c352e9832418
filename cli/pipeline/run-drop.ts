import type { Report } from '../../layers/report/schema.ts';
import { formatBytes, note } from '../terminal.ts';
import type { Connection } from './connection.ts';
import { awaitGate } from './follow.ts';
import { followAloud } from './progress.ts';
import { readReport } from './report.ts';
import { RunFailure } from './run-failure.ts';
import { type PreparedDrop, upload } from './upload.ts';

/** Uploads a drop, follows its run to the end with progress on standard error, and returns the report. */
export async function runDrop(connection: Connection, prepared: PreparedDrop): Promise<Report> {
  const started = Date.now();
  const uploaded = await upload(connection, prepared);
  note(`uploaded ${uploaded.files.length} files, ${formatBytes(uploaded.bytes)}, as drop "${uploaded.drop}"`);
  const uploadedAt = Date.now();

  const answer = await awaitGate(connection, uploaded);
  if (answer.runId === null || answer.attempt === null) {
    throw new RunFailure({
      what: `the drop did not start: it is ${answer.outcome}${answer.missing.length > 0 ? `, without ${answer.missing.join(', ')}` : ''}`,
      where: `drop "${answer.drop}"`,
      remedy: 'Upload again when nothing else writes to the drop',
    });
  }
  if (answer.outcome === 'succeeded') {
    note(`run ${answer.runId}: this very content was run before, here is its report`);
    return readReport(connection, answer.runId);
  }
  await followAloud(connection, { runId: answer.runId, attempt: answer.attempt });
  const seconds = (from: number) => ((Date.now() - from) / 1000).toFixed(1);
  note(`published ${seconds(uploadedAt)} s after the last file (${seconds(started)} s with the upload)`);
  return readReport(connection, answer.runId);
}
