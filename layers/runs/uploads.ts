import type { DropUploads } from './documents.ts';

/** Runs of a drop whose order is known; one that is older counts as older than all of them. */
const longestHistory = 100;

/** The order of a drop's uploads with `newest` at its beginning. */
export function withNewest(
  before: DropUploads | undefined,
  newest: Pick<DropUploads, 'drop' | 'files'> & { readonly run: DropUploads['runs'][number] },
): DropUploads {
  const { drop, files, run } = newest;
  const others = (before?.runs ?? []).filter(({ runId }) => runId !== run.runId);
  return { schemaVersion: 1, drop, runs: [run, ...others].slice(0, longestHistory), files };
}

/** Whether run `a` was uploaded after run `b`; undefined where the uploads of neither are known. */
export function isNewer(uploads: DropUploads | undefined, a: string, b: string): boolean | undefined {
  const place = (run: string) => uploads?.runs.findIndex(({ runId }) => runId === run) ?? -1;
  const [ofA, ofB] = [place(a), place(b)];
  if (ofA < 0 && ofB < 0) return undefined;
  if (ofA < 0 || ofB < 0) return ofB < 0;
  return ofA < ofB;
}

/** The order of uploads in which `renewed` stands before `run`, of whose files it is a run of other code. */
export function withRenewed(before: DropUploads, run: string, renewed: string): DropUploads {
  if (before.runs.some(({ runId }) => runId === renewed)) return before;
  const runs = before.runs.flatMap((one) =>
    one.runId === run ? [{ runId: renewed, attempt: 1 }, one] : [one],
  );
  return { ...before, runs: runs.slice(0, longestHistory) };
}
