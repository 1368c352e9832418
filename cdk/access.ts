import { areas } from '../layers/runs/keys.ts';
import type { FunctionName } from './functions.ts';

/** What a function may touch of the data. Prefixes are those of layers/runs/keys.ts. */
export interface DataAccess {
  /** Reads `raw/` of the raw bucket, pinned versions included. */
  readonly raw: boolean;
  /** Prefixes of the processed bucket that it reads. */
  readonly reads: readonly string[];
  /** Prefixes of the processed bucket that it writes. */
  readonly writes: readonly string[];
  /** Reads the database secret. */
  readonly database: boolean;
}

const { runs, staged, quarantine, eventsClean, marts, reports, latest, gate, work } = areas;

/** What a stage also reads to take over what it made in an earlier run. */
const repeatable = (writes: readonly string[], reads: readonly string[]) => ({
  reads: [...new Set([...reads, ...writes, work])],
  writes: [...writes, work],
});

export const dataAccess: Readonly<Record<FunctionName, DataAccess>> = {
  gate: { raw: true, reads: [runs, gate], writes: [runs, gate], database: false },
  plan: { raw: true, reads: [runs], writes: [runs], database: false },
  stage: { raw: true, ...repeatable([runs, staged, quarantine], []), database: false },
  clean: { raw: false, ...repeatable([runs, eventsClean, quarantine], [staged]), database: false },
  marts: { raw: false, ...repeatable([runs, marts], [eventsClean]), database: false },
  measure: { raw: false, ...repeatable([runs], [marts]), database: false },
  load: { raw: false, reads: [runs, marts], writes: [runs], database: true },
  analyze: { raw: false, reads: [runs], writes: [runs, reports], database: false },
  publish: { raw: false, reads: [runs, gate, latest], writes: [runs, latest], database: true },
  fail: { raw: false, reads: [runs], writes: [runs], database: false },
};
