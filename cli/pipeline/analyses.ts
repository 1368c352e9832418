import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { localRunIn } from '../../layers/engine/run-local.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { type Report, reportSchema } from '../../layers/report/schema.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import { shellWord } from '../terminal.ts';
import { filesOfAnalysis, runsFolder } from './analyze-folder.ts';
import { requireFolder } from './drop-folder.ts';
import { inFilesOfUser } from './files-of-user.ts';
import { reportFolder } from './kept-reports.ts';

/** What `ecom analyze` left of a folder the last time, also where it failed. */
export interface LastAnalysis {
  readonly runId: string;
  readonly store: RunStore;
  /** A text with the folder's own files where it names keys of the raw bucket. */
  readonly inOwnFiles: (text: string) => string;
}

/** Whether the word names a folder that is there; else it is the beginning of a run id. */
export async function isFolder(word: string): Promise<boolean> {
  const found = await stat(word).catch(() => undefined);
  return found?.isDirectory() === true;
}

/**
 * The newest analysis of a folder.
 * @param out where its report went, unless it is the folder's own `ecom-report`
 * @throws UsageError where nothing is left of one
 */
export async function lastAnalysisOf(folder: string, out?: string): Promise<LastAnalysis> {
  await requireFolder(folder);
  const runs = runsFolder(reportFolder(folder, out));
  const files = await filesOfAnalysis(folder, runs);
  const run = await localRunIn(runs, files);
  if (run === undefined) throw notAnalysed(folder, runs);
  return { ...run, inOwnFiles: inFilesOfUser(files) };
}

/**
 * The report that the newest analysis of a folder left, and its file.
 * @throws UsageError where there is none
 */
export async function lastReportOf(folder: string, out?: string): Promise<{ report: Report; file: string }> {
  const file = path.join(reportFolder(folder, out), 'report.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') throw notAnalysed(folder, file);
    throw error;
  });
  return { report: reportSchema.parse(JSON.parse(text)), file };
}

function notAnalysed(folder: string, where: string): UsageError {
  return new UsageError({
    what: 'the folder has not been analysed, or nothing was kept of it',
    where,
    remedy: `Do it now: ./ecom analyze ${shellWord(folder)}. Where its report went elsewhere, name the place: --out <dir>`,
  });
}
