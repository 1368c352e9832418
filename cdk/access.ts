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

const { runs, staged, quarantine, eventsClean, marts, reports, latest, gate } = areas;

export const dataAccess: Readonly<Record<FunctionName, DataAccess>> = {
  gate: { raw: true, reads: [runs, gate], writes: [runs, gate], database: false },
  plan: { raw: true, reads: [runs], writes: [runs], database: false },
  stage: { raw: true, reads: [runs], writes: [runs, staged, quarantine], database: false },
  clean: { raw: false, reads: [runs, staged], writes: [runs, eventsClean, quarantine], database: false },
  marts: { raw: false, reads: [runs, eventsClean], writes: [runs, marts], database: false },
  measure: { raw: false, reads: [runs, marts], writes: [runs], database: false },
  load: { raw: false, reads: [runs, marts], writes: [runs], database: true },
  analyze: { raw: false, reads: [runs], writes: [runs, reports], database: false },
  publish: { raw: false, reads: [runs, gate, latest], writes: [runs, latest], database: true },
  fail: { raw: false, reads: [runs], writes: [runs], database: false },
};
