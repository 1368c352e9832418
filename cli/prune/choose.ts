import type { StoredObject } from '../../layers/platform/object-store.ts';
import { processedKeys } from '../../layers/runs/keys.ts';

/** What a run has left in the processed bucket. */
export interface RunObjects {
  readonly runId: string;
  readonly bytes: number;
  /** Completion markers first: without them a run does its work again, where with them alone it would miss it. */
  readonly keys: readonly string[];
}

/** What is known of a drop: its runs, the newest upload first, and the one that it shows. */
export interface DropRuns {
  readonly drop: string;
  readonly runs: readonly string[];
  readonly published: string | undefined;
}

/** The objects of each run; those that are of no run (pointers, the gate's answers) are left out. */
export function objectsByRun(objects: readonly StoredObject[]): RunObjects[] {
  const found = new Map<string, StoredObject[]>();
  for (const object of objects) {
    const [, runId] = /^processed\/(?:runs\/|.*\/run_id=)([0-9a-f]{16})\//.exec(object.key) ?? [];
    if (runId === undefined) continue;
    const own = found.get(runId) ?? [];
    found.set(runId, own);
    own.push(object);
  }
  return [...found].map(([runId, own]) => {
    const isMarker = ({ key }: StoredObject) => key.startsWith(`${processedKeys.run(runId)}done/`);
    return {
      runId,
      bytes: own.reduce((sum, { size }) => sum + size, 0),
      keys: [...own.filter(isMarker), ...own.filter((object) => !isMarker(object))].map(({ key }) => key),
    };
  });
}

/**
 * The runs that may go: of each drop all but the `keep` newest uploads and the one that it shows. A run of which no drop
 * is known stays, since nobody could say what it is.
 */
export function choose(runs: readonly RunObjects[], drops: readonly DropRuns[], keep: number): RunObjects[] {
  const old = new Set(
    drops.flatMap((drop) => drop.runs.slice(keep).filter((runId) => runId !== drop.published)),
  );
  return runs.filter(({ runId }) => old.has(runId)).toSorted((a, b) => b.bytes - a.bytes);
}
