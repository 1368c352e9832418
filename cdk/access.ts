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

const { runs, staged, quarantine, eventsClean, marts, reports, latest, gate, work } = areas;

/** What a stage also reads to take over what it made in an earlier run. */
const repeatable = (writes: readonly string[], reads: readonly string[]) => ({
  reads: [...new Set([...reads, ...writes, work])],
  writes: [...writes, work],
});

export const dataAccess: Readonly<Record<FunctionName, DataAccess>> = {
  gate: { raw: 's3:GetObject', reads: [runs, gate], writes: [runs, gate], database: false },
  plan: { raw: 's3:GetObjectVersion', reads: [runs], writes: [runs], database: false },
  stage: { raw: 's3:GetObjectVersion', ...repeatable([runs, staged, quarantine], []), database: false },
  clean: { raw: undefined, ...repeatable([runs, eventsClean, quarantine], [staged]), database: false },
  marts: { raw: undefined, ...repeatable([runs, marts], [eventsClean]), database: false },
  measure: { raw: undefined, ...repeatable([runs], [marts]), database: false },
  load: { raw: undefined, reads: [runs, marts], writes: [runs], database: true },
  analyze: { raw: undefined, reads: [runs], writes: [runs, reports], database: false },
  publish: { raw: undefined, reads: [runs, gate, latest], writes: [runs, latest], database: true },
  fail: { raw: undefined, reads: [runs], writes: [runs], database: false },
};
