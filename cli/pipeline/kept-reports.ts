import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Report, reportSchema } from '../../layers/report/schema.ts';
import { reportFiles } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import { note } from '../terminal.ts';
import type { RunSummary } from './runs.ts';

/** Where a folder's analyses lie unless another place is named. */
export function reportFolder(folder: string, out?: string): string {
  return out ?? path.join(folder, 'ecom-report');
}

/** A run or an analysis of which this machine still has the result, or that it failed. */
export interface KeptRun extends Omit<RunSummary, 'attempt'> {
  /** null where only the report was kept. */
  readonly attempt: number | null;
  /** The folder that has it. */
  readonly from: string;
  /** Its report; undefined where it failed. */
  readonly report: () => Promise<Report | undefined>;
  /** Paths of the report's files. */
  readonly files: () => Promise<readonly string[]>;
  /** What else the run left; undefined where only its report was kept. */
  readonly store: () => Promise<RunStore | undefined>;
}

/**
 * The analyses of a folder and of those right in it: what `ecom analyze` left in their `ecom-report`.
 * @param storeOf what the stages left beside the report of a folder
 */
export async function analysesIn(
  folder: string,
  storeOf: (analysed: string) => Promise<RunStore>,
): Promise<KeptRun[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(folder, name));
  const kept = await Promise.all(
    [folder, ...below].map((one) => keptReport(reportFolder(one), () => storeOf(one))),
  );
  return kept.filter((found) => found !== undefined);
}

/** What a folder with the files of a report tells of its run; undefined for one without, or with what is no report. */
export async function keptReport(
  folder: string,
  store: KeptRun['store'] = async () => undefined,
): Promise<KeptRun | undefined> {
  const file = path.join(folder, 'report.json');
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  const read = reportSchema.safeParse(jsonOf(await readFile(file, 'utf8')));
  if (!read.success) {
    note(`left out: ${file} is no report that this version reads`);
    return undefined;
  }
  const { run, experiments } = read.data;
  return {
    runId: run.runId,
    attempt: null,
    drop: run.drop,
    status: 'SUCCEEDED',
    startedAt: found.mtime.toISOString(),
    seconds: null,
    published: false,
    decisions: experiments.map(({ experimentId, decision }) => ({ experimentId, action: decision.action })),
    from: folder,
    report: async () => read.data,
    files: async () => reportFiles.map((name) => path.join(folder, name)),
    store,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // which is no report either
  }
}
