import { areas } from '../layers/runs/keys.ts';
import type { FunctionName } from './functions.ts';

/** What a function may touch of the data. Prefixes are those of layers/runs/keys.ts. */
export interface DataAccess {
  /** How it reads `raw/` of the raw bucket: as it is now, or in the versions that the gate pinned. */
  readonly raw: 's3:GetObject' | 's3:GetObjectVersion' | undefined;
  /** Prefixes of the processed bucket that it reads. */
  readonly reads: readonly string[];
  /** Prefixes of the processed bucket that it writes. */
  readonly writes: readonly string[];
  /** Reads the database secret. */
  readonly database: boolean;
}

const { runs, staged, quarantine, eventsClean, marts, reports, latest, gate } = areas;

export const dataAccess: Readonly<Record<FunctionName, DataAccess>> = {
  gate: { raw: 's3:GetObject', reads: [runs, gate], writes: [runs, gate], database: false },
  plan: { raw: 's3:GetObjectVersion', reads: [runs], writes: [runs], database: false },
  stage: { raw: 's3:GetObjectVersion', reads: [runs], writes: [runs, staged, quarantine], database: false },
  clean: { raw: undefined, reads: [runs, staged], writes: [runs, eventsClean, quarantine], database: false },
  marts: { raw: undefined, reads: [runs, eventsClean], writes: [runs, marts], database: false },
  measure: { raw: undefined, reads: [runs, marts], writes: [runs], database: false },
  load: { raw: undefined, reads: [runs, marts], writes: [runs], database: true },
  analyze: { raw: undefined, reads: [runs], writes: [runs, reports], database: false },
  publish: { raw: undefined, reads: [runs, gate, latest], writes: [runs, latest], database: true },
  fail: { raw: undefined, reads: [runs], writes: [runs], database: false },
};
